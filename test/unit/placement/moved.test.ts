import {readFileSync, writeFileSync} from 'node:fs'
import {mkdir, readdir, rm} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import type {DeviceGrants, Engine, ContainerInspection} from '../../../src/docker/engine.js'
import {ofTheHost, type Objection} from '../../../src/placement/birth-methods.js'
import {movedPlacement} from '../../../src/placement/moved.js'
import type {Placement} from '../../../src/placement/placement.js'
import type * as cgroups from '../../../src/kernel/cgroups.js'
import type {CgroupPath} from '../../../src/kernel/cgroups.js'
import type {UnitCgroup} from '../../../src/systemd/unit.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {beforeEachLook, placeIn, proc, signalThatEmpties, unitIn, useFakeHost} from '../../support/fake-host.js'
import {hookContext, plainRequest} from '../../../src/testing/plugin-host.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

vi.mock('../../../src/kernel/cgroups.js', async (importOriginal) => {
  const original = await importOriginal<typeof cgroups>()
  return {...original, readCgroupPaths: (pid: number | 'self') => original.readCgroupPaths(pid, proc.root)}
})

const PLAIN: DeviceGrants = {privileged: false, mapped: [], rules: [], requested: false}
/** How systemd is told what every container may use. */
const RESTRICTED =
  /^set-property --runtime -- x\.service DeviceAllow= DeviceAllow=char-\* m DeviceAllow=block-\* m DeviceAllow=\/dev\/char\/1:3 rwm .*DeviceAllow=char-136 rwm( .*)?$/
const container = {id: '0123456789ab', tty: false, pid: 4242}
const host = useFakeHost()

/** An Engine whose container has these devices, or that does not say. */
function giving(devices: DeviceGrants | undefined): Partial<Engine> {
  return {inspect: () => Promise.resolve((devices === undefined ? {} : {devices}) as ContainerInspection)}
}

function moving(
  places: readonly CgroupPath[],
  whyNotBorn: readonly Objection[] = [],
  {engine = giving(PLAIN), unit = unitIn(host), rootless}: Circumstances = {},
): {placement: Placement; lines: string[]} {
  const {log, lines} = recordingLog()
  const request = plainRequest()
  const around = {request, log, engine: fakeEngine(engine), ...(rootless === undefined ? {} : {rootless})}
  const placement = movedPlacement(places, unit, whyNotBorn, around)
  placement.prepare(request)
  expect(request).toEqual(plainRequest())
  return {placement, lines}
}

interface Circumstances {
  readonly engine?: Partial<Engine>
  readonly unit?: UnitCgroup
  readonly rootless?: boolean
}

