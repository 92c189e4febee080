import type {Engine} from '../docker/engine.js'
import {EngineUnreachableError} from '../errors.js'
import {withEngineTimeout} from './engine-timeout.js'
import {HANGS_LOOK_MS} from '../limits.js'
import {sleep} from '../timing.js'

/**
 * The Engine's answer to something that may take it long: to stop a container, or to look one up while it is busy. It
 * takes as long as it must, as meanwhile the Engine is asked again and again whether it answers at all: that needs none
 * of its locks. One that does not within `patience` milliseconds hangs, or is gone; then the signal that `ask` is given
 * aborts.
 *
 * @throws {EngineUnreachableError} and what `ask` throws
 */
export async function withLivenessProbe<T>(
  engine: Engine,
  patience: number,
  ask: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted()
  const over = new AbortController()
  const end = (): void => {
    over.abort(signal.reason)
  }
  signal.addEventListener('abort', end)
  const hangs = new Promise<never>((_, reject) => {
    void attend(engine, patience, over.signal).catch(reject)
    over.signal.addEventListener('abort', () => {
      reject(over.signal.reason as Error)
    })
  })
  // It may hang when nobody waits any more.
  hangs.catch(() => undefined)
  try {
    return await Promise.race([ask(over.signal), hangs])
  } finally {
    signal.removeEventListener('abort', end)
    over.abort()
  }
}

async function attend(engine: Engine, patience: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await withEngineTimeout(engine, patience, (question) => engine.ping(question), signal).catch((error: unknown) => {
      // One that answers, if only to refuse, is there.
      if (error instanceof EngineUnreachableError) throw error
    })
    await sleep(HANGS_LOOK_MS, signal)
  }
}
