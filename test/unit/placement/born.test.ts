import {lstat, mkdir, readdir} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import {bornPlacement} from '../../../src/placement/born.js'
import {leftPlacement} from '../../../src/placement/left.js'
import type {Placement} from '../../../src/placement/placement.js'
import type {Detachment} from '../../../src/pipeline/contract.js'
import type {BirthMethod} from '../../../src/placement/birth-methods.js'
import type * as cgroups from '../../../src/kernel/cgroups.js'
import type {CgroupPath} from '../../../src/kernel/cgroups.js'
import type {UnitCgroup} from '../../../src/systemd/unit.js'
import {placeIn, proc, signalThatEmpties, unitIn, useFakeHost} from '../../support/fake-host.js'
import {hookContext, plainRequest} from '../../../src/testing/plugin-host.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

vi.mock('../../../src/kernel/cgroups.js', async (importOriginal) => {
  const original = await importOriginal<typeof cgroups>()
  return {...original, readCgroupPaths: (pid: number | 'self') => original.readCgroupPaths(pid, proc.root)}
})

const X = ['cgroup', 'v2', 'system.slice', 'x.service'] as const
const container = {id: '0123456789ab', tty: false, pid: 4242}
const host = useFakeHost()

const way: BirthMethod = {
  title: 'some way',
  announced: true,
  suits: () => true,
  objection: () => undefined,
  prepare: ({body}, {path}) => {
    body.Labels['way'] = path
  },
}

function born({
  announced = true,
  unit = unitIn(host),
  own = [],
  otherwise = leftPlacement('it is elsewhere', () => undefined),
  detached,
}: {
  announced?: boolean
  unit?: UnitCgroup
  own?: readonly CgroupPath[]
  otherwise?: Placement
  detached?: Detachment
} = {}): {
  placement: Placement
  lines: string[]
} {
  const {log, lines} = recordingLog()
  const placement = bornPlacement(
    {...way, announced},
    {unit, own, invocation: 'a1b2', state: host.in('state'), detached},
    otherwise,
    log,
  )
  return {placement, lines}
}

beforeEach(async () => {
  await host.mounted({v2: 'rw'})
  await host.write('', ...X, 'cgroup.procs')
  await host.write('\n', ...X, 'cgroup.controllers')
})

describe('before it is made', () => {
  test('the log says what will be done', () => {
    expect(born().placement.describe).toBe('let the container be born in /system.slice/x.service, by some way')
  })

  test('the create request is what the way makes of it, and no capability is taken', () => {
    const request = plainRequest()
    born().placement.prepare(request)
    const expected = plainRequest()
    expected.body.Labels['way'] = '/system.slice/x.service'
    expect(request).toEqual(expected)
  })
})

describe('before it starts', () => {
  test('the container is announced, and that is taken back when the run ends', async () => {
    const {context, undos} = hookContext()
    await born().placement.beforeStart(container, context)
    expect(await host.read('state', 'placement', container.id)).toBe('/system.slice/x.service\na1b2\n')
    expect(undos.map(({label}) => label)).toEqual(['remove the announcement'])
    await undos[0]?.undo()
    expect(await readdir(host.in('state', 'placement'))).toEqual([])
  })

  test('the announcements that earlier invocations of a detached unit have left are removed, and no others', async () => {
    const placed = ['state', 'placement'] as const
    await host.write('/system.slice/x.service\nolder\n', ...placed, 'older')
    await host.write('/system.slice/x.service\na1b2\n', ...placed, 'of-this-one')
    await host.write('/system.slice/x.service\n\n', ...placed, 'of-none')
    await born({detached: {role: 'helper', isFollowed: true}}).placement.beforeStart(container, hookContext().context)
    expect((await readdir(host.in(...placed))).toSorted()).toEqual([container.id, 'of-this-one'])
  })

  test('a way that looks at no announcement needs none', async () => {
    const {context, undos} = hookContext()
    await born({announced: false}).placement.beforeStart(container, context)
    expect(undos).toEqual([])
    expect(await readdir(host.in())).not.toContain('state')
  })

  test('an announcement that cannot be made is an error, and nothing is to be undone', async () => {
    await host.write('', 'state')
    const {context, undos} = hookContext()
    await expect(born().placement.beforeStart(container, context)).rejects.toMatchObject({code: 'STATE'})
    expect(undos).toEqual([])
  })

  test("the unit's processes step into a leaf where the cgroup has controllers", async () => {
    await host.write('cpu memory\n', ...X, 'cgroup.controllers')
    await host.write('100\n', ...X, 'cgroup.procs')
    const {context} = hookContext(signalThatEmpties(host.in(...X)))
    await born().placement.beforeStart(container, context)
    expect(await host.read(...X, 'supervisor', 'cgroup.procs')).toBe('100')
  })

  test("the unit's cgroup is put back when the run ends, unless systemd has put this process below it", async () => {
    await host.write('cpu memory\n', ...X, 'cgroup.controllers')
    await host.write('cpu memory\n', ...X, 'cgroup.subtree_control')
    const undosIn = async (path: string): Promise<Record<string, () => void | Promise<void>>> => {
      const {context, undos} = hookContext()
      await born({own: [placeIn(host, path)]}).placement.beforeStart(container, context)
      return Object.fromEntries(undos.map(({label, undo}) => [label, undo]))
    }
    const undos = await undosIn('/system.slice/x.service')
    expect(Object.keys(undos)).toEqual(['remove the announcement', 'put /system.slice/x.service back as it was'])
    await undos['put /system.slice/x.service back as it was']?.()
    expect(await host.read(...X, 'cgroup.subtree_control')).toBe('-cpu -memory')
    expect(Object.keys(await undosIn('/system.slice/x.service/.control'))).toEqual(['remove the announcement'])
  })

  test("the unit's processes stay where there are no controllers to hand down", async () => {
    await host.write('100\n', ...X, 'cgroup.procs')
    await born().placement.beforeStart(container, hookContext().context)
    expect((await readdir(host.in(...X))).toSorted()).toEqual(['cgroup.controllers', 'cgroup.procs'])
    expect(await host.systemctlCalls()).toEqual([])
  })

  test('a stop in the middle of it is no error of its own, and the announcement is still taken back', async () => {
    await host.write('cpu\n', ...X, 'cgroup.controllers')
    await host.write('100\n', ...X, 'cgroup.procs')
    const why = new Error('stopped')
    const {context, undos} = hookContext(AbortSignal.abort(why))
    await expect(born().placement.beforeStart(container, context)).rejects.toBe(why)
    for (const {undo} of undos) await undo()
    expect(await readdir(host.in('state', 'placement'))).toEqual([])
  })
})

