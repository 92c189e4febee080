import {propertiesOf} from './properties.js'
import type {UnitName} from './unit.js'

/**
 * Whether the unit says `Delegate=yes`, or a list of controllers (systemd.resource-control(5)), so that systemd leaves alone what is made
 * below the unit's cgroup. A unit that systemd does not answer for is taken for one that does not.
 */
export async function delegates(unit: UnitName, signal: AbortSignal): Promise<boolean> {
  return (await propertiesOf(unit, ['Delegate'], signal)).Delegate === 'yes'
}
