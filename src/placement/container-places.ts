import {hasErrorCode} from '../errors.js'
import type {StartedContainer} from '../run/run-plugin.js'
import {isUnified, readPlaces, type Place} from '../systemd/hierarchies.js'
import type {UnitCgroup} from '../systemd/unit.js'

/** Where the container's init is in each hierarchy; nowhere when it has ended. */
export async function placesOfContainer({pid}: StartedContainer): Promise<readonly Place[]> {
  try {
    return await readPlaces(pid)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ESRCH')) return []
    throw error
  }
}

/** Whether it is a place in systemd's own hierarchy, in the unit's cgroup or below it. */
export function isBelow({controllers, path}: Place, unit: UnitCgroup): boolean {
  const isSystemds = unit.unified ? isUnified({controllers}) : controllers.includes('name=systemd')
  return isSystemds && (path === unit.path || path.startsWith(`${unit.path}/`))
}