describe('on cgroup v2', () => {
  const unit = ['cgroup', 'v2', 'system.slice', 'x.service'] as const
  const scope = ['cgroup', 'v2', 'system.slice', 'docker-0123456789ab.scope'] as const
  const place = (): CgroupPath => placeIn(host, '/system.slice/x.service')

  beforeEach(async () => {
    await host.mounted({v2: 'rw'})
    await host.inCgroups('4242', '0::/system.slice/docker-0123456789ab.scope')
    await host.write('', ...unit, 'cgroup.procs')
    await host.write('4242\n4243\n', ...scope, 'cgroup.procs')
    await host.write('0\n', ...scope, 'cgroup.freeze')
  })

  test("the container's processes move to the unit", async () => {
    const {placement, lines} = moving([place()])
    const signal = signalThatEmpties(host.in(...scope))
    const {context, undos} = hookContext(signal)
    await placement.beforeStart(container, context)
    await placement.afterStart(container, context)
    expect(await host.read(...unit, 'cgroup.procs')).toBe('4243')
    expect(lines).toEqual(["info: the container's processes moved to /system.slice/x.service in cgroup v2"])
    expect(undos.map(({label}) => label)).toEqual([
      "remove the unit's device policy",
      'thaw the processes in /system.slice/docker-0123456789ab.scope',
    ])
  })

  test('a container that is paused is left where Docker can let it go on', async () => {
    await host.write('1\n', ...scope, 'cgroup.freeze')
    const {placement, lines} = moving([place()])
    await placement.afterStart(container, hookContext().context)
    expect(await host.read(...unit, 'cgroup.procs')).toBe('')
    expect(lines).toEqual([
      'warn: the container stays in /system.slice/docker-0123456789ab.scope in cgroup v2: it is paused, and a move would resume it without Docker noticing; unpause it and restart the unit',
    ])
  })

  test('a container is seen to go on before it is frozen, whatever becomes of the move', async () => {
    const {placement} = moving([place()])
    const states: string[] = []
    const {context, undos} = hookContext()
    const defer: typeof context.defer = (label, undo) => {
      states.push(readFileSync(host.in(...scope, 'cgroup.freeze'), 'utf8'))
      context.defer(label, undo)
    }
    beforeEachLook(() => {
      states.push(readFileSync(host.in(...scope, 'cgroup.freeze'), 'utf8'))
      throw new Error('seen')
    })
    await expect(placement.afterStart(container, {...context, defer})).rejects.toThrow('seen')
    expect(states).toEqual(['0\n', '0\n', '1'])
    await host.write('1\n', ...scope, 'cgroup.freeze')
    await undos[1]?.undo()
    expect(await host.read(...scope, 'cgroup.freeze')).toBe('0')
  })

  test('a stop that comes when some of the processes have moved does not keep the others', async () => {
    const stop = new AbortController()
    const {placement} = moving([place()])
    let looks = 0
    beforeEachLook((signal) => {
      looks++
      if (looks === 2) stop.abort(new Error('stopped'))
      if (looks === 3) writeFileSync(host.in(...scope, 'cgroup.procs'), '')
      if (signal.aborted) throw signal.reason as Error
    })
    await placement.afterStart(container, hookContext(stop.signal).context)
    expect(looks).toBe(3)
    expect(await host.read(...unit, 'cgroup.procs')).toBe('4243')
    expect(await host.read(...scope, 'cgroup.freeze')).toBe('0')
  })

  test('the log says why the processes were not born there', async () => {
    const {placement, lines} = moving([place()], ['there is no shim', 'nobody listens'].map(ofTheHost))
    await placement.afterStart(container, hookContext(signalThatEmpties(host.in(...scope))).context)
    expect(lines).toEqual([
      "info: the container's processes moved to /system.slice/x.service in cgroup v2; it was not born in the unit because there is no shim, and nobody listens",
    ])
  })

  test('the log warns where a setting of the unit kept the processes from being born there', async () => {
    const reasons = [ofTheHost('there is no shim'), {why: 'the unit forbids it', isUnits: true}]
    const {placement, lines} = moving([place()], reasons)
    await placement.afterStart(container, hookContext(signalThatEmpties(host.in(...scope))).context)
    expect(lines).toEqual([
      "warn: the container's processes moved to /system.slice/x.service in cgroup v2; it was not born in the unit because there is no shim, and the unit forbids it",
    ])
  })

  test('the log says what will be done', () => {
    expect(moving([place()]).placement.describe).toBe(
      "move the container's processes to /system.slice/x.service in cgroup v2",
    )
    expect(moving([]).placement.describe).toBeUndefined()
  })

  test('a container that is in the unit already stays', async () => {
    await host.inCgroups('4242', '0::/system.slice/x.service')
    const {placement, lines} = moving([place()])
    await placement.afterStart(container, hookContext().context)
    expect(await host.read(...unit, 'cgroup.procs')).toBe('')
    expect(lines).toEqual([])
  })

  test('a container in a cgroup that is not its own stays, so that no stranger is moved', async () => {
    await host.inCgroups('4242', '0::/system.slice/docker.service')
    await host.write('1\n', 'cgroup', 'v2', 'system.slice', 'docker.service', 'cgroup.procs')
    const {placement, lines} = moving([place()])
    await placement.afterStart(container, hookContext().context)
    expect(await host.read(...unit, 'cgroup.procs')).toBe('')
    expect(lines).toEqual([
      'warn: the container stays in /system.slice/docker.service in cgroup v2: that is not its own cgroup',
    ])
  })

  test('a container whose cgroup is empty by then is not said to have moved', async () => {
    await host.write('', ...scope, 'cgroup.procs')
    const {placement, lines} = moving([place()])
    await placement.afterStart(container, hookContext().context)
    expect(lines).toEqual([])
  })

  test('a container that has ended is no error', async () => {
    await rm(host.in('proc', '4242'), {recursive: true})
    const {placement, lines} = moving([place()])
    await placement.afterStart(container, hookContext().context)
    expect(lines).toEqual([])
  })

  test('a container on a hierarchy that it is not in stays', async () => {
    const {placement, lines} = moving([placeIn(host, '/system.slice/x.service', 'memory')])
    await placement.afterStart(container, hookContext().context)
    expect(lines).toEqual([])
  })

  describe('the devices that Docker lets a container use', () => {
    const stays = async (circumstances: Circumstances): Promise<string[]> => {
      const {placement, lines} = moving([place()], [], circumstances)
      expect(await placement.afterStart(container, hookContext().context)).toBe('elsewhere')
      expect(await host.read(...unit, 'cgroup.procs')).toBe('')
      expect(await host.read(...scope, 'cgroup.procs')).toBe('4242\n4243\n')
      return lines.map((line) =>
        line.replace('warn: the container stays in /system.slice/docker-0123456789ab.scope in cgroup v2: ', ''),
      )
    }
    const moves = async (circumstances: Circumstances): Promise<{lines: string[]; calls: string[]}> => {
      const {placement, lines} = moving([place()], [], circumstances)
      const {context} = hookContext(signalThatEmpties(host.in(...scope)))
      expect(await placement.afterStart(container, context)).toBe('in the unit')
      expect(await host.read(...unit, 'cgroup.procs')).toBe('4243')
      return {lines, calls: await host.systemctlCalls()}
    }
    const MOVED = "info: the container's processes moved to /system.slice/x.service in cgroup v2"
    const ASKED = 'show --property=Delegate,DevicePolicy,DeviceAllow -- x.service'

    test('the unit is restricted to what Docker lets the container use, before its first process comes', async () => {
      const rules = ['c 10:229 r']
      const {lines, calls} = await moves({engine: giving({...PLAIN, rules})})
      expect(calls).toEqual([ASKED, expect.stringMatching(RESTRICTED)])
      expect(calls[1]).toMatch(/ DeviceAllow=\/dev\/char\/10:229 r$/)
      expect(lines).toEqual([MOVED])
    })

    test('the unit is not restricted for a privileged container', async () => {
      const {lines, calls} = await moves({engine: giving({...PLAIN, privileged: true})})
      expect(calls).toEqual([ASKED])
      expect(lines).toEqual([MOVED])
    })

    test("the unit is not restricted in a user's namespace", async () => {
      const {calls} = await moves({rootless: true, unit: {...unitIn(host), manager: 'user'}})
      expect(calls).toEqual([`--user ${ASKED}`])
    })

    test.each(['DevicePolicy=closed', 'DeviceAllow=/dev/sda r\nDevicePolicy=auto'])(
      'a unit that says %j restricts itself',
      async (said) => {
        await host.systemctlAnswers(`Delegate=no\n${said}`)
        const {lines, calls} = await moves({})
        expect(calls).toEqual([ASKED])
        expect(lines).toEqual([
          "info: x.service restricts devices itself, so its settings decide which devices the container may use, and Docker's do not",
          MOVED,
        ])
      },
    )

    test('a container stays where systemd does not answer', async () => {
      await host.systemctlAnswers('Delegate=yes', 1)
      expect(await stays({})).toEqual(["systemd does not report the unit's Delegate= and DevicePolicy="])
    })

    test('a container stays where systemd does not restrict the unit', async () => {
      await host.write('#!/bin/sh\ncase "$*" in set-property*) exit 1 ;; esac\necho Delegate=no\n', 'bin', 'systemctl')
      expect(await stays({})).toEqual([
        "systemd did not accept the unit's DeviceAllow=, so nothing there would restrict its devices",
      ])
    })

    test('a container stays where what it may use cannot be told', async () => {
      expect(await stays({engine: giving({...PLAIN, requested: true})})).toEqual([
        'it has devices of a driver (--gpus, --runtime nvidia), so nothing in the unit would restrict its devices; set DevicePolicy= and DeviceAllow= in the unit',
      ])
    })

    test('a container stays where the Engine does not say what it may use', async () => {
      expect(await stays({engine: giving(undefined)})).toEqual(['the Engine does not report which devices it may use'])
    })

    test("a container stays in Docker's cgroup in a unit of root's own manager", async () => {
      expect(await stays({unit: {...unitIn(host), manager: 'user'}})).toEqual([
        "a user's systemd cannot restrict its devices",
      ])
    })
  })

  describe('a move that fails', () => {
    test("a move into a unit's cgroup that takes nobody is an error, and the container goes on", async () => {
      await rm(host.in(...unit), {recursive: true})
      const {placement, lines} = moving([place()])
      const starting = placement.afterStart(container, hookContext().context)
      await expect(starting).rejects.toMatchObject({code: 'CGROUP'})
      await expect(starting).rejects.toThrow(
        `cannot move the container's processes into ${host.in(...unit)}: ENOENT: no such file or directory`,
      )
      expect(await host.read(...scope, 'cgroup.freeze')).toBe('0')
      expect(lines).toEqual([])
    })

    test('a move is not begun once the run was asked to stop, which is no error of its own', async () => {
      const why = new Error('stopped')
      const {placement} = moving([place()])
      const {context} = hookContext(AbortSignal.abort(why))
      await expect(placement.afterStart(container, context)).rejects.toBe(why)
      expect(await host.read(...unit, 'cgroup.procs')).toBe('')
      expect(await host.read(...scope, 'cgroup.freeze')).toBe('0\n')
    })
  })

  describe('in a unit that delegates', () => {
    const own = [...unit, '0123456789ab'] as const

    beforeEach(async () => {
      await host.systemctlAnswers('Delegate=yes')
      await host.write('cpu memory\n', ...unit, 'cgroup.controllers')
      await host.write('', ...unit, 'cgroup.subtree_control')
      await host.write('100\n', ...unit, 'cgroup.procs')
      await host.write('67108864\n', ...scope, 'memory.max')
      await host.write('max\n', ...own, 'memory.max')
    })

    test('the container has a cgroup below it, with the limits that Docker set', async () => {
      const {placement, lines} = moving([place()])
      const signal = signalThatEmpties(host.in(...unit), host.in(...scope))
      await placement.afterStart(container, hookContext(signal).context)
      expect(await host.read(...unit, 'supervisor', 'cgroup.procs')).toBe('100')
      expect(await host.read(...unit, 'cgroup.subtree_control')).toBe('+cpu +memory')
      expect(await host.read(...own, 'memory.max')).toBe('67108864')
      expect(await host.read(...own, 'cgroup.procs')).toBe('4243')
      expect(lines).toEqual([
        "info: the container's processes moved to /system.slice/x.service/0123456789ab in cgroup v2",
      ])
      expect(await host.systemctlCalls()).toEqual([
        'show --property=Delegate,DevicePolicy,DeviceAllow -- x.service',
        expect.stringMatching(RESTRICTED),
      ])
    })

    test("a cgroup below the unit is removed when the run ends, and the unit's own is put back after that", async () => {
      const {placement} = moving([place()])
      const {context, undos} = hookContext(signalThatEmpties(host.in(...unit), host.in(...scope)))
      await placement.afterStart(container, context)
      expect(undos.map(({label}) => label)).toEqual([
        "remove the unit's device policy",
        'put /system.slice/x.service back as it was',
        'remove the cgroup /system.slice/x.service/0123456789ab',
        'thaw the processes in /system.slice/docker-0123456789ab.scope',
      ])
      // In the kernel's own file system a cgroup's files are no obstacle.
      for (const name of await readdir(host.in(...own))) await rm(host.in(...own, name))
      await undos[2]?.undo()
      expect(await readdir(host.in(...unit))).not.toContain('0123456789ab')
      await expect(undos[2]?.undo()).resolves.toBeUndefined()
    })

    test('a limit that cannot be carried over is an error, and the container stays where it is bound', async () => {
      await host.write('max 100000\n', ...own, 'cpu.max')
      await mkdir(host.in(...scope, 'cpu.max'))
      const {placement, lines} = moving([place()])
      const {context, undos} = hookContext(signalThatEmpties(host.in(...unit)))
      await expect(placement.afterStart(container, context)).rejects.toMatchObject({
        code: 'CGROUP',
        cause: {code: 'EISDIR'},
      })
      expect(await host.read(...scope, 'cgroup.procs')).toBe('4242\n4243\n')
      expect(undos.map(({label}) => label)).toContain('remove the cgroup /system.slice/x.service/0123456789ab')
      expect(lines).toEqual([])
    })
  })
})

