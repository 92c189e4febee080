import {ageOf} from '../kernel/process.js'
import {propertiesOf} from './properties.js'
import {millisecondsOf} from './timespan.js'
import type {UnitName} from './unit.js'
import {ENDING_MS, ENDING_SHARE, ENDING_STARTS} from '../limits.js'

/** When this program's own first line ran. */
const FIRST_LINE = performance.now()

/** Until when systemd lets a unit do what it does now. Every moment is one of performance.now(), in milliseconds. */
export interface Deadline {
  /** When systemd ends it by force; Infinity where it never does. */
  readonly at: number
  /** How long systemd lets it take as a whole, in milliseconds. */
  readonly limit: number
  /** When this process has to be done with all that may hang, so that what it says of it is still heard. */
  readonly leave: number
}

/** A deadline of nobody's: there is no unit. */
export const NO_DEADLINE: Deadline = {at: Infinity, limit: Infinity, leave: Infinity}

/**
 * Until when systemd waits for a command of a unit, which this process is or was started by: one of ExecStartPre= or
 * ExecStart= until the unit has started, or one of ExecStop= or ExecStopPost= (systemd.service(5), `TimeoutStartSec=`,
 * `TimeoutStopSec=`). systemd counts from when it forks the command. `undefined` where systemd does not answer.
 */
export async function commandDeadline(
  during: 'start' | 'stop',
  unit: UnitName,
  env: Readonly<NodeJS.ProcessEnv>,
  signal: AbortSignal,
  procRoot = '/proc',
): Promise<Deadline | undefined> {
  const property = during === 'start' ? 'TimeoutStartUSec' : 'TimeoutStopUSec'
  const asked = performance.now()
  const begun = beginOf(env['SYSTEMD_EXEC_PID'] ?? 'self', procRoot)
  const ownBegin = beginOf('self', procRoot)
  const answer = await propertiesOf(unit, [property], signal)
  const slowness = Math.max(FIRST_LINE - ownBegin, performance.now() - asked)
  return deadlineFrom(Math.min(begun, ownBegin), millisecondsOf(answer?.[property] ?? ''), slowness)
}

/** What a stop's deadline is read from. */
export const STOP_DEADLINE_PROPERTIES = [
  'TimeoutStopUSec',
  'TimeoutAbortUSec',
  'ActiveState',
  'SubState',
  'StateChangeTimestampMonotonic',
] as const

/**
 * Until when systemd waits for the end of a unit's main process that it has asked to stop, which counts from when the
 * unit's state became `deactivating` (org.freedesktop.systemd1(5), `StateChangeTimestampMonotonic`), and from now on
 * where somebody else has asked. `undefined` where systemd does not answer.
 */
export async function stopDeadline(
  unit: UnitName,
  signal: AbortSignal,
  procRoot = '/proc',
): Promise<Deadline | undefined> {
  const asked = performance.now()
  const said = await propertiesOf(unit, STOP_DEADLINE_PROPERTIES, signal)
  return stopDeadlineFrom(said ?? {}, asked, procRoot).deadline
}

/**
 * {@link stopDeadline}, from what systemd has said.
 *
 * @param asked when systemd was asked, as a moment of performance.now()
 * @returns besides the deadline, since when the stop lasts: where none does, since systemd was asked
 */
export function stopDeadlineFrom(
  said: Readonly<Partial<Record<(typeof STOP_DEADLINE_PROPERTIES)[number], string>>>,
  asked: number,
  procRoot = '/proc',
): {readonly since: number; readonly deadline: Deadline | undefined} {
  const slowness = performance.now() - asked
  const changed = Number(said.StateChangeTimestampMonotonic)
  const since = said.ActiveState === 'deactivating' && changed > 0 ? Math.min(asked, momentOf(changed)) : asked
  const ownSlowness = FIRST_LINE - beginOf('self', procRoot)
  // systemd gives a unit whose watchdog was missed a time of its own (systemd.service(5), `TimeoutAbortSec=`).
  const property = said.SubState === 'stop-watchdog' ? 'TimeoutAbortUSec' : 'TimeoutStopUSec'
  const limit = millisecondsOf(said[property] ?? '')
  return {since, deadline: deadlineFrom(since, limit, Math.max(ownSlowness, slowness))}
}

/** Node's clock and systemd's are both the kernel's CLOCK_MONOTONIC, which systemd gives in microseconds. */
function momentOf(microseconds: number): number {
  return performance.now() - (Number(process.hrtime.bigint()) / 1e6 - microseconds / 1000)
}

/**
 * Until when systemd lets take, within `limit` milliseconds, what it began at the moment `begun`; nothing if the limit
 * is not known. A host on which it took long to start a program is one on which it takes as long to end.
 *
 * @param slowness the longer of what it took to start Node and to load this program, once, and systemctl, just now, in
 * milliseconds
 * @internal
 */
export function deadlineFrom(begun: number, limit: number | undefined, slowness: number): Deadline | undefined {
  if (limit === undefined) return undefined
  const at = begun + limit
  return {at, limit, leave: at - Math.min(limit * ENDING_SHARE, Math.max(ENDING_MS, ENDING_STARTS * slowness))}
}

/**
 * When a process was forked. At the latest when Node began, which is 0, also where the kernel's two clocks are not of
 * one host (lxcfs).
 */
function beginOf(pid: string, procRoot: string): number {
  const age = ageOf(pid, procRoot)
  return age === undefined ? 0 : Math.min(0, performance.now() - age)
}
