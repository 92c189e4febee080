import {readFileSync} from 'node:fs'
import {basename, join} from 'node:path'
import type {CreateRequest} from '../docker/create-request.js'
import type {Engine, EngineInfo} from '../docker/engine.js'
import type {Log} from '../log.js'
import {readCgroupPaths, rootOf, type CgroupPath} from '../kernel/cgroups.js'
import {controllersOf} from '../kernel/leaf.js'
import {hasErrorCode} from '../errors.js'
import type {Detachment} from '../pipeline/contract.js'
import {isReadOnly} from '../files/read-only.js'
import {stateDirectory} from '../files/state-directory.js'
import {pidsIn} from '../kernel/migrate.js'
import {unitCgroupOf, type UnitCgroup} from '../systemd/unit.js'
import {bornPlacement} from './born.js'
import {hasUnifiedAlone, namedCgroups, ownCgroups} from './target-cgroups.js'
import {because, movedPlacement} from './moved.js'
import type {Placement} from './placement.js'
import {findContainerd, shimIn, systemContainerdIn, type DaemonPidFiles} from './containerd.js'
import {leftPlacement} from './left.js'
import {bestBirthMethod, ofTheHost, type Objection} from './birth-methods.js'

/** What the choice depends on. */
export interface PlacementInput {
  readonly request: CreateRequest
  readonly engine: Engine
  readonly env: Readonly<NodeJS.ProcessEnv>
  readonly log: Log
  /** What `--detach` comes to; nothing where this process stays, or hands over. */
  readonly detached?: Detachment | undefined
  readonly signal: AbortSignal
}

/**
 * The placement for `--cgroups names`, the best that this host, this unit and this line allow. Changes nothing on the
 * host.
 *
 * An Engine that does not answer offers no way: a run fails at the next thing that it is asked for, and a dry run does
 * without.
 */
export async function choosePlacement(names: readonly string[], around: PlacementInput): Promise<Placement> {
  const {request, log} = around
  if (names.includes('none')) return stayingBecause('--cgroups none is set', log)
  const {CgroupParent} = request.body.HostConfig
  if (CgroupParent !== '') return stayingBecause(`--cgroup-parent ${CgroupParent} is set`, log)

  const places = ownPlaces()
  const unit = unitCgroupOf(places)
  if (unit === undefined) return stayingOutside(places, around)
  if (/^session-.*\.scope$/.test(unit.name))
    return stayingBecause(`${unit.name} is a login session and not a service`, log)
  const all = names.includes('all') || (hasUnifiedAlone(places) && names.includes('name=systemd'))
  return all ? await bestInUnit(unit, places, around) : await moveNamed(names, unit, places, around)
}

function ownPlaces(): CgroupPath[] {
  try {
    return readCgroupPaths('self')
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'EACCES', 'EPERM')) return []
    throw error
  }
}

async function bestInUnit(unit: UnitCgroup, places: readonly CgroupPath[], around: PlacementInput): Promise<Placement> {
  const {request, env, log} = around
  const engine = await infoOf(around)
  const isSealed = isReadOnly(join(unit.directory, 'cgroup.procs'))
  if (engine === undefined)
    return isSealed ? stayingSealed(unit, [], log) : movedPlacement(ownCgroups(places), unit, [], around)
  const containerd = findContainerd(containerdOf(unit, env), engine)
  const shim = containerd === undefined ? undefined : shimIn(containerd)
  const mayPlace = isRoot() || isUsersOwn(engine, unit)
  const state = mayPlace ? stateDirectory(env) : undefined
  const whyUnheard = whyNotAnnounced(state)
  const {method, objections} = bestBirthMethod({
    unit,
    request,
    engine,
    shim,
    isContainerdFound: containerd !== undefined,
    restrictsDevices: hasFewerDevices(places),
    ...(whyUnheard === undefined ? {} : {whyUnheard}),
  })
  if (isSealed && (method === undefined || mustStepDown(unit))) return stayingSealed(unit, objections, log)
  const otherwise = mayPlace
    ? movedPlacement(ownCgroups(places), unit, objections, {...around, rootless: engine.rootless})
    : stayingForRoot(unit, objections, around)
  const elsewhere = isSealed ? stayingSealed(unit, objections, log) : otherwise
  return method === undefined
    ? elsewhere
    : bornPlacement(
        method,
        {unit, own: places, invocation: env['INVOCATION_ID'] ?? '', state, detached: around.detached},
        elsewhere,
        log,
      )
}

/** Why nothing can be announced to a shim; nothing where it can. */
function whyNotAnnounced(state: string | undefined): Objection | undefined {
  if (state === undefined) return ofTheHost('only root can place containers through the shim')
  return isReadOnly(state)
    ? {
        why: `the unit's ReadOnlyPaths= or ProtectSystem= makes ${state} read-only (set RuntimeDirectory=${basename(state)} and RuntimeDirectoryPreserve=yes in the unit)`,
        isUnits: true,
      }
    : undefined
}

/**
 * Whether processes have to step into a cgroup below the unit's before a container can be born there, and so that has
 * to be made.
 */
function mustStepDown(unit: UnitCgroup): boolean {
  return controllersOf(unit).length > 0 && pidsIn(unit.directory).length > 0
}

