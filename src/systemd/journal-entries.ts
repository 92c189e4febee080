import type {UnitName} from './unit.js'
import {readExport, type ExportedEntry} from './journal-export.js'
import {onceAllIsRead} from './journal-reading.js'
import {EXPORT, journalctl} from './journalctl.js'
import {sinceEpoch} from './monotonic.js'
import {systemctl} from './systemctl.js'

/** How many entries are asked for. */
const MOST_ENTRIES = 1000
const MICROSECONDS = 1000
const FIELDS = ['MESSAGE', '_LINE_BREAK', '_PID', '_STREAM_ID', '_SYSTEMD_INVOCATION_ID']
/** Of a unit: where its journal is, what systemd runs before this process, and when its earlier invocations ended. */
const PROPERTIES = [
  'LogNamespace',
  'ExecCondition',
  'ExecStartPre',
  'ActiveExitTimestampMonotonic',
  'InactiveEnterTimestampMonotonic',
]

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

/** The last of what a unit's earlier invocations have written. */
export interface EarlierEntries extends LastEntries {
  /** When the unit's last invocation before this one ended, in milliseconds since 1970; 0 if none has. */
  readonly endedAt: number
}

/**
 * What the processes of a unit's earlier invocations have written to the journal since a moment: the last of it, at
 * most a thousand entries or a megabyte. A line that journald has cut for its length (journald.conf(5), `LineMax=`) is
 * one; a line that its writer did not come to the end of is none.
 *
 * `undefined` is no answer: journalctl is not there, fails or takes too long, systemd does not say in which namespace
 * the journal is, journald does not come to an end of what they wrote, or `signal` aborts. It must not be taken for any
 * answer.
 *
 * @param invocation the present one (systemd.exec(5), `$INVOCATION_ID`), whose entries are left out
 * @param since in milliseconds since 1970, of when the last of them ended
 */
export async function entriesOfEarlierInvocations(
  unit: UnitName,
  invocation: string | undefined,
  since: (endedAt: number) => number,
  signal: AbortSignal,
): Promise<EarlierEntries | undefined> {
  const said = await systemctl(unit, ['show', `--property=${PROPERTIES.join(',')}`, '--', unit.name], signal)
  // In a chroot, systemctl ignores what it is asked for, and ends with 0.
  if (said === undefined || said === '') return undefined
  const namespace = /^LogNamespace=(.+)$/m.exec(said)?.[1]
  const where = namespace === undefined ? [] : [`--namespace=${namespace}`]
  const before = [...said.matchAll(/^Exec\w+=.* pid=(\d+) /gm)].map(([, pid = '']) => pid)
  const present = {id: invocation, pids: new Set([String(process.pid), ...before])}
  const ends = [...said.matchAll(/^\w+TimestampMonotonic=(\d+)$/gm)].map(([, at]) => Number(at))
  const lastEnd = Math.max(0, ...ends)
  const endedAt = lastEnd === 0 ? 0 : sinceEpoch(lastEnd)
  const from = since(endedAt)
  const whose =
    unit.manager === 'system'
      ? [`_SYSTEMD_UNIT=${unit.name}`]
      : [`_SYSTEMD_USER_UNIT=${unit.name}`, `_UID=${String(process.getuid?.())}`]
  const words = [
    ...where,
    ...EXPORT,
    '--reverse',
    `--output-fields=${FIELDS.join(',')}`,
    `--lines=${String(MOST_ENTRIES)}`,
    `--since=@${String(Math.floor(from / 1000))}`,
    ...whose,
    '_TRANSPORT=stdout',
    '_TRANSPORT=journal',
  ]
  const read = async (): Promise<EarlierEntries> => {
    const {bytes, isWhole} = await journalctl(words, signal)
    const all = readExport(bytes).toReversed()
    return {entries: entriesBefore(present, all, from), isAll: isWhole && all.length < MOST_ENTRIES, endedAt}
  }
  try {
    return await onceAllIsRead(where, read, isSame, signal)
  } catch {
    return undefined
  }
}

function isSame({entries: before}: LastEntries, {entries: after}: LastEntries): boolean {
  return before.length === after.length && before.at(-1)?.at === after.at(-1)?.at
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
