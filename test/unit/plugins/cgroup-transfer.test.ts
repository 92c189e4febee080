import {writeFileSync} from 'node:fs'
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import type {HostConfig} from '../../../src/docker/create-request.js'
import {cgroupTransfer} from '../../../src/plugins/cgroup-transfer.js'
import type {RunHooks} from '../../../src/run/run-plugin.js'
import type * as hierarchies from '../../../src/systemd/hierarchies.js'
import {hookContext, plainRequest, pluginHost} from '../support/plugin-host.js'
import {useTempDirectory} from '../support/temp-directory.js'

const proc = vi.hoisted(() => ({root: ''}))

vi.mock('../../../src/systemd/hierarchies.js', async (importOriginal) => {
  const original = await importOriginal<typeof hierarchies>()
  return {...original, readPlaces: (pid: number | 'self') => original.readPlaces(pid, proc.root)}
})

const container = {id: '0123456789ab', tty: false, pid: 4242}
const inTemp = useTempDirectory()

beforeEach(() => {
  proc.root = inTemp('proc')
})

async function write(content: string, ...names: readonly string[]): Promise<void> {
  await mkdir(inTemp(...names.slice(0, -1)), {recursive: true})
  await writeFile(inTemp(...names), content)
}

/** A process's cgroup file. */
async function inCgroups(pid: string, ...lines: readonly string[]): Promise<void> {
  await write(lines.map((line) => `${line}\n`).join(''), 'proc', pid, 'cgroup')
}

/** The hierarchies that are mounted: each at its own name, with the super options given. */
async function mounted(hosts: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(hosts).map(
    ([name, options]) =>
      `30 23 0:26 / ${inTemp('cgroup', name)} rw - ${options === 'rw' ? 'cgroup2' : 'cgroup'} cgroup ${options}\n`,
  )
  await write(lines.join(''), 'proc', 'self', 'mountinfo')
}

/** Its hooks, once they have looked at where this process is, and the lines that they log. */
async function resolved(...cgroups: string[]): Promise<{hooks: Partial<RunHooks> | undefined; lines: string[]}> {
  const {host, lines} = pluginHost()
  const hooks = cgroupTransfer.setup({cgroups}, host)
  await hooks?.resolve?.({...hookContext().context, request: plainRequest()})
  return {hooks, lines}
}

/** A signal that empties the next of these cgroups before each second look into one, as the kernel does when its processes move. */
function signalThatEmpties(...directories: readonly string[]): AbortSignal {
  const {signal} = new AbortController()
  let look = 0
  vi.spyOn(signal, 'throwIfAborted').mockImplementation(() => {
    const directory = directories[(look - 1) / 2]
    if (directory !== undefined) writeFileSync(`${directory}/cgroup.procs`, '')
    look++
  })
  return signal
}

