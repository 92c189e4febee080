import {propertiesOf} from './properties.js'
import type {UnitName} from './unit.js'
import type {Log} from '../log.js'

/**
 * Warns in a unit that will not hear from this process that its container is ready, and would start until it times out:
 * one that takes messages of its main process alone (systemd.service(5), `NotifyAccess=`), which is a script that has
 * started this one. Where systemd has started it itself, which it says (systemd.exec(5), `$SYSTEMD_EXEC_PID`), nothing
 * is asked.
 */
export async function warnUnlessHeard(
  unit: UnitName | undefined,
  {NOTIFY_SOCKET, SYSTEMD_EXEC_PID}: Readonly<NodeJS.ProcessEnv>,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const own = String(process.pid)
  if (unit === undefined || NOTIFY_SOCKET === undefined || [undefined, own].includes(SYSTEMD_EXEC_PID)) return
  const {NotifyAccess, MainPID = '0'} = (await propertiesOf(unit, ['NotifyAccess', 'MainPID'], signal)) ?? {}
  if (NotifyAccess !== 'main' || ['0', own].includes(MainPID)) return
  log.warn(
    `${unit.name} will not learn that its container is ready, because NotifyAccess=main accepts messages only from process ${MainPID}: set NotifyAccess=all, or begin the script's command with exec`,
  )
}
