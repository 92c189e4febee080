import {chmod, rm} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import type {CreateRequest, HostConfig} from '../../../src/docker/create-request.js'
import type {Engine, EngineInfo, ContainerInspection} from '../../../src/docker/engine.js'
import {EngineForbiddenError, EngineRefusedError, EngineUnreachableError} from '../../../src/errors.js'
import {choosePlacement} from '../../../src/placement/choose.js'
import type {Placement} from '../../../src/placement/placement.js'
import type * as shim from '../../../src/placement/containerd.js'
import type * as cgroups from '../../../src/kernel/cgroups.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {engineInfo} from '../../support/engine/engine-info.js'
import {proc, signalThatEmpties, useFakeHost} from '../../support/fake-host.js'
import {hookContext, plainRequest} from '../../../src/testing/plugin-host.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

vi.mock('../../../src/kernel/cgroups.js', async (importOriginal) => {
  const original = await importOriginal<typeof cgroups>()
  return {...original, readCgroupPaths: (pid: number | 'self') => original.readCgroupPaths(pid, proc.root)}
})

vi.mock('../../../src/placement/containerd.js', async (importOriginal) => {
  const original = await importOriginal<typeof shim>()
  return {
    ...original,
    findContainerd: (files: shim.DaemonPidFiles, engine: EngineInfo) =>
      original.findContainerd(files, engine, proc.root),
  }
})

/** What the unit's settings make read-only. */
const sealed = vi.hoisted(() => ({paths: [] as string[]}))

vi.mock('../../../src/files/read-only.js', () => ({
  isReadOnly: (path: string) => sealed.paths.some((below) => path.startsWith(below)),
}))

const NEW = engineInfo()
const OLD = engineInfo({version: '20.10.24'})
const container = {id: '0123456789ab', tty: false, pid: 4242}
const host = useFakeHost()

interface Circumstances {
  readonly names?: readonly string[]
  readonly engine?: Partial<Engine>
  readonly env?: Readonly<NodeJS.ProcessEnv>
  readonly asked?: Partial<HostConfig>
  readonly signal?: AbortSignal
}

interface Chosen {
  readonly placement: Placement
  readonly request: CreateRequest
  readonly lines: string[]
}

async function chosen({
  names = ['all'],
  engine = engineThatIs(NEW),
  env = {},
  asked = {},
  signal = new AbortController().signal,
}: Circumstances = {}): Promise<Chosen> {
  const {log, lines} = recordingLog()
  const request = plainRequest()
  Object.assign(request.body.HostConfig, asked)
  const placement = await choosePlacement(names, {request, engine: fakeEngine(engine), env, log, signal})
  return {placement, request, lines}
}

function engineThatIs(info: Partial<EngineInfo>): Partial<Engine> {
  const devices = {privileged: false, mapped: [], rules: [], requested: false}
  return {
    info: () => Promise.resolve({...NEW, ...info}),
    inspect: () => Promise.resolve({devices} as unknown as ContainerInspection),
  }
}

/** The line that is logged of a container once it runs. */
async function saidOf({placement, lines}: Chosen): Promise<string[]> {
  await placement.afterStart(container, hookContext().context)
  return lines
}

/** A containerd whose PATH leads to a shim, or does not. */
async function containerd(pid: string, isSetUp: boolean): Promise<void> {
  await host.write('containerd\n', 'proc', pid, 'comm')
  await host.write('PATH=/shims\0', 'proc', pid, 'environ')
  if (!isSetUp) return
  await host.write('', 'proc', pid, 'root', 'shims', 'containerd-shim-systemd-docker-v1')
  await chmod(host.in('proc', pid, 'root', 'shims', 'containerd-shim-systemd-docker-v1'), 0o755)
}

async function onV2(path = '/system.slice/x.service'): Promise<void> {
  await host.mounted({v2: 'rw'})
  await host.inCgroups('self', `0::${path}`)
  await host.inCgroups('4242', '0::/system.slice/docker-0123456789ab.scope')
  await host.write('77\n', 'cgroup', 'v2', 'system.slice', 'containerd.service', 'cgroup.procs')
}

