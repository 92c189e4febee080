import {JOURNAL_QUIET_MS, JOURNAL_READING_MS} from '../limits.js'
import {sleep} from '../timing.js'
import {readExport} from './journal-export.js'
import {EXPORT, journalctl} from './journalctl.js'

const MICROSECONDS = 1000

/**
 * What `read` gives of the journal once journald has read all that a process has written that was killed.
 *
 * `journalctl --sync`, which only root may ask for, is answered when journald has nothing else to do, and where others
 * write without pause it is not (32 s, as long as three units did that; systemd 257). journald reads from all who write
 * in turn, so it is enough that it goes on writing, and for a while nothing of what is looked for.
 *
 * @param where such as `--namespace=NAME`
 * @param isSame whether two answers have the same entries
 * @throws where journalctl fails, journald comes to no end of it, or `signal` aborts
 */
export async function onceAllIsRead<T>(
  where: readonly string[],
  read: () => Promise<T>,
  isSame: (one: T, other: T) => boolean,
  signal: AbortSignal,
): Promise<T> {
  const isRoot = process.getuid?.() === 0
  const enough = new AbortController()
  const isSynced = isRoot ? synchronized(where, AbortSignal.any([signal, enough.signal])) : new Promise<never>(() => {})
  const until = performance.now() + JOURNAL_READING_MS
  try {
    let last: T | undefined
    while (performance.now() < until) {
      const looked = Date.now()
      if (await Promise.race([isSynced, sleep(JOURNAL_QUIET_MS, signal)])) return await read()
      signal.throwIfAborted()
      const now = await read()
      if (last !== undefined && isSame(last, now) && (!isRoot || (await newestOf(where, signal)) > looked)) return now
      last = now
    }
    throw new Error('journald does not come to an end of what was written')
  } finally {
    enough.abort()
  }
}

/** Whether journald has read what was there. One that refuses to answer is not there, and reads nothing. */
async function synchronized(where: readonly string[], signal: AbortSignal): Promise<true> {
  await journalctl([...where, '--sync'], signal, 0).catch(() => undefined)
  return true
}

/** When journald took the last entry of whomever, in milliseconds since 1970. */
async function newestOf(where: readonly string[], signal: AbortSignal): Promise<number> {
  const {bytes} = await journalctl([...where, ...EXPORT, '--output-fields=PRIORITY', '--lines=1'], signal)
  return Number(readExport(bytes)[0]?.get('__REALTIME_TIMESTAMP')?.toString() ?? 0) / MICROSECONDS
}
