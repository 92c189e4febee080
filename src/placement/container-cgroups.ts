import {hasErrorCode} from '../errors.js'
import type {StartedContainer} from '../pipeline/contract.js'
import {isUnified, readCgroupPaths, type CgroupPath} from '../kernel/cgroups.js'
import type {UnitCgroup} from '../systemd/unit.js'
import type {ContainerLocation} from './placement.js'

/** Where the container's init is in each hierarchy; nowhere when it has ended. */
export function cgroupsOfContainer({pid}: StartedContainer): readonly CgroupPath[] {
  try {
    return readCgroupPaths(pid)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ESRCH')) return []
    throw error
  }
}

/** Where a container is that should be in a cgroup of its own below the unit's, or in the unit's itself. */
export function locateContainer(container: StartedContainer, unit: UnitCgroup): ContainerLocation {
  const places = cgroupsOfContainer(container)
  if (places.length === 0) return 'gone'
  return places.some((place) => isBelow(place, unit)) ? 'in the unit' : 'elsewhere'
}

/** Whether it is a place in systemd's own hierarchy, in the unit's cgroup or below it. */
export function isBelow(place: CgroupPath, unit: UnitCgroup): boolean {
  return isSystemds(place, unit) && (place.path === unit.path || place.path.startsWith(`${unit.path}/`))
}

/** Whether it is a place in the hierarchy in which systemd has the unit's processes. */
export function isSystemds({controllers}: Pick<CgroupPath, 'controllers'>, {unified}: UnitCgroup): boolean {
  return unified ? isUnified({controllers}) : controllers.includes('name=systemd')
}
