import type {UnitName} from './unit.js'

const PATIENCE_MS = 5000

/**
 * What systemd says of a unit (systemctl(1), `show`), by a property's name: of those that were asked for, and that it knows. Nothing where systemd does
 * not answer, or `signal` aborts.
 */
export async function propertiesOf<Property extends string>(
  unit: UnitName,
  properties: readonly Property[],
  signal: AbortSignal,
): Promise<Readonly<Partial<Record<Property, string>>>> {
  const answer = await systemctl(unit, ['show', `--property=${properties.join(',')}`, '--', unit.name], signal)
  const pairs = answer.split('\n').flatMap((line) => {
    const at = line.indexOf('=')
    return at === -1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
  })
  return Object.fromEntries(pairs) as Partial<Record<Property, string>>
}

/** What systemctl prints of the unit's manager, or nothing where it fails. */
export async function systemctl(
  {manager}: Pick<UnitName, 'manager'>,
  words: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  return await new Promise((resolve) => {
    // Few runs ask systemd, and what it takes to start a program is 120 KB in every unit that has it loaded.
    const {execFile} = process.getBuiltinModule('node:child_process')
    execFile(
      'systemctl',
      [...(manager === 'user' ? ['--user'] : []), ...words],
      {signal, timeout: PATIENCE_MS},
      (error, stdout) => {
        resolve(error === null ? stdout : '')
      },
    )
  })
}
