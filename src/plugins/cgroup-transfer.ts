import type {HostConfig} from '../docker/create-request.js'
import {CgroupError, hasErrorCode, reason} from '../errors.js'
import {defineRunPlugin, type StartedContainer} from '../run/run-plugin.js'
import {readPlaces, type Place} from '../systemd/hierarchies.js'
import {transferAll} from '../systemd/transfer.js'

/**
 * The container's processes move from Docker's cgroup into the unit's, so that systemd sees, limits and stops them: in every hierarchy where
 * the unit has a cgroup of its own, or in those that are named.
 */
export const cgroupTransfer = defineRunPlugin({
  name: 'cgroup-transfer',
  options: {
    cgroups: {
      kind: 'list',
      char: 'c',
      valueName: 'NAME',
      default: ['all'],
      summary: "move the container into the unit's cgroup of this hierarchy (name=systemd, cpu, …); all, or none",
    },
  },
  setup({cgroups: names}, {log}) {
    if (names.includes('none')) return undefined
    let unitPlaces: readonly Place[] = []
    return {
      async resolve({request}) {
        const own = await readPlaces('self')
        unitPlaces = names.includes('all') ? inAll(own, log.warn) : inNamed(own, names, log.warn)
        if (unitPlaces.some(isUnified)) forbidDeviceNodes(request.body.HostConfig)
      },
      async started({container, signal}) {
        const moved: Place[] = []
        for (const place of unitPlaces) if (await transfer(container, place, signal, log.warn)) moved.push(place)
        if (moved.length > 0) log.info(`the container's processes moved to ${placesText(moved)}`)
      },
      describe: () => (unitPlaces.length === 0 ? [] : [`move the container's processes to ${placesText(unitPlaces)}`]),
    }
  },
})

/**
 * Where the unit has a cgroup of its own. At a hierarchy's root nothing is limited or counted, so a move there would only lose what Docker
 * set up; `devices` stays Docker's as it keeps the container from the host's devices.
 */
function inAll(own: readonly Place[], warn: (line: string) => void): Place[] {
  const places = own.filter(
    (place) => place.path !== '/' && !place.controllers.includes('devices') && !isBesideV1(place, own),
  )
  if (places.length === 0)
    warn(
      "this process is in no unit's cgroup, so the container stays in Docker's; is this the ExecStart= of a service?",
    )
  return places
}

/** On a hybrid host systemd and Docker use the hierarchies of v1, and that of v2 has nothing to move. */
function isBesideV1(place: Place, own: readonly Place[]): boolean {
  return isUnified(place) && own.some((other) => other !== place && other.path !== '/')
}

function isUnified({controllers}: Place): boolean {
  return controllers.length === 0
}

/**
 * On cgroup v2 what keeps a container from the host's devices is a BPF program on the cgroup that Docker made for it, and stays behind there
 * when the processes move. Without CAP_MKNOD, which Docker gives by default, a container cannot make the device files that it could then open.
 */
function forbidDeviceNodes({Privileged, CapAdd, CapDrop}: HostConfig): void {
  if (!Privileged && !CapAdd.some((name) => /^(?:CAP_)?(?:MKNOD|ALL)$/i.test(name))) CapDrop.push('MKNOD')
}

/** On cgroup v2 there is one hierarchy, systemd's, and its name is `name=systemd`, as it is in unit files written for v1. */
function inNamed(own: readonly Place[], names: readonly string[], warn: (line: string) => void): Place[] {
  const unified = own.find(isUnified)
  const onlyUnified = own.length === 1 && unified !== undefined
  const chosen = new Set<Place>()
  for (const name of names) {
    const place =
      own.find(({controllers}) => controllers.includes(name)) ?? (name === 'name=systemd' ? unified : undefined)
    if (place !== undefined) chosen.add(place)
    else if (!onlyUnified) warn(`--cgroups ${name}: this host has no such hierarchy`)
    else if (!names.includes('name=systemd'))
      warn(`--cgroups ${name}: this host has cgroup v2 alone, whose one hierarchy is called name=systemd`)
  }
  return [...chosen]
}

/** Moves the container in one hierarchy. Whether there was anything to move. */
async function transfer(
  {id, pid}: StartedContainer,
  {controllers, directory, path}: Place,
  signal: AbortSignal,
  warn: (line: string) => void,
): Promise<boolean> {
  const from = await placeOf(pid, controllers)
  if (from === undefined || from.path === path) return false
  // On some hosts, and for a container that was moved before, this is somebody else's cgroup: never move strangers.
  if (!from.path.includes(id)) {
    warn(`the container has no cgroup of its own in ${labelOf(controllers)}, so it stays in ${from.path}`)
    return false
  }
  try {
    return (await transferAll(from.directory, directory, signal)) > 0
  } catch (error) {
    signal.throwIfAborted()
    throw new CgroupError(directory, reason(error), error)
  }
}

/** Where the process is in the hierarchy of these controllers, or nothing when it has ended. */
async function placeOf(pid: number, controllers: readonly string[]): Promise<Place | undefined> {
  try {
    return (await readPlaces(pid)).find((place) => place.controllers.join() === controllers.join())
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ESRCH')) return undefined
    throw error
  }
}

function labelOf(controllers: readonly string[]): string {
  return controllers.length === 0 ? 'cgroup v2' : controllers.join(',')
}

function placesText(places: readonly Place[]): string {
  const paths = new Set(places.map(({path}) => path))
  return [...paths]
    .map((path) => {
      const labels = places.filter((place) => place.path === path).map(({controllers}) => labelOf(controllers))
      return `${path} in ${labels.join(', ')}`
    })
    .join(' and ')
}
