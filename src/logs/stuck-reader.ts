import {STUCK_READER_MS} from '../limits.js'

/**
 * Looks, once a stop was asked for, whether whoever reads the output still takes any, and calls `giveUp` when for
 * {@link STUCK_READER_MS} nothing has moved.
 *
 * @param moves how often something was written or taken; nothing while nothing waits to be taken
 * @returns what ends that
 */
export function watchForStuckReader(
  stopping: AbortSignal,
  moves: () => number | undefined,
  giveUp: () => void,
): () => void {
  let timer: NodeJS.Timeout | undefined
  const begin = (): void => {
    let before = moves()
    timer = setInterval(() => {
      const now = moves()
      if (now !== undefined && now === before) giveUp()
      before = now
    }, STUCK_READER_MS)
  }
  if (stopping.aborted) begin()
  else stopping.addEventListener('abort', begin)
  return () => {
    clearInterval(timer)
    stopping.removeEventListener('abort', begin)
  }
}