describe('on a host with cgroup v2', () => {
  const unit = ['cgroup', 'v2', 'system.slice', 'x.service'] as const
  const scope = ['cgroup', 'v2', 'system.slice', 'docker-0123456789ab.scope'] as const

  beforeEach(async () => {
    await mounted({v2: 'rw'})
    await inCgroups('self', '0::/system.slice/x.service')
    await inCgroups('4242', '0::/system.slice/docker-0123456789ab.scope')
    await write('', ...unit, 'cgroup.procs')
    await write('4242\n4243\n', ...scope, 'cgroup.procs')
  })

  test.each([[['all']], [['name=systemd']], [['all', 'cpu']]])(
    "the container's processes move to the unit (%j)",
    async (names) => {
      const {hooks, lines} = await resolved(...names)
      const signal = signalThatEmpties(inTemp(...scope))
      await hooks?.started?.({...hookContext(signal).context, container})
      expect(await readFile(inTemp(...unit, 'cgroup.procs'), 'utf8')).toBe('4243')
      expect(lines).toEqual(["info: the container's processes moved to /system.slice/x.service in cgroup v2"])
    },
  )

  test('what will be done is said', async () => {
    const {hooks} = await resolved('all')
    expect(hooks?.describe?.()).toEqual(["move the container's processes to /system.slice/x.service in cgroup v2"])
  })

  test('a controller that is named is none of its hierarchies', async () => {
    const {hooks, lines} = await resolved('cpu')
    expect(hooks?.describe?.()).toEqual([])
    expect(lines).toEqual([
      'warn: --cgroups cpu: this host has cgroup v2 alone, whose one hierarchy is called name=systemd',
    ])
  })

  test('a controller that is named beside name=systemd is passed over, as in units written for v1', async () => {
    const {hooks, lines} = await resolved('name=systemd', 'cpu')
    expect(hooks?.describe?.()).toEqual(["move the container's processes to /system.slice/x.service in cgroup v2"])
    expect(lines).toEqual([])
  })

  test('a container that is in the unit already stays', async () => {
    await inCgroups('4242', '0::/system.slice/x.service')
    const {hooks, lines} = await resolved('all')
    await hooks?.started?.({...hookContext().context, container})
    expect(await readFile(inTemp(...unit, 'cgroup.procs'), 'utf8')).toBe('')
    expect(lines).toEqual([])
  })

  test('a container in a cgroup that is not its own stays, so that no stranger is moved', async () => {
    await inCgroups('4242', '0::/system.slice/docker.service')
    await write('1\n', 'cgroup', 'v2', 'system.slice', 'docker.service', 'cgroup.procs')
    const {hooks, lines} = await resolved('all')
    await hooks?.started?.({...hookContext().context, container})
    expect(await readFile(inTemp(...unit, 'cgroup.procs'), 'utf8')).toBe('')
    expect(lines).toEqual([
      'warn: the container has no cgroup of its own in cgroup v2, so it stays in /system.slice/docker.service',
    ])
  })

  test('a container whose cgroup is empty by then is not said to have moved', async () => {
    await write('', ...scope, 'cgroup.procs')
    const {hooks, lines} = await resolved('all')
    await hooks?.started?.({...hookContext().context, container})
    expect(lines).toEqual([])
  })

  test('a container that has ended is no error', async () => {
    await rm(inTemp('proc', '4242'), {recursive: true})
    const {hooks, lines} = await resolved('all')
    await hooks?.started?.({...hookContext().context, container})
    expect(lines).toEqual([])
  })

  test("a unit's cgroup that takes nobody is an error", async () => {
    await rm(inTemp(...unit), {recursive: true})
    const {hooks} = await resolved('all')
    const starting = hooks?.started?.({...hookContext().context, container})
    await expect(starting).rejects.toMatchObject({code: 'CGROUP'})
    await expect(starting).rejects.toThrow(
      `cannot move the container's processes into ${inTemp(...unit)}: ENOENT: no such file or directory`,
    )
  })

  test('a stop in the middle of it is no error of its own', async () => {
    const why = new Error('stopped')
    const {hooks} = await resolved('all')
    await expect(hooks?.started?.({...hookContext(AbortSignal.abort(why)).context, container})).rejects.toBe(why)
    expect(await readFile(inTemp(...unit, 'cgroup.procs'), 'utf8')).toBe('')
  })

  test('at its root there is no unit to move to, and that is said', async () => {
    await inCgroups('self', '0::/')
    const {hooks, lines} = await resolved('all')
    await hooks?.started?.({...hookContext().context, container})
    expect(hooks?.describe?.()).toEqual([])
    expect(lines).toEqual([
      "warn: this process is in no unit's cgroup, so the container stays in Docker's; is this the ExecStart= of a service?",
    ])
  })
})

describe('on a host with cgroup v1', () => {
  beforeEach(async () => {
    await mounted({
      systemd: 'rw,xattr,name=systemd',
      'cpu,cpuacct': 'rw,cpu,cpuacct',
      devices: 'rw,devices',
      memory: 'rw,memory',
    })
    await inCgroups(
      'self',
      '4:memory:/',
      '3:devices:/system.slice/x.service',
      '2:cpuacct,cpu:/system.slice/x.service',
      '1:name=systemd:/system.slice/x.service',
    )
    await inCgroups(
      '4242',
      '4:memory:/docker/0123456789ab',
      '3:devices:/docker/0123456789ab',
      '2:cpuacct,cpu:/docker/0123456789ab',
      '1:name=systemd:/docker/0123456789ab',
    )
    for (const name of ['systemd', 'cpu,cpuacct', 'devices', 'memory']) {
      await write('', 'cgroup', name, 'system.slice', 'x.service', 'cgroup.procs')
      await write('4242\n', 'cgroup', name, 'docker', '0123456789ab', 'cgroup.procs')
    }
  })

  test.each([
    [
      'all, but for devices, and for a hierarchy where the unit has none of its own',
      ['all'],
      'cpuacct,cpu, name=systemd',
    ],
    ['the named one', ['name=systemd'], 'name=systemd'],
    ['the one that a controller is in', ['cpu'], 'cpuacct,cpu'],
    ['the one that two controllers are in, once', ['cpu', 'cpuacct'], 'cpuacct,cpu'],
    ['the named ones in the order of their names', ['name=systemd', 'cpu'], 'name=systemd, cpuacct,cpu'],
    ['devices when it is named', ['devices'], 'devices'],
  ])('the hierarchies are %s', async (_, names, labels) => {
    const {hooks, lines} = await resolved(...names)
    expect(hooks?.describe?.()).toEqual([`move the container's processes to /system.slice/x.service in ${labels}`])
    expect(lines).toEqual([])
  })

  test("the container's processes move in each of them", async () => {
    const {hooks, lines} = await resolved('all')
    const signal = signalThatEmpties(
      inTemp('cgroup', 'cpu,cpuacct', 'docker', '0123456789ab'),
      inTemp('cgroup', 'systemd', 'docker', '0123456789ab'),
    )
    await hooks?.started?.({...hookContext(signal).context, container})
    const unitProcs = ['cpu,cpuacct', 'systemd', 'devices', 'memory'].map((name) =>
      readFile(inTemp('cgroup', name, 'system.slice', 'x.service', 'cgroup.procs'), 'utf8'),
    )
    expect(await Promise.all(unitProcs)).toEqual(['4242', '4242', '', ''])
    expect(lines).toEqual([
      "info: the container's processes moved to /system.slice/x.service in cpuacct,cpu, name=systemd",
    ])
  })

  test('a hierarchy where the unit is elsewhere is said with its own path', async () => {
    await inCgroups('self', '2:cpuacct,cpu:/custom', '1:name=systemd:/system.slice/x.service')
    const {hooks} = await resolved('all')
    expect(hooks?.describe?.()).toEqual([
      "move the container's processes to /custom in cpuacct,cpu and /system.slice/x.service in name=systemd",
    ])
  })

  test('a hierarchy that is not there is passed over with a warning', async () => {
    const {hooks, lines} = await resolved('blkio', 'cpu')
    expect(hooks?.describe?.()).toEqual(["move the container's processes to /system.slice/x.service in cpuacct,cpu"])
    expect(lines).toEqual(['warn: --cgroups blkio: this host has no such hierarchy'])
  })
})

