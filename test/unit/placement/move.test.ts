import {readFileSync, writeFileSync} from 'node:fs'
import {mkdir, readdir, rm} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import type {HostConfig} from '../../../src/docker/create-request.js'
import type * as deviceFilter from '../../../src/placement/device-filter.js'
import {move} from '../../../src/placement/move.js'
import type {Placement} from '../../../src/placement/placement.js'
import type * as hierarchies from '../../../src/systemd/hierarchies.js'
import type {Place} from '../../../src/systemd/hierarchies.js'
import {placeIn, proc, signalThatEmpties, unitIn, useFakeHost} from '../support/fake-host.js'
import {hookContext, plainRequest} from '../support/plugin-host.js'
import {recordingLog} from '../support/recording-log.js'

vi.mock('../../../src/systemd/hierarchies.js', async (importOriginal) => {
  const original = await importOriginal<typeof hierarchies>()
  return {...original, readPlaces: (pid: number | 'self') => original.readPlaces(pid, proc.root)}
})

vi.mock('../../../src/placement/device-filter.js', async (importOriginal) => {
  const original = await importOriginal<typeof deviceFilter>()
  return {...original, canMakeDeviceNodes: (pid: number) => original.canMakeDeviceNodes(pid, proc.root)}
})

const DOCKERS_OWN = '00000000a80425fb'
const WITHOUT_MKNOD = '00000000a00425fb'
const container = {id: '0123456789ab', tty: false, pid: 4242}
const host = useFakeHost()

function moving(
  places: readonly Place[],
  whyNotBorn: readonly string[] = [],
  asked: Partial<HostConfig> = {},
): {placement: Placement; lines: string[]; capDrop: string[]} {
  const {log, lines} = recordingLog()
  const request = plainRequest()
  Object.assign(request.body.HostConfig, asked)
  const placement = move(places, unitIn(host), whyNotBorn, {request, log})
  placement.prepare(request)
  return {placement, lines, capDrop: request.body.HostConfig.CapDrop}
}

