import {propertiesOf} from './properties.js'
import type {UnitName} from './unit.js'

/**
 * Whether the unit says `Delegate=yes`, or a list of controllers (systemd.resource-control(5)), so that systemd leaves
 * alone what is made below the unit's cgroup; `undefined` where systemd does not answer.
 */
export async function delegates(unit: UnitName, signal: AbortSignal): Promise<boolean | undefined> {
  const answer = await propertiesOf(unit, ['Delegate'], signal)
  return answer === undefined ? undefined : answer.Delegate === 'yes'
}
