import {mkdir, rmdir} from 'node:fs/promises'
import {join} from 'node:path'
import type {CreateRequest} from '../docker/create-request.js'
import type {Engine} from '../docker/engine.js'
import {CgroupError, hasErrorCode, reason} from '../errors.js'
import {MOVE_FINISH_MS} from '../limits.js'
import type {Log} from '../log.js'
import {NEVER_ABORTED, finishOnAbort} from '../timing.js'
import type {Detachment, RunContext, StartedContainer} from '../pipeline/contract.js'
import {EVERY_DEVICE, isRestrictedByUs, restrictDevices, unrestrictDevices} from '../systemd/device-policy.js'
import {freezerOf, isFrozen, type FreezerKind} from '../kernel/freezer.js'
import {isUnified, labelOf, type CgroupPath} from '../kernel/cgroups.js'
import {controllersOf, handDown, stepIntoLeaf} from '../kernel/leaf.js'
import {carryLimits} from '../kernel/limits.js'
import {hasOwnSocketOfSystemd} from '../systemd/notify-socket.js'
import {propertiesOf} from '../systemd/properties.js'
import {migrateAll} from '../kernel/migrate.js'
import type {UnitCgroup} from '../systemd/unit.js'
import {isBelow, isSystemds, cgroupsOfContainer} from './container-cgroups.js'
import type {Objection} from './birth-methods.js'
import {deviceAccess} from './device-filter.js'
import {putBackAfterwards} from './unit-cgroup.js'
import type {Placement} from './placement.js'

/** From where to where the container's processes move in one hierarchy. */
interface Migration {
  readonly from: CgroupPath
  readonly to: CgroupPath
  /** Whether the unit lets us make a cgroup below its own. */
  readonly isDelegated: boolean
}

/** What a move depends on. */
interface Around {
  readonly request: CreateRequest
  readonly engine: Engine
  readonly log: Log
  /**
   * Whether the Engine runs in a user's namespace, in which the kernel lets nobody open a device file that was made
   * there (user_namespaces(7)).
   */
  readonly rootless?: boolean
  readonly detached?: Detachment | undefined
}

/**
 * The container's processes are moved behind Docker's back into these places of the unit. `whyNotBorn` says why they
 * are not born there, for the log.
 */
export function movedPlacement(
  places: readonly CgroupPath[],
  unit: UnitCgroup,
  whyNotBorn: readonly Objection[],
  around: Around,
): Placement {
  const {request, log} = around
  return {
    describe: places.length === 0 ? undefined : `move the container's processes to ${placesText(places)}`,
    isInUnit: places.some((place) => isSystemds(place, unit)),
    prepare: () => undefined,
    beforeStart: () => Promise.resolve(),
    async afterStart(container, context) {
      const there = cgroupsOfContainer(container)
      if (there.length === 0) return 'gone'
      const migrations: Migration[] = []
      for (const to of places) {
        const from = there.find((place) => labelOf(place) === labelOf(to))
        if (from === undefined || from.path === to.path) continue
        const entry = (await objection(from, container)) ?? (await prepareUnit(unit, to, container, around, context))
        if (typeof entry === 'string')
          log.warn(`the container stays in ${from.path} in ${labelOf(from)}: ${entry}${because(whyNotBorn)}`)
        else migrations.push({from, to, ...entry})
      }
      const where =
        there.some((place) => isBelow(place, unit)) || migrations.some(({to}) => isSystemds(to, unit))
          ? 'in the unit'
          : 'elsewhere'
      if (migrations.length === 0) return where
      const moved = await finishOnAbort(context.signal, MOVE_FINISH_MS, async (patience) => {
        const moving = {...context, signal: patience}
        const freezer = freezerAmong(there, migrations, container)
        const moveAll = (): Promise<CgroupPath[]> => moveIn(migrations, unit, container, moving)
        return await (freezer === undefined ? moveAll() : whileFrozen(freezer, 'v1', moving, moveAll))
      })
      if (moved.length === 0) return where
      const line = `the container's processes moved to ${placesText(moved)}${because(whyNotBorn)}`
      if (whyNotBorn.some(({isUnits}) => isUnits)) log.warn(line)
      else log.info(line)
      if (hasOwnSocketOfSystemd(request.body.Env))
        log.warn('a READY=1 that the container sent before it was moved is lost: systemd accepts it only from the unit')
      return where
    },
  }
}

/** Why the container's processes cannot be moved from there, wherever they would come. */
async function objection(from: CgroupPath, {id}: StartedContainer): Promise<string | undefined> {
  // On some hosts, and for a container that was moved before, this is somebody else's cgroup: never move strangers.
  if (!from.path.includes(id)) return 'that is not its own cgroup'
  // The kernel lets a process go on that leaves a frozen cgroup, and Docker would still take it for paused.
  if (await isFrozen(from.directory, isUnified(from) ? 'v2' : 'v1'))
    return 'it is paused, and a move would resume it without Docker noticing; unpause it and restart the unit'
  return undefined
}

/**
 * Makes the unit as safe a place for the container as the one that Docker made for it, before its first process comes
 * there: on cgroup v2 Docker's filter on devices stays behind, so systemd puts its own on the unit.
 *
 * @returns what the unit lets us do in its cgroup, or why the container must stay where it is
 */
