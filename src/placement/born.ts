import {rmdir} from 'node:fs/promises'
import {join} from 'node:path'
import {hasErrorCode} from '../errors.js'
import type {Log} from '../log.js'
import {NEVER_ABORTED} from '../timing.js'
import type {Detachment, RunContext} from '../pipeline/contract.js'
import {delegates} from '../systemd/delegation.js'
import {EVERY_DEVICE, isRestrictedByUs, restrictDevices, unrestrictDevices} from '../systemd/device-policy.js'
import {rootOf, type CgroupPath} from '../kernel/cgroups.js'
import {controllersOf, stepIntoLeaf, takeBackControllers} from '../kernel/leaf.js'
import {isIn, putBackAfterwards} from './unit-cgroup.js'
import type {UnitCgroup} from '../systemd/unit.js'
import {announce, sweepAnnouncements} from './announcement.js'
import {locateContainer} from './container-cgroups.js'
import type {Placement} from './placement.js'
import type {BirthMethod} from './birth-methods.js'

/** Where a container is born. */
export interface UnitTarget {
  readonly unit: UnitCgroup
  /** Where this process is in each hierarchy. */
  readonly own: readonly CgroupPath[]
  /** The unit's present invocation. */
  readonly invocation: string
  /** The directory where it is announced; absent where this process may not announce anything. */
  readonly state: string | undefined
  readonly detached?: Detachment | undefined
}

/**
 * The container is born in the unit's cgroup, in one of its own that Docker keeps its hold of. `otherwise` is for a
 * container that was made before and is elsewhere.
 */
export function bornPlacement(
  method: BirthMethod,
  {unit, own, invocation, state, detached}: UnitTarget,
  otherwise: Placement,
  log: Log,
): Placement {
  let isDelegated: Promise<boolean | undefined> | undefined
  const isFollowed = detached?.isFollowed === true && isIn(unit, own)
  /** What becomes of the controllers that runc has handed down to the container. */
  const keepOrTakeBack = async (delegated: boolean | undefined, signal: AbortSignal): Promise<void> => {
    if (delegated === true && !isFollowed) return
    if (delegated === undefined && !isFollowed) {
      signal.throwIfAborted()
      log.warn(
        `systemd does not report whether ${unit.name} has Delegate=yes; without it, Docker's limits (-m, --cpus, …) and docker stats will stop working`,
      )
      return
    }
    const why =
      delegated === false
        ? `${unit.name} does not have Delegate=yes`
        : `systemd starts another command of ${unit.name} beside the container (DelegateSubgroup= gives that a cgroup of its own)`
    log.warn(
      (await takeBackControllers(unit))
        ? `${why}, so Docker's limits (-m, --cpus, …) do not apply and docker stats shows nothing; the unit's own limits apply`
        : `${why}, and its controllers cannot be disabled now, so Docker's limits (-m, --cpus, …) may stop applying at any time; the unit's own limits apply`,
    )
  }
  return {
    describe: `let the container be born in ${unit.path}, by ${method.title}`,
    isInUnit: true,
    prepare(request) {
      method.prepare(request, unit)
    },
    async beforeStart({id}, {signal, defer}) {
      if (method.announced && state !== undefined) {
        defer('remove the announcement', await announce(id, {unit, invocation}, state))
        // Of those that nobody takes back the next start does.
        if (detached !== undefined) await sweepAnnouncements(state, {unit, invocation})
      }
      if (unit.unified && isRestrictedByUs(unit)) {
        // A run that moved the container was killed.
        defer("remove the unit's device policy", () => unrestrictDevices(unit, log, NEVER_ABORTED))
        await restrictDevices(unit, EVERY_DEVICE, signal)
      }
      if (!unit.unified) defer("remove the unit's empty cgroups", () => removeLeftOvers(unit, own))
      if (controllersOf(unit).length === 0) return
      isDelegated = delegates(unit, signal)
      putBackAfterwards(unit, own, defer)
      await stepIntoLeaf(unit, signal)
    },
    async afterStart(container, context: RunContext) {
      const where = locateContainer(container, unit)
      if (where === 'elsewhere') return await otherwise.afterStart(container, context)
      if (where === 'in the unit') log.info(`the container was born in ${unit.path}, by ${method.title}`)
      if (isDelegated !== undefined && (where === 'in the unit' || isFollowed))
        await keepOrTakeBack(await isDelegated, context.signal)
      return where
    },
  }
}

/**
 * On cgroup v1 runc makes the unit's cgroup in every hierarchy, and systemd removes it in those alone that it knows of
 * (systemd, src/basic/cgroup-util.h: not cpuset, freezer, …).
 */
async function removeLeftOvers(unit: UnitCgroup, own: readonly CgroupPath[]): Promise<void> {
  for (const place of own) {
    if (place.path === unit.path) continue
    await rmdir(join(rootOf(place), unit.path)).catch((error: unknown) => {
      if (!hasErrorCode(error, 'ENOENT', 'EBUSY', 'ENOTEMPTY', 'EROFS')) throw error
    })
  }
}