describe("what keeps the container from the host's devices", () => {
  const capDrop = async (asked: Partial<HostConfig>, ...cgroups: string[]): Promise<string[]> => {
    const request = plainRequest()
    Object.assign(request.body.HostConfig, asked)
    const hooks = cgroupTransfer.setup({cgroups}, pluginHost().host)
    await hooks?.resolve?.({...hookContext().context, request})
    return request.body.HostConfig.CapDrop
  }
  const onV2 = async (path = '/system.slice/x.service'): Promise<void> => {
    await mounted({v2: 'rw'})
    await inCgroups('self', `0::${path}`)
  }

  test('stays behind on cgroup v2, so that it may make no device files', async () => {
    await onV2()
    expect(await capDrop({}, 'all')).toEqual(['MKNOD'])
    expect(await capDrop({CapAdd: ['NET_ADMIN'], CapDrop: ['CHOWN']}, 'name=systemd')).toEqual(['CHOWN', 'MKNOD'])
  })

  test.each([
    ['--privileged', {Privileged: true}],
    ['--cap-add MKNOD', {CapAdd: ['MKNOD']}],
    ['--cap-add CAP_MKNOD', {CapAdd: ['CAP_MKNOD']}],
    ['--cap-add mknod', {CapAdd: ['NET_ADMIN', 'mknod']}],
    ['--cap-add ALL', {CapAdd: ['ALL']}],
  ])('is not wanted with %s', async (_, asked) => {
    await onV2()
    expect(await capDrop(asked, 'all')).toEqual([])
  })

  test('stays where it is when nothing is moved', async () => {
    await onV2('/')
    expect(await capDrop({}, 'all')).toEqual([])
  })

  test('is a hierarchy of its own on cgroup v1, which stays', async () => {
    await mounted({systemd: 'rw,xattr,name=systemd', devices: 'rw,devices'})
    await inCgroups('self', '2:devices:/system.slice/x.service', '1:name=systemd:/system.slice/x.service')
    expect(await capDrop({}, 'all')).toEqual([])
  })
})

describe('on a host with both', () => {
  test('name=systemd is the one of v1 that is called so', async () => {
    await mounted({unified: 'rw', systemd: 'rw,xattr,name=systemd'})
    await inCgroups('self', '1:name=systemd:/system.slice/x.service', '0::/system.slice/x.service')
    const {hooks} = await resolved('name=systemd')
    expect(hooks?.describe?.()).toEqual(["move the container's processes to /system.slice/x.service in name=systemd"])
  })

  test('a hierarchy that is not there is said not to be', async () => {
    await mounted({unified: 'rw', systemd: 'rw,xattr,name=systemd'})
    await inCgroups('self', '1:name=systemd:/system.slice/x.service', '0::/system.slice/x.service')
    const {lines} = await resolved('cpu', 'name=systemd')
    expect(lines).toEqual(['warn: --cgroups cpu: this host has no such hierarchy'])
  })
})

test.each([[['none']], [['none', 'all']]])('with --cgroups %j it sits the run out', (cgroups) => {
  expect(cgroupTransfer.setup({cgroups}, pluginHost().host)).toBeUndefined()
})

test('this process need not stay for it', () => {
  expect(cgroupTransfer.setup({cgroups: ['all']}, pluginHost().host)).not.toHaveProperty('resident')
})
