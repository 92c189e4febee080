import {mkdir, rmdir} from 'node:fs/promises'
import {join} from 'node:path'
import type {CreateRequest} from '../docker/create-request.js'
import {CgroupError, hasErrorCode, reason} from '../errors.js'
import type {Log} from '../run/log.js'
import {finishing} from '../run/patience.js'
import type {RunContext, StartedContainer} from '../run/run-plugin.js'
import {delegates} from '../systemd/delegation.js'
import {freezerOf, isFrozen, type FreezerKind} from '../systemd/freezer.js'
import {isUnified, labelOf, type Place} from '../systemd/hierarchies.js'
import {controllersOf, handDown, stepIntoLeaf} from '../systemd/leaf.js'
import {carryLimits} from '../systemd/limits.js'
import {transferAll} from '../systemd/transfer.js'
import type {UnitCgroup} from '../systemd/unit.js'
import {isSystemds, placesOfContainer} from './container-places.js'
import {canMakeDeviceNodes, forbidDeviceNodes, wantsDeviceNodes} from './device-filter.js'
import type {Placement} from './placement.js'

/** How long a move that is under way may still take when the run is asked to stop: a container in halves is worse than one that comes a little later. */
const FINISH_PATIENCE_MS = 4000

/** From where to where the container's processes move in one hierarchy. */
interface Way {
  readonly from: Place
  readonly to: Place
}

/**
 * The container's processes are moved behind Docker's back into these places of the unit. `whyNotBorn` says why they are not born there, for
 * the log.
 */
export function move(
  places: readonly Place[],
  unit: UnitCgroup,
  whyNotBorn: readonly string[],
  {request, log}: {readonly request: CreateRequest; readonly log: Log},
): Placement {
  const mayLoseDeviceFilter = wantsDeviceNodes(request.body.HostConfig)
  return {
    describe: places.length === 0 ? undefined : `move the container's processes to ${placesText(places)}`,
    isInUnit: places.some((place) => isSystemds(place, unit)),
    prepare({body}) {
      if (places.some(isUnified)) forbidDeviceNodes(body.HostConfig)
    },
    beforeStart: () => Promise.resolve(),
    async afterStart(container, context) {
      const there = await placesOfContainer(container)
      const ways: Way[] = []
      for (const to of places) {
        const from = there.find((place) => labelOf(place) === labelOf(to))
        if (from === undefined || from.path === to.path) continue
        const why = await objection(from, container, mayLoseDeviceFilter)
        if (why === undefined) ways.push({from, to})
        else log.warn(`the container stays in ${from.path} in ${labelOf(from)}: ${why}`)
      }
      if (ways.length === 0) return
      const moved = await finishing(context.signal, FINISH_PATIENCE_MS, async (patience) => {
        const moving = {...context, signal: patience}
        const freezer = freezerAmong(there, ways, container)
        const moveAll = (): Promise<Place[]> => moveIn(ways, unit, container, moving)
        return await (freezer === undefined ? moveAll() : whileFrozen(freezer, 'v1', moving, moveAll))
      })
      if (moved.length === 0) return
      log.info(`the container's processes moved to ${placesText(moved)}${because(whyNotBorn)}`)
      if (request.body.Env.some((entry) => entry.startsWith('NOTIFY_SOCKET=')))
        log.warn('a READY=1 that the container sent before it was moved is lost: systemd takes it from the unit alone')
    },
  }
}

/** Why the container's processes cannot be moved from there. */
async function objection(
  from: Place,
  {id, pid}: StartedContainer,
  mayLoseDeviceFilter: boolean,
): Promise<string | undefined> {
  // On some hosts, and for a container that was moved before, this is somebody else's cgroup: never move strangers.
  if (!from.path.includes(id)) return 'that is no cgroup of its own'
  // The kernel lets a process go on that leaves a frozen cgroup, and Docker would still take it for paused.
  if (await isFrozen(from.directory, isUnified(from) ? 'v2' : 'v1'))
    return 'it is paused, and would run on without Docker noticing; unpause it and restart the unit'
  if (isUnified(from) && !mayLoseDeviceFilter && (await canMakeDeviceNodes(pid)))
    return "it was made with CAP_MKNOD, and what keeps it from the host's devices would be left behind; make it anew"
  return undefined
}

/** The cgroup of v1 that can freeze the container, unless it is one that the container moves out of. */
function freezerAmong(there: readonly Place[], ways: readonly Way[], {id}: StartedContainer): Place | undefined {
  const freezer = there.find(({controllers, path}) => controllers.includes('freezer') && path.includes(id))
  return ways.some(({from}) => from === freezer) ? undefined : freezer
}

/** Does something while the processes of a cgroup are stopped. That they go on is seen to before they are stopped: nobody else would. */
async function whileFrozen<T>(
  {directory, path}: Place,
  kind: FreezerKind,
  {defer}: RunContext,
  act: () => Promise<T>,
): Promise<T> {
  const {freeze, thaw} = freezerOf(directory, kind)
  defer(`let the processes in ${path} go on`, thaw)
  try {
    await freeze()
    return await act()
  } finally {
    await thaw()
  }
}

/** Where there was anything to move to. */
async function moveIn(
  ways: readonly Way[],
  unit: UnitCgroup,
  container: StartedContainer,
  context: RunContext,
): Promise<Place[]> {
  const moved: Place[] = []
  for (const {from, to} of ways) {
    try {
      if (isUnified(to)) moved.push(...(await moveUnified(from, to, unit, container, context)))
      else if ((await transferAll(from.directory, to.directory, context.signal)) > 0) moved.push(to)
    } catch (error) {
      context.signal.throwIfAborted()
      throw new CgroupError(to.directory, reason(error), error)
    }
  }
  return moved
}

/** On cgroup v2 what Docker limits goes with its cgroup, so the limits are carried over into one below the unit's, where the unit lets us make any. */
async function moveUnified(
  from: Place,
  own: Place,
  unit: UnitCgroup,
  {id}: StartedContainer,
  context: RunContext,
): Promise<Place[]> {
  const {signal, defer} = context
  let to = own
  if (await delegates(unit, signal)) {
    to = {controllers: [], path: `${unit.path}/${id}`, directory: join(unit.directory, id)}
    await stepIntoLeaf(unit, signal)
    defer(`remove the cgroup ${to.path}`, () => removeCgroup(to.directory))
    await mkdir(to.directory, {recursive: true})
    await handDown(await controllersOf(unit), unit)
    await carryLimits(from.directory, to.directory)
  }
  return await whileFrozen(from, 'v2', context, async () =>
    (await transferAll(from.directory, to.directory, signal)) > 0 ? [to] : [],
  )
}

/** systemd removes it with the unit, if it is not empty yet. */
async function removeCgroup(directory: string): Promise<void> {
  await rmdir(directory).catch((error: unknown) => {
    if (!hasErrorCode(error, 'ENOENT', 'EBUSY')) throw error
  })
}

/** Why a container was not born in its unit, behind what was done instead. */
export function because(whyNotBorn: readonly string[]): string {
  return whyNotBorn.length === 0 ? '' : `; it was not born in the unit because ${whyNotBorn.join(', and ')}`
}

function placesText(places: readonly Place[]): string {
  const paths = new Set(places.map(({path}) => path))
  return [...paths]
    .map(
      (path) =>
        `${path} in ${places
          .filter((place) => place.path === path)
          .map(labelOf)
          .join(', ')}`,
    )
    .join(' and ')
}