async function onV1(devices: string): Promise<void> {
  await host.mounted({systemd: 'rw,xattr,name=systemd', devices: 'rw,devices'})
  await host.inCgroups('self', '2:devices:/system.slice/x.service', '1:name=systemd:/system.slice/x.service')
  await host.write(devices, 'cgroup', 'devices', 'system.slice', 'x.service', 'devices.list')
  await host.write('77\n', 'cgroup', 'systemd', 'system.slice', 'containerd.service', 'cgroup.procs')
}

const MOVED = "move the container's processes to /system.slice/x.service in cgroup v2"
const BORN = 'let the container be born in /system.slice/x.service, by the containerd shim'
const NO_SHIM = 'containerd does not find containerd-shim-systemd-docker-v1 (run `systemd-docker setup`)'

beforeEach(async () => {
  sealed.paths = []
  vi.spyOn(process, 'getuid').mockReturnValue(0)
  await containerd('77', false)
  await onV2()
})

describe('a container is born in the unit', () => {
  test('a container is born in the unit by the shim where containerd finds it', async () => {
    await containerd('77', true)
    const {placement, request, lines} = await chosen()
    placement.prepare(request)
    expect(placement.describe).toBe(BORN)
    expect(request.body.HostConfig).toMatchObject({Runtime: 'io.containerd.systemd-docker.v1', CapDrop: []})
    expect(lines).toEqual([])
  })

  test('a container is born in the unit for --cgroups name=systemd, as that is what all hierarchies are on cgroup v2', async () => {
    await containerd('77', true)
    expect((await chosen({names: ['name=systemd', 'cpu']})).placement.describe).toBe(BORN)
  })

  test("a container is born in the unit by the Engine's cgroupfs driver", async () => {
    const {placement, request} = await chosen({engine: engineThatIs({cgroupDriver: 'cgroupfs'})})
    placement.prepare(request)
    expect(placement.describe).toBe(
      "let the container be born in /system.slice/x.service, by the Engine's cgroupfs driver",
    )
    expect(request.body.HostConfig.CgroupParent).toBe('/system.slice/x.service')
  })

  test('a container is born in the unit by the OCI runtime of an old Engine', async () => {
    const {placement} = await chosen({engine: engineThatIs({...OLD, runtimes: ['systemd-docker']})})
    expect(placement.describe).toBe(
      'let the container be born in /system.slice/x.service, by the OCI runtime systemd-docker',
    )
  })

  test("a container is born in the unit's own cgroup, though this process is in one below it", async () => {
    await containerd('77', true)
    await onV2('/system.slice/x.service/supervisor')
    expect((await chosen()).placement.describe).toBe(BORN)
  })

  test('a container is born in the unit on cgroup v1, too', async () => {
    await onV1('a *:* rwm\n')
    await containerd('77', true)
    expect((await chosen()).placement.describe).toBe(BORN)
  })

  test('a container that was made elsewhere before is moved into the unit', async () => {
    await containerd('77', true)
    await host.write('', 'cgroup', 'v2', 'system.slice', 'x.service', 'cgroup.procs')
    await host.write('4242\n', 'cgroup', 'v2', 'system.slice', 'docker-0123456789ab.scope', 'cgroup.procs')
    const {placement, request, lines} = await chosen()
    placement.prepare(request)
    const signal = signalThatEmpties(host.in('cgroup', 'v2', 'system.slice', 'docker-0123456789ab.scope'))
    await placement.afterStart(container, hookContext(signal).context)
    expect(lines).toEqual(["info: the container's processes moved to /system.slice/x.service in cgroup v2"])
  })
})

