import {fstatSync} from 'node:fs'
import {isatty} from 'node:tty'
import {isJournal, openLog, type Log} from '../log.js'
import {JOURNAL_FLUSH_MS} from '../limits.js'
import {withTimeout} from '../timing.js'
import {JournalStream} from './journal-stream.js'
import {isStartedForUnit} from './unit.js'

/** Where this program's own words go, and when they are there. */
export interface OwnLog {
  readonly log: Log
  /** Resolves when what was said is where it goes, or takes too long. */
  readonly flushed: () => Promise<void>
}

/**
 * The log of this process. In a unit whose standard error is a file, a socket or nothing (systemd.exec(5),
 * `StandardError=`) that is the container's alone, and what is said here goes to the journal by a stream of its own. A
 * terminal and a pipe have somebody at their other end.
 */
export function openOwnLog(env: Readonly<NodeJS.ProcessEnv> = process.env): OwnLog {
  if (isJournal(env) || !isStartedForUnit(env) || !isContainersAlone())
    return {log: openLog(env), flushed: () => Promise.resolve()}
  const stream = new JournalStream((text) => process.stderr.write(text))
  // One that takes too long is left to itself.
  const flushed = (): Promise<void> => withTimeout(JOURNAL_FLUSH_MS, stream.flushed()).catch(() => undefined)
  return {log: openLog(env, stream.write, true), flushed}
}

/** Whether standard error is none that somebody else would look at. */
function isContainersAlone(): boolean {
  try {
    const stats = fstatSync(2)
    return stats.isFile() || stats.isSocket() || (stats.isCharacterDevice() && !isatty(2))
  } catch {
    // It is closed.
    return true
  }
}
