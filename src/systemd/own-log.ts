import {fstatSync} from 'node:fs'
import {isJournal, openLog, type Log} from '../log.js'
import {JOURNAL_FLUSH_MS} from '../limits.js'
import {withTimeout} from '../timing.js'
import {JournalStream} from './journal-stream.js'
import {isStartedForUnit} from './unit.js'
import {unitOutput, type UnitOutput} from './unit-output.js'

/** Where this program's own words go, and when they are there. */
export interface OwnLog {
  readonly log: Log
  /** Resolves when what was said is where it goes, or takes too long. */
  readonly flushed: () => Promise<void>
}

/**
 * The log of this process. A terminal and a pipe have somebody at their other end. In a unit whose standard error is
 * the journal, a file, a socket or nothing (systemd.exec(5), `StandardError=`), that is the container's, and what is
 * said here goes to the journal by a stream of its own.
 *
 * In the journal's case standard error is better in two. Behind the last of the container's output, as journald reads
 * two streams in no order. And for a process that is not root's and may soon have ended: of that, journald finds the
 * unit only as long as it lives, except by the stream that systemd has opened (systemd, src/journal/journald-stream.c).
 */
export function openOwnLog(
  env: Readonly<NodeJS.ProcessEnv> = process.env,
  output: UnitOutput = unitOutput,
  open = (): JournalStream => new JournalStream((text) => process.stderr.write(text)),
): OwnLog {
  const isShared = isJournal(env)
  if (!isShared && !(isStartedForUnit(env) && isContainersAlone()))
    return {log: openLog(env), flushed: () => Promise.resolve()}
  let stream: JournalStream | undefined
  const write = (text: string): void => {
    if (isShared && output.isFree && (output.wasContainers || process.getuid?.() !== 0)) process.stderr.write(text)
    else (stream ??= open()).write(text)
  }
  // One that takes too long is left to itself.
  const flushed = async (): Promise<void> => {
    if (stream !== undefined) await withTimeout(JOURNAL_FLUSH_MS, stream.flushed()).catch(() => undefined)
  }
  return {log: openLog(env, write, true), flushed}
}

/** Whether standard error is none that somebody else would look at. */
function isContainersAlone(): boolean {
  try {
    const stats = fstatSync(2)
    return (
      stats.isFile() ||
      stats.isSocket() ||
      (stats.isCharacterDevice() && !process.getBuiltinModule('node:tty').isatty(2))
    )
  } catch {
    // It is closed.
    return true
  }
}