describe('once it runs', () => {
  const CHILD = '0::/system.slice/x.service/0123456789ab'

  test.each([
    ['in a cgroup of its own below the unit', CHILD],
    ["in the unit's own", '0::/system.slice/x.service'],
  ])('a container %s was born there', async (_, line) => {
    await host.inCgroups('4242', line)
    const {placement, lines} = born()
    expect(await placement.afterStart(container, hookContext().context)).toBe('in the unit')
    expect(lines).toEqual(['info: the container was born in /system.slice/x.service, by some way'])
  })

  test('a container that has ended is nothing to speak of', async () => {
    const afterStart = vi.fn()
    const {placement, lines} = born({otherwise: {...leftPlacement('it is elsewhere', () => undefined), afterStart}})
    await placement.afterStart(container, hookContext().context)
    expect(lines).toEqual([])
    expect(afterStart).not.toHaveBeenCalled()
  })
  test('a container that is elsewhere is dealt with otherwise', async () => {
    await host.inCgroups('4242', '0::/system.slice/docker-0123456789ab.scope')
    const afterStart = vi.fn(() => Promise.resolve('elsewhere' as const))
    const {placement, lines} = born({otherwise: {...leftPlacement('it is elsewhere', () => undefined), afterStart}})
    const {context} = hookContext()
    expect(await placement.afterStart(container, context)).toBe('elsewhere')
    expect(afterStart).toHaveBeenCalledExactlyOnceWith(container, context)
    expect(lines).toEqual([])
  })

  describe('with controllers', () => {
    const HANDED = [...X, 'cgroup.subtree_control']

    beforeEach(async () => {
      await host.inCgroups('4242', CHILD)
      await host.write('cpu memory\n', ...X, 'cgroup.controllers')
      await host.write('cpu memory\n', ...HANDED)
    })

    test('the controllers are left to a unit that delegates', async () => {
      await host.systemctlAnswers('Delegate=yes')
      const {placement, lines} = born()
      const {context} = hookContext()
      await placement.beforeStart(container, context)
      await placement.afterStart(container, context)
      expect(lines).toEqual(['info: the container was born in /system.slice/x.service, by some way'])
      expect(await host.read(...HANDED)).toBe('cpu memory\n')
    })

    test('the controllers stay where systemd does not report whether the unit delegates', async () => {
      await host.systemctlAnswers('Delegate=no', 1)
      const {placement, lines} = born()
      const {context} = hookContext()
      await placement.beforeStart(container, context)
      await placement.afterStart(container, context)
      expect(lines).toEqual([
        'info: the container was born in /system.slice/x.service, by some way',
        "warn: systemd does not report whether x.service has Delegate=yes; without it, Docker's limits (-m, --cpus, …) and docker stats will stop working",
      ])
      expect(await host.read(...HANDED)).toBe('cpu memory\n')
    })

    test("the controllers are taken back from a unit that does not delegate, and that Docker's limits are lost is said", async () => {
      const {placement, lines} = born()
      const {context} = hookContext()
      await placement.beforeStart(container, context)
      await placement.afterStart(container, context)
      expect(lines).toEqual([
        'info: the container was born in /system.slice/x.service, by some way',
        "warn: x.service does not have Delegate=yes, so Docker's limits (-m, --cpus, …) do not apply and docker stats shows nothing; the unit's own limits apply",
      ])
      expect(await host.read(...HANDED)).toBe('-cpu -memory')
    })

    test.each([
      ['is there', [CHILD]],
      ['has ended already', []],
    ])(
      'the controllers are taken back from a unit that delegates if its next command is to start while the container %s',
      async (_, cgroups) => {
        await host.systemctlAnswers('Delegate=yes')
        await host.inCgroups('4242', ...cgroups)
        const own = [placeIn(host, '/system.slice/x.service')]
        const {placement, lines} = born({own, detached: {role: 'helper', isFollowed: true}})
        const {context} = hookContext()
        await placement.beforeStart(container, context)
        await placement.afterStart(container, context)
        expect(lines).toContain(
          "warn: systemd starts another command of x.service beside the container (DelegateSubgroup= gives that a cgroup of its own), so Docker's limits (-m, --cpus, …) do not apply and docker stats shows nothing; the unit's own limits apply",
        )
        expect(await host.read(...HANDED)).toBe('-cpu -memory')
      },
    )

    test.each([
      ['its next command has a cgroup of its own', '/system.slice/x.service/main', true],
      ['it has no other command', '/system.slice/x.service', false],
    ])('the controllers are left to a unit that delegates, and %s', async (_, path, isFollowed) => {
      await host.systemctlAnswers('Delegate=yes')
      const {placement} = born({own: [placeIn(host, path)], detached: {role: 'service', isFollowed}})
      const {context} = hookContext()
      await placement.beforeStart(container, context)
      await placement.afterStart(container, context)
      expect(await host.read(...HANDED)).toBe('cpu memory\n')
    })
  })
})

