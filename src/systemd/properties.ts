import {BUS_SHARE, SYSTEMCTL_ANSWER_MS} from '../limits.js'
import {askWithTimeout} from '../timing.js'
import {askByBus} from './bus-properties.js'
import {systemctl} from './systemctl.js'
import type {UnitName} from './unit.js'

/**
 * What systemd says of a unit (systemctl(1), `show`), by a property's name: of those that were asked for, and that it
 * knows. `undefined` where it does not answer, or `signal` aborts: then nothing is known of the unit.
 *
 * @param patience how long it may take to answer, in milliseconds
 */
export async function propertiesOf<Property extends string>(
  unit: UnitName,
  properties: readonly Property[],
  signal: AbortSignal,
  patience = SYSTEMCTL_ANSWER_MS,
): Promise<Readonly<Partial<Record<Property, string>>> | undefined> {
  try {
    const late = (): Error => new Error('the bus does not answer')
    return await askWithTimeout(signal, patience * BUS_SHARE, (asking) => askByBus(unit, properties, asking), late)
  } catch {
    return signal.aborted ? undefined : await askSystemctl(unit, properties, signal, patience)
  }
}

/** The same of any unit and property, and where systemd is on no bus. */
async function askSystemctl<Property extends string>(
  unit: UnitName,
  properties: readonly Property[],
  signal: AbortSignal,
  patience: number,
): Promise<Readonly<Partial<Record<Property, string>>> | undefined> {
  const words = ['show', `--property=${properties.join(',')}`, '--', unit.name]
  const answer = await systemctl(unit, words, signal, patience)
  const pairs = (answer ?? '').split('\n').flatMap((line) => {
    const at = line.indexOf('=')
    return at === -1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
  })
  // In a chroot, systemctl ignores what it is asked for, and ends with 0.
  return pairs.length === 0 ? undefined : (Object.fromEntries(pairs) as Partial<Record<Property, string>>)
}
