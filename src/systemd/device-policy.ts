import {readFileSync} from 'node:fs'
import {stat, utimes, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {hasErrorCode} from '../errors.js'
import type {Log} from '../log.js'
import {systemctl} from './systemctl.js'
import type {UnitName} from './unit.js'

/**
 * Where `systemctl set-property --runtime` keeps what it sets, which then holds until the next boot (systemctl(1),
 * systemd.unit(5)): the settings of a transient unit go where its others are.
 */
const RUNTIME_SETTINGS = '/run/systemd'
const KEPT_IN = ['system.control', 'transient']
const DROP_IN = '50-DeviceAllow.conf'

/**
 * What every container may do with any device, and so what {@link restrictDevices} is known by: make its file, which
 * says nothing of opening it.
 */
const MAKING = ['char-* m', 'block-* m']

/** All devices, for {@link restrictDevices} to take back what it has set before. */
export const EVERY_DEVICE = ['char-* rwm', 'block-* rwm']

/**
 * Lets the processes in a unit's cgroup, and in those below it, use the devices in `allow`, besides null and its like,
 * and no others, by a filter that systemd puts on the cgroup at once (systemd.resource-control(5): with `DeviceAllow=`,
 * `DevicePolicy=auto` is `closed`). {@link unrestrictDevices} takes that back.
 *
 * @param allow as DeviceAllow= has it, such as `/dev/char/1:3 rw`
 * @returns whether systemd did it
 */
export async function restrictDevices(unit: UnitName, allow: readonly string[], signal: AbortSignal): Promise<boolean> {
  return await setAllowed(unit, ['', ...MAKING, ...allow], signal)
}

/**
 * Forgets what {@link restrictDevices} has set, so that the unit's next start, or another program in it, may use
 * devices as the unit's file says. A cgroup that is there keeps its filter for as long as it lasts.
 *
 * @param log is told what stays where the unit keeps this process from writing to /run
 * @throws where systemd does not answer
 */
export async function unrestrictDevices(
  unit: UnitName,
  log: Log,
  signal: AbortSignal,
  root = RUNTIME_SETTINGS,
): Promise<void> {
  const file = whereRestricted(unit, root)
  if (file === undefined) return
  if (!(await setAllowed(unit, [''], signal))) throw new Error('systemd does not answer')
  // This would still win over the unit's file; and if it went, or were empty, systemd would ask for a daemon-reload. So
  // it stays, as old as it was, and sets nothing.
  const {atimeMs, mtimeMs} = await stat(file)
  try {
    await writeFile(file, '# systemd-docker sets nothing here any more.\n')
  } catch (error) {
    if (!hasErrorCode(error, 'EROFS')) throw error
    log.info(
      `${file} takes back any DeviceAllow= of the unit's file until the next boot: ProtectSystem= in ${unit.name}, or ReadOnlyPaths=, keeps systemd-docker from emptying it`,
    )
    return
  }
  // To the second before, as a date may be rounded up.
  await utimes(file, Math.floor(atimeMs / 1000), Math.floor(mtimeMs / 1000))
}

/**
 * Whether what the unit may do with devices is {@link restrictDevices}' doing, by this process or by one that could not
 * take it back.
 */
export function isRestrictedByUs(unit: UnitName, root = RUNTIME_SETTINGS): boolean {
  return whereRestricted(unit, root) !== undefined
}

function whereRestricted({name}: UnitName, root: string): string | undefined {
  for (const kept of KEPT_IN) {
    const file = join(root, kept, `${name}.d`, DROP_IN)
    const lines = textOf(file).split('\n')
    if (MAKING.every((rule) => lines.includes(`DeviceAllow=${rule}`))) return file
  }
  return undefined
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return ''
    throw error
  }
}

async function setAllowed(unit: UnitName, allow: readonly string[], signal: AbortSignal): Promise<boolean> {
  const properties = allow.map((rule) => `DeviceAllow=${rule}`)
  return (await systemctl(unit, ['set-property', '--runtime', '--', unit.name, ...properties], signal)) !== undefined
}
