import {systemctl} from './systemctl.js'
import type {UnitName} from './unit.js'

/**
 * The number of systemd's release, such as 257 (org.freedesktop.systemd1(5), `Version`), of the manager of a unit.
 * `undefined` where it does not answer.
 */
export async function systemdVersion(of: Pick<UnitName, 'manager'>, signal: AbortSignal): Promise<number | undefined> {
  const answer = await systemctl(of, ['show', '--property=Version'], signal)
  const [, digits] = /^Version=v?(\d+)/m.exec(answer ?? '') ?? []
  return digits === undefined ? undefined : Number(digits)
}
