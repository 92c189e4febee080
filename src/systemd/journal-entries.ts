import type {UnitName} from './unit.js'
import {JOURNAL_ANSWER_MS} from '../limits.js'
import {readExport, type ExportedEntry} from './journal-export.js'
import {SYSTEMD_PATH, systemctl} from './systemctl.js'

/** How many entries are asked for, and how many bytes of them are read. */
const MOST_ENTRIES = 1000
const MOST_BYTES = 1024 * 1024
const MICROSECONDS = 1000
const FIELDS = ['MESSAGE', '_LINE_BREAK', '_PID', '_STREAM_ID', '_SYSTEMD_INVOCATION_ID']

/** What a process of a unit has written to the journal: a line, or what one call of its own has given it. */
interface JournalEntry {
  /** When journald took it, in milliseconds since 1970. */
  readonly at: number
  readonly text: Buffer
}

/** What writes in the present invocation of a unit. */
interface PresentInvocation {
  /** Its ID (systemd.exec(5), `$INVOCATION_ID`). */
  readonly id: string | undefined
  /** The PIDs of this process, and of what systemd has run before it. */
  readonly pids: ReadonlySet<string>
}

/** The last entries of a unit, the oldest first. */
export interface LastEntries {
  readonly entries: readonly JournalEntry[]
  /** Whether these are all that there are, so that what is not among them was never written. */
  readonly isAll: boolean
}

/**
 * What the processes of a unit's earlier invocations have written to the journal since a moment: the last of it, at
 * most a thousand entries or a megabyte. A line that journald has cut for its length (journald.conf(5), `LineMax=`) is
 * one; a line that its writer did not come to the end of is none.
 *
 * `undefined` is no answer: journalctl is not there, fails or takes too long, systemd does not say in which namespace
 * the journal is, or `signal` aborts. It must not be taken for any answer.
 *
 * @param invocation the present one (systemd.exec(5), `$INVOCATION_ID`), whose entries are left out
 * @param since in milliseconds since 1970
 */
export async function entriesOfEarlierInvocations(
  unit: UnitName,
  invocation: string | undefined,
  since: number,
  signal: AbortSignal,
): Promise<LastEntries | undefined> {
  const said = await systemctl(
    unit,
    ['show', '--property=LogNamespace,ExecCondition,ExecStartPre', '--', unit.name],
    signal,
  )
  // In a chroot, systemctl ignores what it is asked for, and ends with 0.
  if (said === undefined || said === '') return undefined
  const namespace = /^LogNamespace=(.+)$/m.exec(said)?.[1]
  const where = namespace === undefined ? [] : [`--namespace=${namespace}`]
  const before = [...said.matchAll(/^Exec\w+=.* pid=(\d+) /gm)].map(([, pid = '']) => pid)
  const present = {id: invocation, pids: new Set([String(process.pid), ...before])}
  try {
    // Of what the killed process has written some may still be with journald, which only root can ask to be done.
    if (process.getuid?.() === 0) await journalctl([...where, '--sync'], signal).catch(() => undefined)
    const whose =
      unit.manager === 'system'
        ? [`_SYSTEMD_UNIT=${unit.name}`]
        : [`_SYSTEMD_USER_UNIT=${unit.name}`, `_UID=${String(process.getuid?.())}`]
    const {bytes, isWhole} = await journalctl(
      [
        ...where,
        '--quiet',
        '--no-pager',
        '--output=export',
        `--output-fields=${FIELDS.join(',')}`,
        '--reverse',
        `--lines=${String(MOST_ENTRIES)}`,
        `--since=@${String(Math.floor(since / 1000))}`,
        ...whose,
        '_TRANSPORT=stdout',
        '_TRANSPORT=journal',
      ],
      signal,
    )
    const all = readExport(bytes).toReversed()
    return {entries: entriesBefore(present, all, since), isAll: isWhole && all.length < MOST_ENTRIES}
  } catch {
    return undefined
  }
}

/**
 * What was written before an invocation, since a moment. journald looks up the invocation of who writes when it reads
 * (systemd, src/journal/journald-context.c): what it reads late of a process that was killed bears the ID of the next
 * one, so that the process tells as well.
 *
 * @param since in milliseconds since 1970
 * @internal
 */
export function entriesBefore(
  {id, pids}: PresentInvocation,
  all: readonly ExportedEntry[],
  since: number,
): readonly JournalEntry[] {
  const text = (fields: ExportedEntry, name: string): string | undefined => fields.get(name)?.toString()
  const earlier = all.filter(
    (fields) => text(fields, '_SYSTEMD_INVOCATION_ID') !== id || !pids.has(text(fields, '_PID') ?? ''),
  )
  return wholeLines(earlier).filter(({at}) => at >= since)
}

/** Puts together what journald has cut for its length, and leaves out what was not finished. */
function wholeLines(all: readonly ExportedEntry[]): JournalEntry[] {
  const begun = new Map<string, Buffer[]>()
  return all.flatMap((fields) => {
    const message = fields.get('MESSAGE') ?? Buffer.alloc(0)
    const stream = fields.get('_STREAM_ID')?.toString() ?? ''
    const parts = [...(begun.get(stream) ?? []), message]
    const lineBreak = fields.get('_LINE_BREAK')?.toString()
    if (lineBreak === 'line-max') {
      begun.set(stream, parts)
      return []
    }
    begun.delete(stream)
    if (lineBreak === 'eof') return []
    return [{at: Number(fields.get('__REALTIME_TIMESTAMP')?.toString()) / MICROSECONDS, text: Buffer.concat(parts)}]
  })
}

/**
 * What journalctl prints, up to a bound. Settles when its process has ended, as with systemctl.
 *
 * @throws where it is not there, fails, takes too long, or `signal` aborts
 */
async function journalctl(words: readonly string[], signal: AbortSignal): Promise<{bytes: Buffer; isWhole: boolean}> {
  const {spawn} = process.getBuiltinModule('node:child_process')
  const child = spawn('journalctl', words, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {...process.env, PATH: SYSTEMD_PATH},
    signal,
    timeout: JOURNAL_ANSWER_MS,
    killSignal: 'SIGKILL',
  })
  const chunks: Buffer[] = []
  let length = 0
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (length >= MOST_BYTES) child.kill('SIGKILL')
  })
  const status = await new Promise<number | null>((resolve, reject) => {
    let failure: Error | undefined
    child.on('error', (error) => {
      failure = error
    })
    child.on('close', (code) => {
      if (failure === undefined) resolve(code)
      else reject(failure)
    })
  })
  const isWhole = status === 0
  if (!isWhole && length < MOST_BYTES) throw new Error(`journalctl ended with ${String(status)}`)
  return {bytes: Buffer.concat(chunks), isWhole}
}