describe('in a unit that is protected', () => {
  const SEALED =
    "warn: the container stays in Docker's cgroup, where the unit's limits do not apply: ProtectControlGroups= in x.service, or ReadOnlyPaths=, makes the unit's cgroup read-only (set ProtectControlGroups=no)"

  test('a container is moved where ProtectSystem=strict holds, and what lets it be born is said', async () => {
    await containerd('77', true)
    sealed.paths = ['/run/systemd-docker']
    const {placement, lines} = await chosen()
    expect(placement.describe).toBe(MOVED)
    await host.write('', 'cgroup', 'v2', 'system.slice', 'x.service', 'cgroup.procs')
    await host.write('4242\n', 'cgroup', 'v2', 'system.slice', 'docker-0123456789ab.scope', 'cgroup.procs')
    const signal = signalThatEmpties(host.in('cgroup', 'v2', 'system.slice', 'docker-0123456789ab.scope'))
    await placement.afterStart(container, hookContext(signal).context)
    expect(lines).toEqual([
      "warn: the container's processes moved to /system.slice/x.service in cgroup v2; it was not born in the unit because the unit's ReadOnlyPaths= or ProtectSystem= makes /run/systemd-docker read-only (set RuntimeDirectory=systemd-docker and RuntimeDirectoryPreserve=yes in the unit)",
    ])
  })

  test('a container is born where ProtectControlGroups=yes holds and nobody has to step down first', async () => {
    await containerd('77', true)
    await host.write('\n', 'cgroup', 'v2', 'system.slice', 'x.service', 'cgroup.controllers')
    sealed.paths = [host.in('cgroup')]
    const one = await chosen()
    expect(one.placement.describe).toBe(BORN)
    expect(await saidOf(one)).toEqual([SEALED])
  })

  test.each([
    ['and by a cgroup with controllers', true, {}, ''],
    ['and cannot be born', false, {}, `; it was not born in the unit because ${NO_SHIM}`],
    ['and by --cgroups', true, {names: ['name=systemd', 'cpu']}, ''],
  ])('a container stays where ProtectControlGroups=yes holds %s', async (_, isSetUp, circumstances, why) => {
    await containerd('77', isSetUp)
    await host.write('cpu\n', 'cgroup', 'v2', 'system.slice', 'x.service', 'cgroup.controllers')
    await host.write('100\n', 'cgroup', 'v2', 'system.slice', 'x.service', 'cgroup.procs')
    sealed.paths = [host.in('cgroup')]
    const one = await chosen(circumstances)
    expect(one.placement.describe).toBeUndefined()
    expect(await saidOf(one)).toEqual([`${SEALED}${why}`])
  })
})