describe('on cgroup v2', () => {
  const unit = ['cgroup', 'v2', 'system.slice', 'x.service'] as const
  const scope = ['cgroup', 'v2', 'system.slice', 'docker-0123456789ab.scope'] as const
  const place = (): Place => placeIn(host, '/system.slice/x.service')

  beforeEach(async () => {
    await host.mounted({v2: 'rw'})
    await host.inCgroups('4242', '0::/system.slice/docker-0123456789ab.scope')
    await host.bounded(4242, WITHOUT_MKNOD)
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
      'let the processes in /system.slice/docker-0123456789ab.scope go on',
    ])
  })

  test('leaves a container that is paused where Docker can let it go on', async () => {
    await host.write('1\n', ...scope, 'cgroup.freeze')
    const {placement, lines} = moving([place()])
    await placement.afterStart(container, hookContext().context)
    expect(await host.read(...unit, 'cgroup.procs')).toBe('')
    expect(lines).toEqual([
      'warn: the container stays in /system.slice/docker-0123456789ab.scope in cgroup v2: it is paused, and would run on without Docker noticing; unpause it and restart the unit',
    ])
  })

  test('that the container goes on is seen to before it is frozen, whatever becomes of the move', async () => {
    const {placement} = moving([place()])
    const states: string[] = []
    const {context, undos} = hookContext()
    const defer: typeof context.defer = (label, undo) => {
      states.push(readFileSync(host.in(...scope, 'cgroup.freeze'), 'utf8'))
      context.defer(label, undo)
    }
    vi.spyOn(AbortSignal.prototype, 'throwIfAborted').mockImplementationOnce(() => {
      states.push(readFileSync(host.in(...scope, 'cgroup.freeze'), 'utf8'))
      throw new Error('seen')
    })
    await expect(placement.afterStart(container, {...context, defer})).rejects.toThrow('seen')
    expect(states).toEqual(['0\n', '1'])
    await host.write('1\n', ...scope, 'cgroup.freeze')
    await undos[0]?.undo()
    expect(await host.read(...scope, 'cgroup.freeze')).toBe('0')
  })

  test('a stop that comes when some of the processes have moved does not keep the others', async () => {
    const stop = new AbortController()
    const {placement} = moving([place()])
    let looks = 0
    vi.spyOn(AbortSignal.prototype, 'throwIfAborted').mockImplementation(function (this: AbortSignal) {
      looks++
      if (looks === 2) stop.abort(new Error('stopped'))
      if (looks === 3) writeFileSync(host.in(...scope, 'cgroup.procs'), '')
      if (this.aborted) throw this.reason as Error
    })
    await placement.afterStart(container, hookContext(stop.signal).context)
    expect(looks).toBe(3)
    expect(await host.read(...unit, 'cgroup.procs')).toBe('4243')
    expect(await host.read(...scope, 'cgroup.freeze')).toBe('0')
  })

  test('why they were not born there is said', async () => {
    const {placement, lines} = moving([place()], ['there is no shim', 'nobody listens'])
    await placement.afterStart(container, hookContext(signalThatEmpties(host.in(...scope))).context)
    expect(lines).toEqual([
      "info: the container's processes moved to /system.slice/x.service in cgroup v2; it was not born in the unit because there is no shim, and nobody listens",
    ])
  })

  test('what will be done is said', () => {
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
      'warn: the container stays in /system.slice/docker.service in cgroup v2: that is no cgroup of its own',
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

  test('a container that ends while it is looked at is no error', async () => {
    await rm(host.in('proc', '4242', 'status'))
    await rm(host.in(...scope), {recursive: true})
    const {placement, lines} = moving([place()])
    await placement.afterStart(container, hookContext().context)
    expect(lines).toEqual([])
  })

  test('a container on a hierarchy that it is not in stays', async () => {
    const {placement, lines} = moving([placeIn(host, '/system.slice/x.service', 'memory')])
    await placement.afterStart(container, hookContext().context)
    expect(lines).toEqual([])
  })

  describe("what keeps the container from the host's devices stays behind", () => {
    test('so that it may make no device files', () => {
      expect(moving([place()]).capDrop).toEqual(['MKNOD'])
    })

    test('but not where nothing is moved', () => {
      expect(moving([]).capDrop).toEqual([])
    })

    test('so that one that was made before and may make them is not moved', async () => {
      await host.bounded(4242, DOCKERS_OWN)
      const {placement, lines} = moving([place()])
      await placement.afterStart(container, hookContext().context)
      expect(await host.read(...unit, 'cgroup.procs')).toBe('')
      expect(lines).toEqual([
        "warn: the container stays in /system.slice/docker-0123456789ab.scope in cgroup v2: it was made with CAP_MKNOD, and what keeps it from the host's devices would be left behind; make it anew",
      ])
    })

    test.each<[string, Partial<HostConfig>]>([
      ['--privileged', {Privileged: true}],
      ['--cap-add MKNOD', {CapAdd: ['MKNOD']}],
    ])('and is moved all the same where the line says %s', async (_, asked) => {
      await host.bounded(4242, DOCKERS_OWN)
      const {placement, lines, capDrop} = moving([place()], [], asked)
      await placement.afterStart(container, hookContext(signalThatEmpties(host.in(...scope))).context)
      expect(capDrop).toEqual([])
      expect(await host.read(...unit, 'cgroup.procs')).toBe('4243')
      expect(lines).toEqual(["info: the container's processes moved to /system.slice/x.service in cgroup v2"])
    })
  })

  describe('a move that fails', () => {
    test("into a unit's cgroup that takes nobody is an error, and the container goes on", async () => {
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

    test('is not begun once the run was asked to stop, which is no error of its own', async () => {
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
      expect(await host.systemctlCalls()).toEqual(['show --property=Delegate -- x.service'])
    })

    test('that cgroup is removed when the run ends', async () => {
      const {placement} = moving([place()])
      const {context, undos} = hookContext(signalThatEmpties(host.in(...unit), host.in(...scope)))
      await placement.afterStart(container, context)
      expect(undos.map(({label}) => label)).toEqual([
        'remove the cgroup /system.slice/x.service/0123456789ab',
        'let the processes in /system.slice/docker-0123456789ab.scope go on',
      ])
      // In the kernel's own file system a cgroup's files are no obstacle.
      for (const name of await readdir(host.in(...own))) await rm(host.in(...own, name))
      await undos[0]?.undo()
      expect(await readdir(host.in(...unit))).not.toContain('0123456789ab')
      await expect(undos[0]?.undo()).resolves.toBeUndefined()
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
      expect(undos.map(({label}) => label)).toEqual(['remove the cgroup /system.slice/x.service/0123456789ab'])
      expect(lines).toEqual([])
    })
  })
})

describe('on cgroup v1', () => {
  const X = '/system.slice/x.service'
  const cpu = (path = X): Place => placeIn(host, path, 'cpuacct', 'cpu')
  const systemd = (path = X): Place => placeIn(host, path, 'name=systemd')

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

  test('they are frozen meanwhile', async () => {
    const {placement} = moving([systemd()])
    const states: string[] = []
    vi.spyOn(AbortSignal.prototype, 'throwIfAborted').mockImplementationOnce(() => {
      states.push(readFileSync(host.in(...DOCKERS, 'freezer.state'), 'utf8'))
      throw new Error('seen')
    })
    await expect(placement.afterStart(container, hookContext().context)).rejects.toThrow('seen')
    expect(states).toEqual(['FROZEN'])
    expect(await stateOfFreezer()).toBe('THAWED')
  })

  test('they are not frozen in a cgroup that is not their own', async () => {
    await host.inCgroups('4242', '4:freezer:/', '1:name=systemd:/docker/0123456789ab')
    await host.write('THAWED\n', 'cgroup', 'freezer', 'freezer.state')
    const {placement} = moving([systemd()])
    vi.spyOn(AbortSignal.prototype, 'throwIfAborted').mockImplementationOnce(() => {
      throw new Error('seen')
    })
    await expect(placement.afterStart(container, hookContext().context)).rejects.toThrow('seen')
    expect(await host.read('cgroup', 'freezer', 'freezer.state')).toBe('THAWED\n')
  })

  test('they are not frozen in a cgroup that they leave', async () => {
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

  test('in one hierarchy it stays where that is no cgroup of its own, and moves in the others', async () => {
    await host.inCgroups('4242', '2:cpuacct,cpu:/docker/0123456789ab', '1:name=systemd:/system.slice/docker.service')
    const {placement, lines} = moving([cpu(), systemd()])
    const signal = signalThatEmpties(host.in('cgroup', 'cpuacct,cpu', 'docker', '0123456789ab'))
    await placement.afterStart(container, hookContext(signal).context)
    expect(lines).toEqual([
      'warn: the container stays in /system.slice/docker.service in name=systemd: that is no cgroup of its own',
      "info: the container's processes moved to /system.slice/x.service in cpuacct,cpu",
    ])
  })

  test.each<[string, () => Place[], string]>([
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
  ])('what will be done is said %s', (_, places, words) => {
    expect(moving(places()).placement.describe).toBe(`move the container's processes to ${words}`)
  })

  test("what keeps the container from the host's devices is a hierarchy of its own, which stays", async () => {
    await host.bounded(4242, DOCKERS_OWN)
    const {placement, lines, capDrop} = moving([systemd()])
    const signal = signalThatEmpties(host.in('cgroup', 'name=systemd', 'docker', '0123456789ab'))
    await placement.afterStart(container, hookContext(signal).context)
    expect(capDrop).toEqual([])
    expect(lines).toEqual(["info: the container's processes moved to /system.slice/x.service in name=systemd"])
  })
})
