import {START_SYSTEMCTL_ANSWER_MS} from '../limits.js'
import {propertiesOf} from './properties.js'
import type {UnitName} from './unit.js'

/** What `SubState` is while a unit has no main process, so that all of its processes are of another command. */
const WITHOUT_MAIN = ['condition', 'start-pre', 'stop-post']
/** A command that runs, in what systemctl shows of an `ExecStart=` that it has begun. */
const RUNNING = / ; stop_time=\[n\/a\] ; pid=[1-9]\d* ; /

/** The settings whose commands systemd runs beside a main process, by what `SubState` is meanwhile. */
const BESIDE: Readonly<Record<string, string>> = {
  condition: 'ExecCondition',
  'start-pre': 'ExecStartPre',
  'start-post': 'ExecStartPost',
  reload: 'ExecReload',
  stop: 'ExecStop',
  'stop-post': 'ExecStopPost',
}

/**
 * The command of a unit that a process is, or was started by, and what systemd makes of its end (systemd.service(5)).
 */
export interface UnitCommand {
  /** The setting that it stands in, such as `ExecStart`. */
  readonly setting: string
  /** The unit's `Type=`, such as `oneshot`. */
  readonly type: string
  /** Whether the unit stays active when its last command has ended (`RemainAfterExit=yes`). */
  readonly remains: boolean
  /** Whether it is the last one of the unit's `ExecStart=`. */
  readonly isLast: boolean
  /** The file in which systemd looks for the main process of `Type=forking`. */
  readonly pidFile: string | undefined
  readonly killMode: string | undefined
  /** Whether the unit has an `ExecStop=`. */
  readonly hasStopCommand: boolean
}

/**
 * Which of its unit's commands this process is, or was started by (systemd.exec(5), `$SYSTEMD_EXEC_PID`): what systemd
 * runs beside a main process it calls the control process, and the one command of `Type=forking` too. `undefined` where
 * systemd does not answer.
 */
export async function commandOf(
  unit: UnitName,
  {SYSTEMD_EXEC_PID = String(process.pid)}: Readonly<NodeJS.ProcessEnv>,
  signal: AbortSignal,
): Promise<UnitCommand | undefined> {
  const said = await propertiesOf(
    unit,
    ['Type', 'RemainAfterExit', 'SubState', 'ControlPID', 'PIDFile', 'KillMode', 'ExecStop', 'ExecStart'],
    signal,
    START_SYSTEMCTL_ANSWER_MS,
  )
  if (said?.Type === undefined) return undefined
  const {SubState = '', PIDFile = '', ExecStop = '', ExecStart = ''} = said
  const isControl = said.ControlPID === SYSTEMD_EXEC_PID && SubState !== 'start'
  const isBeside = isControl || WITHOUT_MAIN.includes(SubState)
  return {
    setting: isBeside ? (BESIDE[SubState] ?? 'ExecStop') : 'ExecStart',
    type: said.Type,
    remains: said.RemainAfterExit === 'yes',
    // Of several commands the line that comes last is that of the last one.
    isLast: RUNNING.test(ExecStart),
    pidFile: PIDFile === '' ? undefined : PIDFile,
    killMode: said.KillMode,
    hasStopCommand: ExecStop !== '',
  }
}

/**
 * Whether systemd runs this process beside the unit's main process, as the environment tells: it has the main process's
 * PID where that is another one, and the unit's result in a stop (systemd.exec(5), `$MAINPID`, `$SERVICE_RESULT`). What
 * such a process says to systemd would be taken for the main process's word. Of ExecStartPre= there is no sign, and
 * none is needed: at that time systemd takes neither READY=1 nor MAINPID= (seen on 252, 257 and 262).
 */
export function isBesideMain({MAINPID, SERVICE_RESULT}: Readonly<NodeJS.ProcessEnv>): boolean {
  return SERVICE_RESULT !== undefined || (MAINPID !== undefined && MAINPID !== String(process.pid))
}
