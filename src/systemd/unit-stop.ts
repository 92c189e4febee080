import {STOP_DEADLINE_PROPERTIES, stopDeadlineFrom, type Deadline} from './deadline.js'
import {propertiesOf} from './properties.js'
import type {UnitName} from './unit.js'
import {signalOf, type SignalName} from '../kernel/signal-names.js'

/** What systemd says of a unit that it stops, or is to stop one day. */
export interface UnitStop {
  /** Until when the unit must have stopped; nothing where systemd's time for it cannot be read. */
  readonly deadline: Deadline | undefined
  /** What systemd is at (systemctl(1), `SubState`), such as `stop` while a command of `ExecStop=` runs. */
  readonly subState: string
  /** When that began, as a moment of performance.now(), in milliseconds. */
  readonly since: number
  readonly killMode: string
  /** The PID of the unit's main process; 0 where systemd knows of none. */
  readonly mainPid: number
  /** The signals by which systemd stops the unit (systemd.kill(5), `KillSignal=`, `RestartKillSignal=`). */
  readonly killSignals: readonly SignalName[]
  /** The signal by which systemd has a unit of `Type=notify-reload` reloaded (`ReloadSignal=`); nothing for others. */
  readonly reloadSignal?: SignalName | undefined
  /**
   * Whether an `<N>` before a line of the unit's output is a part of it, and not its priority (systemd.exec(5),
   * `SyslogLevelPrefix=no`).
   */
  readonly ignoresLevelPrefix?: boolean
}

const PROPERTIES = [
  ...STOP_DEADLINE_PROPERTIES,
  'MainPID',
  'KillMode',
  'KillSignal',
  'RestartKillSignal',
  'Type',
  'ReloadSignal',
  'SyslogLevelPrefix',
] as const

/**
 * How systemd stops the unit, and how far it is; `undefined` where it does not answer.
 *
 * @param patience how long it may take to answer, in milliseconds
 */
export async function unitStop(unit: UnitName, signal: AbortSignal, patience?: number): Promise<UnitStop | undefined> {
  const asked = performance.now()
  const said = await propertiesOf(unit, PROPERTIES, signal, patience)
  if (said === undefined) return undefined
  const {SubState = '', MainPID = '0', KillMode = '', KillSignal = '', RestartKillSignal = ''} = said
  const {since, deadline} = stopDeadlineFrom(said, asked)
  return {
    deadline,
    subState: SubState,
    since,
    killMode: KillMode,
    mainPid: Number(MainPID),
    killSignals: [KillSignal, RestartKillSignal].flatMap((number) => signalOf(number) ?? []),
    reloadSignal: said.Type === 'notify-reload' ? signalOf(said.ReloadSignal ?? '') : undefined,
    ...(said.SyslogLevelPrefix === 'no' ? {ignoresLevelPrefix: true} : {}),
  }
}
