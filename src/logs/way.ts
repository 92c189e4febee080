import {RefusedOptionError} from '../errors.js'
import type {Host} from '../pipeline/contract.js'
import type {JournalOutputs} from '../systemd/journal-outputs.js'

/** How a container's output reaches the journal. */
export type LogWay = 'stream' | 'journal' | 'native'

/** What `--logs` says: a way, `true` for the one that fits, or `false` for none. */
export type SaidWay = LogWay | boolean

/** Docker's log driver that writes to the journal (Docker, journald logging driver). */
export const JOURNALD = 'journald'

/**
 * The way of a run that is known before the Engine is asked: what is said or, where nobody stays, that of the Engine.
 * `false` for none; `undefined` where it has yet to be seen what the Engine does by itself.
 *
 * @throws {RefusedOptionError} where the way that is said cannot be
 */
export function wayBeforehand(
  said: SaidWay,
  {unit, handover, detached}: Pick<Host, 'unit' | 'handover' | 'detached'>,
): LogWay | false | undefined {
  if (said === false) return false
  const leaves = handover ? '--handover' : detached === undefined ? undefined : '--detach'
  const isUsers = unit?.manager === 'user'
  if (said === 'journal') {
    if (isUsers) throw usersUnit('--logs=journal')
    return said
  }
  if (said !== true) {
    if (leaves === undefined) return said
    throw new RefusedOptionError(
      `--logs=${said}`,
      `systemd-docker forwards the output, and does not stay with ${leaves}; set --logs=journal`,
    )
  }
  if (leaves === undefined) return undefined
  if (handover && isUsers) throw usersUnit('--handover')
  // The output of what runs beside the unit's own process is Docker's alone, and so is that in a user's unit.
  return detached?.role === 'helper' || isUsers ? false : 'journal'
}

function usersUnit(option: string): RefusedOptionError {
  const otherwise = option === '--handover' ? 'set --logs=false as well' : 'set --logs=false'
  return new RefusedOptionError(
    option,
    `in a user's unit, only root can write to the journal under the unit's name; ${otherwise} and read the output with \`docker logs\``,
  )
}

/** What a run that stays finds of its unit and of the container's log. */
export interface Surroundings {
  readonly unit: Host['unit']
  /** Which of our outputs are the journal that Docker's driver would write to as well. */
  readonly outputs: JournalOutputs
  /** The log driver that the container has, or is to have; nothing where nobody says. */
  readonly driver: string | undefined
  /** Whether that would write under the unit's name. */
  readonly isUnderUnit: boolean
}

/**
 * The way of a run that stays and is not told the Engine's: that one all the same where the Engine writes to the
 * journal anyway, and no way was said; and whether the journal then has each line twice.
 */
export function wayInSight(
  said: Exclude<LogWay, 'journal'> | undefined,
  {unit, outputs, driver, isUnderUnit}: Surroundings,
): {readonly way: LogWay; readonly isTwice: boolean} {
  const otherwise = said ?? 'stream'
  if (driver !== JOURNALD || unit === undefined || outputs === 'none') return {way: otherwise, isTwice: false}
  const isEngines = said === undefined && isUnderUnit && outputs === 'both' && unit.manager === 'system'
  return isEngines ? {way: 'journal', isTwice: false} : {way: otherwise, isTwice: true}
}
