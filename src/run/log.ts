import {fstatSync} from 'node:fs'

/** Where this program's own words go. One line each. */
export interface Log {
  readonly info: (line: string) => void
  readonly warn: (line: string) => void
  readonly error: (line: string) => void
}

/** The syslog priorities that sd-daemon(3) prefixes carry: 3 is err, 4 is warning, 6 is info. */
type Priority = 3 | 4 | 6

/**
 * A log on standard error. Where that is the journal (systemd.exec(5), `$JOURNAL_STREAM`), each line carries its priority as `<N>`; elsewhere
 * the program's name, as commands do.
 */
export function openLog(
  env: Readonly<NodeJS.ProcessEnv> = process.env,
  write: (text: string) => void = (text) => process.stderr.write(text),
): Log {
  const toJournal = isJournal(env['JOURNAL_STREAM'])
  const say = (priority: Priority, line: string): void => {
    write(toJournal ? `<${String(priority)}>${line}\n` : `systemd-docker: ${line}\n`)
  }
  return {
    info: (line) => {
      say(6, line)
    },
    warn: (line) => {
      say(4, line)
    },
    error: (line) => {
      say(3, line)
    },
  }
}

function isJournal(journalStream: string | undefined): boolean {
  if (journalStream === undefined) return false
  try {
    const {dev, ino} = fstatSync(2)
    return journalStream === `${String(dev)}:${String(ino)}`
  } catch {
    // Standard error is closed: then nothing is the journal.
    return false
  }
}