describe('on cgroup v1', () => {
  const X = '/system.slice/x.service'
  const cpu = (path = X): CgroupPath => placeIn(host, path, 'cpuacct', 'cpu')
  const systemd = (path = X): CgroupPath => placeIn(host, path, 'name=systemd')

  beforeEach(async () => {
    await host.mounted({
      'name=systemd': 'rw,xattr,name=systemd',
      'cpuacct,cpu': 'rw,cpu,cpuacct',
      devices: 'rw,devices',
      freezer: 'rw,freezer',
    })
    await host.inCgroups(
      '4242',
      '4:freezer:/docker/0123456789ab',
      '3:devices:/docker/0123456789ab',
      '2:cpuacct,cpu:/docker/0123456789ab',
      '1:name=systemd:/docker/0123456789ab',
    )
    for (const name of ['name=systemd', 'cpuacct,cpu', 'devices', 'freezer']) {
      await host.write('', 'cgroup', name, 'system.slice', 'x.service', 'cgroup.procs')
      await host.write('4242\n', 'cgroup', name, 'docker', '0123456789ab', 'cgroup.procs')
    }
    await host.write('THAWED\n', ...DOCKERS, 'freezer.state')
  })

  const DOCKERS = ['cgroup', 'freezer', 'docker', '0123456789ab'] as const
  const stateOfFreezer = (): Promise<string> => host.read(...DOCKERS, 'freezer.state')

  test("the container's processes move in each hierarchy, and go on", async () => {
    const {placement, lines} = moving([cpu(), systemd()])
    const signal = signalThatEmpties(
      host.in('cgroup', 'cpuacct,cpu', 'docker', '0123456789ab'),
      host.in('cgroup', 'name=systemd', 'docker', '0123456789ab'),
    )
    await placement.afterStart(container, hookContext(signal).context)
    const procs = ['cpuacct,cpu', 'name=systemd', 'devices', 'freezer'].map((name) =>
      host.read('cgroup', name, 'system.slice', 'x.service', 'cgroup.procs'),
    )
    expect(await Promise.all(procs)).toEqual(['4242', '4242', '', ''])
    expect(lines).toEqual([
      "info: the container's processes moved to /system.slice/x.service in cpuacct,cpu, name=systemd",
    ])
    expect(await stateOfFreezer()).toBe('THAWED')
    expect(await host.systemctlCalls()).toEqual([])
  })

  test('the processes are frozen meanwhile', async () => {
    const {placement} = moving([systemd()])
    const states: string[] = []
    beforeEachLook(() => {
      states.push(readFileSync(host.in(...DOCKERS, 'freezer.state'), 'utf8'))
      throw new Error('seen')
    })
    await expect(placement.afterStart(container, hookContext().context)).rejects.toThrow('seen')
    expect(states).toEqual(['FROZEN'])
    expect(await stateOfFreezer()).toBe('THAWED')
  })

  test('the processes are not frozen in a cgroup that is not their own', async () => {
    await host.inCgroups('4242', '4:freezer:/', '1:name=systemd:/docker/0123456789ab')
    await host.write('THAWED\n', 'cgroup', 'freezer', 'freezer.state')
    const {placement} = moving([systemd()])
    beforeEachLook(() => {
      throw new Error('seen')
    })
    await expect(placement.afterStart(container, hookContext().context)).rejects.toThrow('seen')
    expect(await host.read('cgroup', 'freezer', 'freezer.state')).toBe('THAWED\n')
  })

  test('the processes are not frozen in a cgroup that they leave', async () => {
    const {placement} = moving([placeIn(host, X, 'freezer')])
    const signal = signalThatEmpties(host.in('cgroup', 'freezer', 'docker', '0123456789ab'))
    await placement.afterStart(container, hookContext(signal).context)
    expect(await host.read('cgroup', 'freezer', 'system.slice', 'x.service', 'cgroup.procs')).toBe('4242')
    expect(await stateOfFreezer()).toBe('THAWED\n')
  })

  test('a move that fails is an error, and the container goes on', async () => {
    await rm(host.in('cgroup', 'name=systemd', 'system.slice'), {recursive: true})
    const {placement, lines} = moving([systemd()])
    await expect(placement.afterStart(container, hookContext().context)).rejects.toMatchObject({code: 'CGROUP'})
    expect(await stateOfFreezer()).toBe('THAWED')
    expect(lines).toEqual([])
  })

  test('a container stays in a hierarchy where it has no cgroup of its own, and moves in the others', async () => {
    await host.inCgroups('4242', '2:cpuacct,cpu:/docker/0123456789ab', '1:name=systemd:/system.slice/docker.service')
    const {placement, lines} = moving([cpu(), systemd()])
    const signal = signalThatEmpties(host.in('cgroup', 'cpuacct,cpu', 'docker', '0123456789ab'))
    await placement.afterStart(container, hookContext(signal).context)
    expect(lines).toEqual([
      'warn: the container stays in /system.slice/docker.service in name=systemd: that is not its own cgroup',
      "info: the container's processes moved to /system.slice/x.service in cpuacct,cpu",
    ])
  })

  test.each<[string, () => CgroupPath[], string]>([
    [
      'with the hierarchies of one path together',
      () => [cpu(), systemd()],
      '/system.slice/x.service in cpuacct,cpu, name=systemd',
    ],
    [
      'with each of its paths',
      () => [cpu('/custom'), systemd()],
      '/custom in cpuacct,cpu and /system.slice/x.service in name=systemd',
    ],
  ])('the log says what will be done, %s', (_, places, words) => {
    expect(moving(places()).placement.describe).toBe(`move the container's processes to ${words}`)
  })

  test("what keeps the container from the host's devices is a hierarchy of its own, which stays", async () => {
    const {placement, lines} = moving([systemd()], [], {engine: {}, unit: {...unitIn(host), unified: false}})
    const signal = signalThatEmpties(host.in('cgroup', 'name=systemd', 'docker', '0123456789ab'))
    expect(await placement.afterStart(container, hookContext(signal).context)).toBe('in the unit')
    expect(lines).toEqual(["info: the container's processes moved to /system.slice/x.service in name=systemd"])
    expect(await host.systemctlCalls()).toEqual([])
  })
})
