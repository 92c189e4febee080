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
  patience?: number,
): Promise<Readonly<Partial<Record<Property, string>>> | undefined> {
  const answer = await systemctl(
    unit,
    ['show', `--property=${properties.join(',')}`, '--', unit.name],
    signal,
    patience,
  )
  const pairs = (answer ?? '').split('\n').flatMap((line) => {
    const at = line.indexOf('=')
    return at === -1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
  })
  // In a chroot, systemctl ignores what it is asked for, and ends with 0.
  return pairs.length === 0 ? undefined : (Object.fromEntries(pairs) as Partial<Record<Property, string>>)
}