describe('on cgroup v1', () => {
  const unit = (): UnitCgroup => ({
    ...unitIn(host),
    directory: host.in('cgroup', 'name=systemd', 'system.slice', 'x.service'),
    unified: false,
  })
  const own = (): CgroupPath[] => [
    placeIn(host, '/', 'freezer'),
    placeIn(host, '/', 'cpuset'),
    placeIn(host, '/', 'pids'),
    placeIn(host, '/elsewhere', 'net_cls'),
    placeIn(host, '/system.slice/x.service', 'memory'),
    placeIn(host, '/system.slice/x.service', 'name=systemd'),
  ]
  const inAll = (...names: readonly string[]): string[][] =>
    names.map((name) => ['cgroup', name, 'system.slice', 'x.service'])

  test("the container is born in the unit in systemd's hierarchy", async () => {
    await host.mounted({'name=systemd': 'rw,name=systemd', memory: 'rw,memory'})
    await host.inCgroups('4242', '2:memory:/docker/0123456789ab', '1:name=systemd:/system.slice/x.service/0123456789ab')
    const {placement, lines} = born({unit: unit(), own: own()})
    await placement.afterStart(container, hookContext().context)
    expect(lines).toEqual(['info: the container was born in /system.slice/x.service, by some way'])
  })

  test("the unit's empty cgroups are removed when the run ends, in the hierarchies that systemd does not know of", async () => {
    for (const names of inAll('freezer', 'cpuset', 'net_cls', 'memory', 'name=systemd'))
      await mkdir(host.in(...names), {recursive: true})
    await host.write('full', 'cgroup', 'cpuset', 'system.slice', 'x.service', 'child')
    const {context, undos} = hookContext()
    await born({unit: unit(), own: own()}).placement.beforeStart(container, context)
    expect(undos.map(({label}) => label)).toEqual(['remove the announcement', "remove the unit's empty cgroups"])
    await undos[1]?.undo()
    const left = await Promise.all(
      ['freezer', 'cpuset', 'net_cls', 'memory', 'name=systemd'].map(async (name) => {
        const names = await readdir(host.in('cgroup', name, 'system.slice'))
        return names.length > 0
      }),
    )
    expect(left).toEqual([false, true, false, true, true])
  })

  test('a directory that is no cgroup any more is not removed in silence', async () => {
    await host.write('', 'cgroup', 'freezer', 'system.slice', 'x.service')
    const {context, undos} = hookContext()
    await born({unit: unit(), own: own()}).placement.beforeStart(container, context)
    await expect(undos[1]?.undo()).rejects.toMatchObject({code: 'ENOTDIR'})
    expect((await lstat(host.in('cgroup', 'freezer', 'system.slice', 'x.service'))).isFile()).toBe(true)
  })

  test("the unit's processes step nowhere", async () => {
    await host.write('100\n', 'cgroup', 'name=systemd', 'system.slice', 'x.service', 'cgroup.procs')
    await born({unit: unit(), own: own()}).placement.beforeStart(container, hookContext().context)
    expect(await readdir(host.in('cgroup', 'name=systemd', 'system.slice', 'x.service'))).toEqual(['cgroup.procs'])
    expect(await host.systemctlCalls()).toEqual([])
  })
})