async function prepareUnit(
  unit: UnitCgroup,
  to: CgroupPath,
  {id}: StartedContainer,
  {engine, log, rootless = false, detached}: Around,
  {signal, defer}: RunContext,
): Promise<Pick<Migration, 'isDelegated'> | string> {
  if (!unit.unified || !isUnified(to)) return {isDelegated: false}
  const said = await propertiesOf(unit, ['Delegate', 'DevicePolicy', 'DeviceAllow'], signal)
  if (said === undefined) {
    signal.throwIfAborted()
    return "systemd does not report the unit's Delegate= and DevicePolicy="
  }
  const isDelegated = said.Delegate === 'yes' && detached?.isFollowed !== true
  if (rootless) return {isDelegated}
  if (unit.manager === 'user') return "a user's systemd cannot restrict its devices"
  const isOurs = isRestrictedByUs(unit)
  if ((said.DevicePolicy ?? 'auto') !== 'auto' || ((said.DeviceAllow ?? '') !== '' && !isOurs)) {
    log.info(
      `${unit.name} restricts devices itself, so its settings decide which devices the container may use, and Docker's do not`,
    )
    return {isDelegated}
  }
  const grants = (await engine.inspect(id, signal))?.devices
  if (grants === undefined) return 'the Engine does not report which devices it may use'
  const access = await deviceAccess(grants)
  if (access.may === 'not be told')
    return `${access.why}, so nothing in the unit would restrict its devices; set DevicePolicy= and DeviceAllow= in the unit`
  if (access.may === 'use all' && !isOurs) return {isDelegated}
  defer("remove the unit's device policy", () => unrestrictDevices(unit, log, NEVER_ABORTED))
  const allow = access.may === 'use all' ? EVERY_DEVICE : access.allow
  if (await restrictDevices(unit, allow, signal)) return {isDelegated}
  signal.throwIfAborted()
  return "systemd did not accept the unit's DeviceAllow=, so nothing there would restrict its devices"
}

/** The cgroup of v1 that can freeze the container, unless it is one that the container moves out of. */
function freezerAmong(
  there: readonly CgroupPath[],
  migrations: readonly Migration[],
  {id}: StartedContainer,
): CgroupPath | undefined {
  const freezer = there.find(({controllers, path}) => controllers.includes('freezer') && path.includes(id))
  return migrations.some(({from}) => from === freezer) ? undefined : freezer
}

/**
 * Does something while the processes of a cgroup are stopped. That they go on is seen to before they are stopped:
 * nobody else would.
 */
async function whileFrozen<T>(
  {directory, path}: CgroupPath,
  kind: FreezerKind,
  {defer}: RunContext,
  act: () => Promise<T>,
): Promise<T> {
  const {freeze, thaw} = freezerOf(directory, kind)
  defer(`thaw the processes in ${path}`, thaw)
  try {
    await freeze()
    return await act()
  } finally {
    await thaw()
  }
}

/** Where there was anything to move to. */
async function moveIn(
  migrations: readonly Migration[],
  unit: UnitCgroup,
  container: StartedContainer,
  context: RunContext,
): Promise<CgroupPath[]> {
  const moved: CgroupPath[] = []
  for (const migration of migrations) {
    const {from, to} = migration
    try {
      if (isUnified(to)) moved.push(...(await moveUnified(migration, unit, container, context)))
      else if ((await migrateAll(from.directory, to.directory, context.signal)) > 0) moved.push(to)
    } catch (error) {
      context.signal.throwIfAborted()
      throw new CgroupError(to.directory, reason(error), error)
    }
  }
  return moved
}

/**
 * On cgroup v2 what Docker limits goes with its cgroup, so the limits are carried over into one below the unit's, where
 * the unit lets us make any.
 */
async function moveUnified(
  {from, to: own, isDelegated}: Migration,
  unit: UnitCgroup,
  {id}: StartedContainer,
  context: RunContext,
): Promise<CgroupPath[]> {
  const {signal, defer} = context
  let to = own
  if (isDelegated) {
    to = {controllers: [], path: `${unit.path}/${id}`, directory: join(unit.directory, id)}
    putBackAfterwards(unit, [own], defer)
    await stepIntoLeaf(unit, signal)
    defer(`remove the cgroup ${to.path}`, () => removeCgroup(to.directory))
    await mkdir(to.directory, {recursive: true})
    await handDown(controllersOf(unit), unit)
    await carryLimits(from.directory, to.directory)
  }
  return await whileFrozen(from, 'v2', context, async () =>
    (await migrateAll(from.directory, to.directory, signal)) > 0 ? [to] : [],
  )
}

/** systemd removes it with the unit, if it is not empty yet. */
async function removeCgroup(directory: string): Promise<void> {
  await rmdir(directory).catch((error: unknown) => {
    if (!hasErrorCode(error, 'ENOENT', 'EBUSY')) throw error
  })
}

/** Why a container was not born in its unit, behind what was done instead. */
export function because(whyNotBorn: readonly Objection[]): string {
  const reasons = whyNotBorn.map(({why}) => why)
  return reasons.length === 0 ? '' : `; it was not born in the unit because ${reasons.join(', and ')}`
}

function placesText(places: readonly CgroupPath[]): string {
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