describe('a container is moved', () => {
  test.each<[string, Circumstances, string]>([
    ['without the shim', {}, NO_SHIM],
    ['with a runtime of the user', {asked: {Runtime: 'runsc'}}, '--runtime runsc is set'],
    [
      'with an old Engine',
      {engine: engineThatIs(OLD)},
      'the Engine has no runtime systemd-docker (run `systemd-docker setup`)',
    ],
  ])('a container is moved %s, and why it was not born is said', async (_, circumstances, why) => {
    await host.write('', 'cgroup', 'v2', 'system.slice', 'x.service', 'cgroup.procs')
    await host.write('4242\n', 'cgroup', 'v2', 'system.slice', 'docker-0123456789ab.scope', 'cgroup.procs')
    const {placement, request, lines} = await chosen(circumstances)
    placement.prepare(request)
    expect(placement.describe).toBe(MOVED)
    expect(request.body.HostConfig.CapDrop).toEqual([])
    const signal = signalThatEmpties(host.in('cgroup', 'v2', 'system.slice', 'docker-0123456789ab.scope'))
    await placement.afterStart(container, hookContext(signal).context)
    expect(lines).toEqual([
      `info: the container's processes moved to /system.slice/x.service in cgroup v2; it was not born in the unit because ${why}`,
    ])
  })

  test.each([
    ['cannot be reached', new EngineUnreachableError('unix:///x', new Error('ECONNREFUSED'))],
    ['may not be asked', new EngineForbiddenError('unix:///x', new Error('EACCES'))],
    ['will not say what it is', new EngineRefusedError('report its version and drivers', 403, 'forbidden', undefined)],
  ])('a container is moved by an Engine that %s, for all that is known', async (_, error) => {
    await containerd('77', true)
    const {placement, lines} = await chosen({engine: {info: () => Promise.reject(error)}})
    expect(placement.describe).toBe(MOVED)
    expect(lines).toEqual([])
  })

  test('a container is moved in a unit of v1 that may use fewer devices than Docker gives a container', async () => {
    await onV1('c 1:3 rwm\nc 136:* rwm\n')
    await containerd('77', true)
    expect((await chosen()).placement.describe).toBe(
      "move the container's processes to /system.slice/x.service in name=systemd",
    )
  })

  test('a container is moved in the hierarchies of v1 that are named, though it could be born', async () => {
    await host.mounted({systemd: 'rw,xattr,name=systemd', 'cpu,cpuacct': 'rw,cpu,cpuacct'})
    await host.inCgroups('self', '2:cpuacct,cpu:/system.slice/x.service', '1:name=systemd:/system.slice/x.service')
    const {placement, lines} = await chosen({names: ['cpu', 'blkio'], engine: {}})
    expect(placement.describe).toBe("move the container's processes to /system.slice/x.service in cpuacct,cpu")
    expect(lines).toEqual(['warn: --cgroups blkio: this host has no such hierarchy'])
  })

  test('a container is moved nowhere for a controller of cgroup v2 that is named, as it is none of its hierarchies', async () => {
    const {placement, lines} = await chosen({names: ['cpu'], engine: {}})
    expect(placement.describe).toBeUndefined()
    expect(lines).toEqual([
      'warn: --cgroups cpu: this host has only cgroup v2, whose single hierarchy is called name=systemd',
    ])
  })

  test('a container is moved in the hierarchy of v1 alone for name=systemd on a host with both', async () => {
    await host.mounted({unified: 'rw', systemd: 'rw,xattr,name=systemd'})
    await host.inCgroups('self', '1:name=systemd:/system.slice/x.service', '0::/system.slice/x.service')
    const {placement, lines} = await chosen({names: ['name=systemd', 'cpu'], engine: {}})
    expect(placement.describe).toBe("move the container's processes to /system.slice/x.service in name=systemd")
    expect(lines).toEqual(['warn: --cgroups cpu: this host has no such hierarchy'])
  })
})

describe('a container stays where Docker puts it', () => {
  const stays = async (circumstances: Circumstances, line: string): Promise<void> => {
    const {placement, request, lines} = await chosen(circumstances)
    const before = structuredClone(request)
    placement.prepare(request)
    expect(request).toEqual(before)
    expect(placement.describe).toBeUndefined()
    const {context, undos} = hookContext()
    await placement.beforeStart(container, context)
    expect(undos).toEqual([])
    expect(await saidOf({placement, request, lines})).toEqual([line])
  }

  test.each([[['none']], [['none', 'all']], [['cpu', 'none']]])(
    'a container stays where Docker puts it with --cgroups %j',
    async (names) => {
      await stays({names, engine: {}}, "info: the container stays in Docker's cgroup because --cgroups none is set")
    },
  )

  test("a container stays where Docker puts it with the user's own --cgroup-parent", async () => {
    await containerd('77', true)
    await stays(
      {asked: {CgroupParent: 'batch.slice'}, engine: {}},
      "info: the container stays in Docker's cgroup because --cgroup-parent batch.slice is set",
    )
  })

  test('a container stays where Docker puts it at the root', async () => {
    await onV2('/')
    await stays(
      {engine: {}},
      "warn: this process is in no unit's cgroup, so the container stays in Docker's; is this the ExecStart= of a service?",
    )
  })

  test("a container stays where Docker puts it where the unit's cgroup is hidden, and the setting is named", async () => {
    await onV2('/')
    await stays(
      {engine: {}, env: {INVOCATION_ID: '0'.repeat(32)}},
      "warn: the container stays in Docker's cgroup, where the unit's limits do not apply: ProtectControlGroups=private or strict hides the unit's cgroup from this process (set ProtectControlGroups=yes)",
    )
  })

  test.each([
    ['no hierarchy', () => host.mounted({})],
    ['no /proc', () => host.write('', 'proc', 'self', 'mountinfo').then(() => rm(host.in('proc', 'self', 'cgroup')))],
  ])(
    'a container stays where Docker puts it where this process sees %s, and the settings are named',
    async (_, hide) => {
      await hide()
      await stays(
        {engine: {}},
        "warn: the container stays in Docker's cgroup, where the unit's limits do not apply: this process sees no cgroup hierarchy, as with InaccessiblePaths= or TemporaryFileSystem= (leave /proc and /sys/fs/cgroup accessible in the unit)",
      )
    },
  )

  test('a container stays where Docker puts it in a slice', async () => {
    await onV2('/user.slice/user-1000.slice')
    await stays(
      {engine: {}},
      "warn: this process is in the slice user-1000.slice and in no unit of it, so the container stays in Docker's; is this the ExecStart= of a service?",
    )
  })

  test('a container stays where Docker puts it for an ordinary user, as only root may move it', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000)
    await containerd('77', true)
    await stays(
      {env: {XDG_RUNTIME_DIR: '/run/user/1000'}},
      "warn: the container stays in Docker's cgroup, where the unit's limits do not apply: only root can move it (leave User= and DynamicUser= out of the unit, or say --cgroups none); it was not born in the unit because only root can place containers through the shim",
    )
  })

  test("a container stays where Docker puts it for an ordinary user in the system's unit, whatever Engine there is", async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000)
    await stays(
      {engine: engineThatIs({rootless: true}), env: {XDG_RUNTIME_DIR: host.in('run')}},
      `warn: the container stays in Docker's cgroup, where the unit's limits do not apply: only root can move it (leave User= and DynamicUser= out of the unit, or say --cgroups none); it was not born in the unit because ${NO_SHIM}`,
    )
  })
})

