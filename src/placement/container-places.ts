import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {hasErrorCode} from '../errors.js'
import type {StartedContainer} from '../run/run-plugin.js'
import {isUnified, readPlaces, type Place} from '../systemd/hierarchies.js'
import type {UnitCgroup} from '../systemd/unit.js'
import type {Whereabouts} from './placement.js'

/** Where the container's init is in each hierarchy; nowhere when it has ended. */
export async function placesOfContainer({pid}: StartedContainer): Promise<readonly Place[]> {
  try {
    return await readPlaces(pid)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ESRCH')) return []
    throw error
  }
}

/**
 * Whether this process is the first of a PID namespace of its own, as with `PrivatePIDs=` (systemd.exec(5), from systemd 257 on): then /proc has not the container's processes, and what
 * it has under their PIDs are others.
 */
export function seesOwnPidsAlone(): boolean {
  return process.pid === 1
}

/** Where a container is that should be in a cgroup of its own below the unit's, or in the unit's itself. */
export async function whereIs(container: StartedContainer, unit: UnitCgroup): Promise<Whereabouts> {
  if (seesOwnPidsAlone()) return (await isPopulated(join(unit.directory, container.id))) ? 'in the unit' : 'elsewhere'
  const places = await placesOfContainer(container)
  if (places.length === 0) return 'gone'
  return places.some((place) => isBelow(place, unit)) ? 'in the unit' : 'elsewhere'
}

/** Whether there are processes in the cgroup in a directory; those of another PID namespace are listed as 0. */
async function isPopulated(directory: string): Promise<boolean> {
  const procs = await readFile(join(directory, 'cgroup.procs'), 'utf8').catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT', 'ENODEV')) return ''
    throw error
  })
  return procs.trim() !== ''
}

/** Whether it is a place in systemd's own hierarchy, in the unit's cgroup or below it. */
export function isBelow(place: Place, unit: UnitCgroup): boolean {
  return isSystemds(place, unit) && (place.path === unit.path || place.path.startsWith(`${unit.path}/`))
}

/** Whether it is a place in the hierarchy in which systemd has the unit's processes. */
export function isSystemds({controllers}: Pick<Place, 'controllers'>, {unified}: UnitCgroup): boolean {
  return unified ? isUnified({controllers}) : controllers.includes('name=systemd')
}
