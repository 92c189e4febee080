import {isUnified, type CgroupPath} from '../kernel/cgroups.js'

/**
 * Where a process has a cgroup of its own, of all the places it is in. At a hierarchy's root nothing is limited or
 * counted, so a move there would only lose what Docker set up; `devices` stays Docker's as it keeps the container from
 * the host's devices. On a hybrid host systemd and Docker use the hierarchies of v1, and that of v2 has nothing to
 * move.
 */
export function ownCgroups(places: readonly CgroupPath[]): CgroupPath[] {
  return places.filter((place) => {
    const isBesideV1 = isUnified(place) && places.some((other) => other !== place && other.path !== '/')
    return place.path !== '/' && !place.controllers.includes('devices') && !isBesideV1
  })
}

/** Whether the host has cgroup v2 alone, whose one hierarchy is called `name=systemd` in unit files written for v1. */
export function hasUnifiedAlone(places: readonly CgroupPath[]): boolean {
  return places.every(isUnified)
}

/** The places in the hierarchies with these names, and the names that are none. */
export function namedCgroups(
  places: readonly CgroupPath[],
  names: readonly string[],
): {found: CgroupPath[]; missing: string[]} {
  const found = new Set<CgroupPath>()
  const missing: string[] = []
  for (const name of names) {
    const place =
      places.find(({controllers}) => controllers.includes(name)) ??
      (name === 'name=systemd' ? places.find(isUnified) : undefined)
    if (place === undefined) missing.push(name)
    else found.add(place)
  }
  return {found: [...found], missing}
}