describe("an ordinary user's unit", () => {
  const UNIT = '/user.slice/user-1000.slice/user@1000.service/app.slice/x.service'
  const rootless = engineThatIs({rootless: true})

  beforeEach(async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000)
    await onV2(UNIT)
    await host.write('78', 'run', 'docker', 'containerd', 'containerd.pid')
  })

  test("an ordinary user's unit has the container born in it by the shim on the PATH of the user's own containerd", async () => {
    await containerd('78', true)
    const {placement} = await chosen({engine: rootless, env: {XDG_RUNTIME_DIR: host.in('run')}})
    expect(placement.describe).toBe(`let the container be born in ${UNIT}, by the containerd shim`)
  })

  test("an ordinary user's unit has the container moved to it where only the host's containerd has a shim", async () => {
    await containerd('77', true)
    await containerd('78', false)
    const {placement} = await chosen({engine: rootless, env: {XDG_RUNTIME_DIR: host.in('run')}})
    expect(placement.describe).toBe(`move the container's processes to ${UNIT} in cgroup v2`)
  })

  test.each<[string, NodeJS.ProcessEnv]>([
    ['does not say', {}],
    ['says nothing', {XDG_RUNTIME_DIR: ''}],
  ])("an ordinary user's unit has nothing announced where the environment %s where to", async (_, env) => {
    await containerd('77', true)
    const {placement} = await chosen({engine: rootless, env})
    expect(placement.describe).toBe(`move the container's processes to ${UNIT} in cgroup v2`)
  })

  test("an ordinary user's unit has the container born in it with the host's Engine and its cgroupfs driver", async () => {
    const {placement} = await chosen({engine: engineThatIs({cgroupDriver: 'cgroupfs'}), env: {}})
    expect(placement.describe).toBe(`let the container be born in ${UNIT}, by the Engine's cgroupfs driver`)
  })
})

test('a stop while the Engine is asked what it is ends the choice', async () => {
  const why = new Error('stopped')
  const controller = new AbortController()
  const info: Engine['info'] = (signal) => {
    controller.abort(why)
    return Promise.reject(signal.reason as Error)
  }
  await expect(chosen({engine: {info}, signal: controller.signal})).rejects.toBe(why)
})