/** The container stays where it is, as the unit's own settings let nobody in it change the unit's cgroup. */
function stayingSealed({name}: UnitCgroup, whyNotBorn: readonly Objection[], log: Log): Placement {
  return stayingAgainst(
    `ProtectControlGroups= in ${name}, or ReadOnlyPaths=, makes the unit's cgroup read-only (set ProtectControlGroups=no)${because(whyNotBorn)}`,
    log,
  )
}

/** What the Engine says that it is; nothing where it does not answer. */
async function infoOf({engine, signal}: PlacementInput): Promise<EngineInfo | undefined> {
  const info = await engine.info(signal).catch(() => undefined)
  signal.throwIfAborted()
  return info
}

/**
 * Whether it is the Engine of the user whose unit it is: of any other, a user may not move the containers, nor say
 * where they belong.
 */
function isUsersOwn({rootless}: EngineInfo, {manager}: UnitCgroup): boolean {
  return rootless && manager === 'user'
}

function stayingForRoot({manager}: UnitCgroup, whyNotBorn: readonly Objection[], {log}: PlacementInput): Placement {
  // A user's systemd has no other users to run a unit as.
  const mend = manager === 'system' ? ' (leave User= and DynamicUser= out of the unit, or say --cgroups none)' : ''
  return stayingAgainst(`only root can move it${mend}${because(whyNotBorn)}`, log)
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

async function moveNamed(
  names: readonly string[],
  unit: UnitCgroup,
  places: readonly CgroupPath[],
  around: PlacementInput,
): Promise<Placement> {
  const {found, missing} = namedCgroups(places, names)
  const alone = hasUnifiedAlone(places)
  for (const name of missing)
    around.log.warn(
      alone
        ? `--cgroups ${name}: this host has only cgroup v2, whose single hierarchy is called name=systemd`
        : `--cgroups ${name}: this host has no such hierarchy`,
    )
  const why = [ofTheHost('--cgroups names hierarchies')]
  if (isReadOnly(join(unit.directory, 'cgroup.procs'))) return stayingSealed(unit, why, around.log)
  if (isRoot()) return movedPlacement(found, unit, why, around)
  const engine = await infoOf(around)
  return engine === undefined || isUsersOwn(engine, unit)
    ? movedPlacement(found, unit, why, {...around, rootless: engine?.rootless ?? false})
    : stayingForRoot(unit, why, around)
}

/**
 * Whether a process in these places may not use all devices (kernel, cgroup-v1/devices.rst). A cgroup below cannot then
 * be given any more.
 */
function hasFewerDevices(places: readonly CgroupPath[]): boolean {
  const place = places.find(({controllers}) => controllers.includes('devices'))
  if (place === undefined) return false
  return readFileSync(join(place.directory, 'devices.list'), 'utf8').trim() !== 'a *:* rwm'
}

/** The containerd of the host, or of the user whose unit it is: dockerd starts that one itself. */
function containerdOf(unit: UnitCgroup, {XDG_RUNTIME_DIR}: Readonly<NodeJS.ProcessEnv>): DaemonPidFiles {
  if (isRoot() || unit.manager === 'system' || XDG_RUNTIME_DIR === undefined) return systemContainerdIn(rootOf(unit))
  return {
    containerd: [join(XDG_RUNTIME_DIR, 'docker/containerd/containerd.pid')],
    dockerd: [join(XDG_RUNTIME_DIR, 'docker.pid')],
  }
}

function stayingBecause(why: string, log: Log): Placement {
  return leftPlacement(why, () => {
    log.info(`the container stays in Docker's cgroup because ${why}`)
  })
}

function stayingOutside(places: readonly CgroupPath[], {env, log}: PlacementInput): Placement {
  const hidden = whyHidden(places, env)
  if (hidden !== undefined) return stayingAgainst(hidden, log)
  const slice = places.map(({path}) => path.split('/').at(-1) ?? '').find((name) => name.endsWith('.slice'))
  const why = `this process is ${slice === undefined ? "in no unit's cgroup" : `in the slice ${slice} and in no unit of it`}`
  return leftPlacement(why, () => {
    log.warn(`${why}, so the container stays in Docker's; is this the ExecStart= of a service?`)
  })
}

/** The container stays where the unit's limits do not apply, although it was to be in the unit. */
function stayingAgainst(why: string, log: Log): Placement {
  return leftPlacement(why, () => {
    log.warn(`the container stays in Docker's cgroup, where the unit's limits do not apply: ${why}`)
  })
}

/**
 * Which setting keeps this process from seeing what cgroup it is in, where one does. In a cgroup namespace of its own a
 * process finds itself at the root (cgroup_namespaces(7)), where systemd runs no service of its own (systemd.exec(5),
 * `$INVOCATION_ID`).
 */
function whyHidden(places: readonly CgroupPath[], env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  if (places.length === 0)
    return 'this process sees no cgroup hierarchy, as with InaccessiblePaths= or TemporaryFileSystem= (leave /proc and /sys/fs/cgroup accessible in the unit)'
  const isAtRoot = places.every(({path}) => path === '/')
  return isAtRoot && env['INVOCATION_ID'] !== undefined
    ? "ProtectControlGroups=private or strict hides the unit's cgroup from this process (set ProtectControlGroups=yes)"
    : undefined
}
