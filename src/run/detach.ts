import {RefusedOptionError} from '../errors.js'
import type {Log} from '../log.js'
import type {Detachment} from '../pipeline/contract.js'
import type {UnitCommand} from '../systemd/command.js'

/**
 * What `--detach` comes to in a command of a unit: nobody of ours stays where systemd waits for the command to end and
 * the unit outlives it. Nothing where the command is the unit's main process: that stays, as the unit would end with
 * it.
 *
 * @param command nothing where systemd does not say
 * @param pidFile the absolute path of `--pid-file`
 * @throws {RefusedOptionError} where systemd would wait for ever, or kill the container when the command ends
 */
export function detachmentOf(
  command: UnitCommand | undefined,
  pidFile: string | undefined,
  log: Log,
): Detachment | undefined {
  if (command === undefined) {
    log.warn("systemd does not report the unit's Type=, so --detach has no effect")
    return undefined
  }
  const {setting, type, remains, isLast} = command
  if (setting === 'ExecStop' || setting === 'ExecStopPost')
    throw refused(`systemd kills the container when ${setting}= has ended; leave --detach out`)
  if (setting !== 'ExecStart') return {role: 'helper', isFollowed: ['ExecCondition', 'ExecStartPre'].includes(setting)}
  if (type === 'forking') {
    if (command.pidFile !== undefined && plain(command.pidFile) !== plain(pidFile))
      throw refused(
        `systemd waits for the file ${command.pidFile} of PIDFile=; set --pid-file ${command.pidFile} before \`run\`, or leave PIDFile= out`,
      )
    warnOfSuddenEnd(command, log)
    return {role: 'service', isFollowed: false}
  }
  if (type !== 'oneshot') return undefined
  if (remains) {
    if (command.killMode === 'mixed') warnOfSuddenEnd(command, log)
    return {role: 'service', isFollowed: !isLast}
  }
  if (isLast)
    throw refused(
      'a unit of Type=oneshot ends with its last command, and systemd then kills the container; set RemainAfterExit=yes in the unit, or leave --detach out',
    )
  return {role: 'helper', isFollowed: true}
}

function refused(why: string): RefusedOptionError {
  return new RefusedOptionError('--detach', why)
}

/** systemd has this link replaced in what it reads. */
function plain(path: string | undefined): string | undefined {
  return path?.replace(/^\/var\/run\//, '/run/')
}

/** Neither a process that is not a child of systemd's, nor what is in a unit without a main process, is given time. */
function warnOfSuddenEnd({hasStopCommand, killMode}: UnitCommand, log: Log): void {
  if (hasStopCommand || killMode === 'none') return
  log.warn(
    'the unit has no ExecStop=, so systemd kills the container at once in a stop: set ExecStop=/usr/bin/docker stop NAME',
  )
}
