import {fstatSync} from 'node:fs'

/** Where this program's own words go. One line each. */
export interface Log {
  readonly info: (line: string) => void
  readonly warn: (line: string) => void
  readonly error: (line: string) => void
  /**
   * For who looks for a fault; absent where nobody does, so that `log.debug?.(…)` makes no words for nothing. Of
   * environments, bodies and queries no value is said.
   */
  readonly debug?: ((line: string) => void) | undefined
}

/** The syslog priorities that sd-daemon(3) prefixes carry: 3 is err, 4 is warning, 6 is info, 7 is debug. */
type Priority = 3 | 4 | 6 | 7

/**
 * The names that systemd has for syslog's priorities, the gravest first (systemd, docs/ENVIRONMENT.md,
 * `$SYSTEMD_LOG_LEVEL`).
 */
const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']
const INFO = 6
const DEBUG = 7

/**
 * A log on standard error. Where that is the journal, each line carries its priority as `<N>`; elsewhere the program's
 * name, as commands do. `SYSTEMD_LOG_LEVEL` says which lines there are, and systemd's `DEBUG_INVOCATION`
 * (systemd.service(5), `RestartMode=`) that all are.
 */
export function openLog(
  env: Readonly<NodeJS.ProcessEnv> = process.env,
  write: (text: string) => void = (text) => process.stderr.write(text),
  toJournal = isJournal(env),
): Log {
  const most = levelOf(env, toJournal)
  const say = (priority: Priority, line: string): void => {
    if (priority <= most) write(toJournal ? `<${String(priority)}>${line}\n` : `systemd-docker: ${line}\n`)
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
    ...(most < DEBUG
      ? {}
      : {
          debug: (line: string) => {
            say(7, line)
          },
        }),
  }
}

/**
 * The least grave priority that is said. As in systemd, one level may be for a target alone, as in
 * `console:info,journal:debug`; what is no level has no effect.
 */
function levelOf(env: Readonly<NodeJS.ProcessEnv>, toJournal: boolean): number {
  if (/^(?:1|y|yes|t|true|on)$/i.test(env['DEBUG_INVOCATION'] ?? '')) return DEBUG
  let most = INFO
  for (const entry of (env['SYSTEMD_LOG_LEVEL'] ?? '').split(',')) {
    const [, target, level = ''] = /^(?:([a-z]+):)?(\w+)$/.exec(entry.trim()) ?? []
    if (target !== undefined && target !== (toJournal ? 'journal' : 'console')) continue
    const priority = /^[0-7]$/.test(level) ? Number(level) : LEVELS.indexOf(level)
    if (priority !== -1) most = priority
  }
  return most
}

/**
 * Whether an output of this process, by its descriptor, is the stream to the journal that systemd has opened
 * (systemd.exec(5), `$JOURNAL_STREAM`); standard error where none is given.
 */
export function isJournal({JOURNAL_STREAM}: Readonly<NodeJS.ProcessEnv>, descriptor = 2): boolean {
  if (JOURNAL_STREAM === undefined) return false
  try {
    const {dev, ino} = fstatSync(descriptor)
    return JOURNAL_STREAM === `${String(dev)}:${String(ino)}`
  } catch {
    // It is closed: then nothing is the journal.
    return false
  }
}
