import type {CreateRequest} from '../docker/create-request.js'
import type {EngineInfo} from '../docker/engine.js'
import type {UnitCgroup} from '../systemd/unit.js'
import {OCI_RUNTIME, SHIM_PROGRAM, SHIM_RUNTIME} from './containerd.js'

/** Why a container cannot be born in its unit's cgroup. */
export interface Objection {
  /** In words, with what to try. */
  readonly why: string
  /** Whether it is a setting of the unit that stands in the way. */
  readonly isUnits: boolean
}

/** What decides whether a container can be born in its unit's cgroup. */
export interface BirthConditions {
  readonly unit: UnitCgroup
  readonly request: CreateRequest
  readonly engine: EngineInfo
  /** Where the shim is, or nothing where containerd does not find it, or is not found itself. */
  readonly shim: string | undefined
  readonly isContainerdFound: boolean
  /**
   * Whether the unit's cgroup keeps its processes from devices that Docker gives every container; the kernel forbids
   * that on cgroup v1.
   */
  readonly restrictsDevices: boolean
  /** Why this process can announce nothing that the shim or the runtime would look at; absent where it can. */
  readonly whyUnheard?: Objection
}

const FIRST_WITH_SHIMS = 23

/** A way for a container to be born in its unit's cgroup. */
export interface BirthMethod {
  /** What puts the container there, for the log. */
  readonly title: string
  /** Whether it has to be announced, as whatever puts the container there looks for that. */
  readonly announced: boolean
  /** Whether it is a way for such an Engine at all. */
  suits(engine: EngineInfo): boolean
  /** Why it cannot be used although it would suit, or nothing when it can. */
  objection(circumstances: BirthConditions): Objection | undefined
  prepare(request: CreateRequest, unit: UnitCgroup): void
}

const containerdShim: BirthMethod = {
  title: 'the containerd shim',
  announced: true,
  suits: takesShims,
  objection: (circumstances) => anotherRuntime(circumstances) ?? withoutShim(circumstances) ?? circumstances.whyUnheard,
  prepare({body}) {
    body.HostConfig['Runtime'] = SHIM_RUNTIME
  },
}

const cgroupParent: BirthMethod = {
  title: "the Engine's cgroupfs driver",
  announced: false,
  suits: ({cgroupDriver}) => cgroupDriver === 'cgroupfs',
  objection: () => undefined,
  prepare({body}, {path}) {
    body.HostConfig.CgroupParent = path
  },
}

const ociRuntime: BirthMethod = {
  title: `the OCI runtime ${OCI_RUNTIME}`,
  announced: true,
  suits: (engine) => !takesShims(engine),
  objection: (circumstances) =>
    anotherRuntime(circumstances) ??
    (circumstances.engine.runtimes.includes(OCI_RUNTIME)
      ? circumstances.whyUnheard
      : ofTheHost(`the Engine has no runtime ${OCI_RUNTIME} (run \`systemd-docker setup\`)`)),
  prepare({body}) {
    body.HostConfig['Runtime'] = OCI_RUNTIME
  },
}

/** {@link BirthConditions.restrictsDevices}, in words. */
const FEWER_DEVICES: Objection = {
  why: "the unit's DevicePolicy= forbids what Docker allows every container (set DevicePolicy=auto, without DeviceAllow= and PrivateDevices=)",
  isUnits: true,
}

/** The ways, the best first. */
const BIRTH_METHODS: readonly BirthMethod[] = [containerdShim, cgroupParent, ociRuntime]

/** The first way that can be used, and why not the better ones. */
export function bestBirthMethod(circumstances: BirthConditions): {
  method: BirthMethod | undefined
  objections: readonly Objection[]
} {
  const objections: Objection[] = []
  if (circumstances.restrictsDevices) return {method: undefined, objections: [FEWER_DEVICES]}
  for (const method of BIRTH_METHODS) {
    if (!method.suits(circumstances.engine)) continue
    const objection = method.objection(circumstances)
    if (objection === undefined) return {method, objections}
    objections.push(objection)
  }
  return {method: undefined, objections}
}

/**
 * Whether the Engine hands a runtime's name that it does not know to containerd, as Docker does from 23.0 on (moby,
 * release notes).
 */
export function takesShims({version}: EngineInfo): boolean {
  return Number.parseInt(version) >= FIRST_WITH_SHIMS
}

/**
 * A runtime that somebody has chosen, for this container or for all, does more than run it; ours stays out of its way.
 */
function anotherRuntime({request, engine}: BirthConditions): Objection | undefined {
  const asked = request.body.HostConfig['Runtime']
  if (typeof asked === 'string' && asked !== '') return ofTheHost(`--runtime ${asked} is set`)
  if (engine.defaultRuntime !== 'runc' && engine.defaultRuntime !== '')
    return ofTheHost(`the Engine's default runtime is ${engine.defaultRuntime}`)
  return undefined
}

function withoutShim({shim, isContainerdFound}: BirthConditions): Objection | undefined {
  if (!isContainerdFound)
    return ofTheHost("the Engine's containerd was not found, so it is unknown whether it finds the shim")
  return shim === undefined
    ? ofTheHost(`containerd does not find ${SHIM_PROGRAM} (run \`systemd-docker setup\`)`)
    : undefined
}

/** What is no setting of the unit: it is the host's, the Engine's or the line's. */
export function ofTheHost(why: string): Objection {
  return {why, isUnits: false}
}
