import {describe, expect, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {HOSTS} from '../helpers/hosts.js'
import {defineService, type Service} from '../helpers/service.js'

/** Where the container's init is in each hierarchy, by the hierarchy's name; that of cgroup v2 is the empty word. */
async function placesOf(guest: Guest, service: Service): Promise<Record<string, string>> {
  const text = await guest.run('cat', `/proc/${await service.inspect('{{.State.Pid}}')}/cgroup`)
  return Object.fromEntries(text.split('\n').map((line) => line.split(':').slice(1) as [string, string]))
}

const V1 = HOSTS.filter(({guest}) => !guest.kind.unified)
const V2 = HOSTS.filter(({guest}) => guest.kind.unified)

describe.each(HOSTS)('--cgroups on $name', ({guest}) => {
  const systemds = guest.kind.unified ? '' : 'name=systemd'

  test('moves every process of the container, children too, before the unit is active', async () => {
    const service = await defineService(
      guest,
      'run --rm --name %n busybox sh -c "for i in $$(seq 50); do sleep 1000 & done; wait"',
    )
    await service.start()
    const pids = await service.pids()
    const children = (await guest.run('ps', '-e', '-o', 'pid=,args='))
      .split('\n')
      .filter((line) => line.endsWith('sleep 1000'))
    const ofThis = children.map((line) => Number.parseInt(line)).filter((pid) => pids.includes(pid))
    expect(ofThis.length).toBeGreaterThanOrEqual(1)
    expect((await placesOf(guest, service))[systemds]).toBe(`/system.slice/${service.name}`)
    const {MainPID} = await service.show('MainPID')
    const top = await guest.attempt(['docker', 'exec', service.name, 'true'])
    expect(top.status).toBe(0)
    expect(pids).toContain(Number(MainPID))
  })

  test('none leaves the container where Docker put it', async () => {
    const service = await defineService(guest, '--cgroups none run --rm --name %n busybox sleep 1000')
    await service.start()
    const id = await service.inspect('{{.Id}}')
    expect((await placesOf(guest, service))[systemds]).toContain(id)
    expect(await service.pids()).toEqual([Number((await service.show('MainPID')).MainPID)])
  })

  test('name=systemd is enough for systemd to see the container', async () => {
    const service = await defineService(guest, '--cgroups name=systemd run --rm --name %n busybox sleep 1000')
    await service.start()
    expect(await service.pids()).toContain(Number(await service.inspect('{{.State.Pid}}')))
  })

  test("keeps the container from the host's devices, as Docker does", async () => {
    // 10:229 is /dev/fuse, which any process may open that no cgroup keeps from it.
    const attempt = 'mknod /tmp/fuse c 10 229 && (exec 3<>/tmp/fuse) && echo opened; echo tried; sleep 1000'
    const service = await defineService(guest, `run --rm --name %n busybox sh -c "sleep 1; ${attempt}"`)
    await service.start()
    await service.says('tried')
    expect(await service.journal()).not.toContain('opened')
  })

  test('of a name that the host does not have is said and does no harm', async () => {
    const service = await defineService(
      guest,
      '--cgroups name=systemd --cgroups net_prio run --rm --name %n busybox sleep 1000',
    )
    expect((await service.start()).status).toBe(0)
    if (!guest.kind.unified) await service.says('--cgroups net_prio: this host has no such hierarchy')
    expect(await service.pids()).toContain(Number(await service.inspect('{{.State.Pid}}')))
  })
})

describe.each(V1)('--cgroups with the controllers of cgroup v1 on $name', ({guest}) => {
  const limits = {MemoryMax: '64M', CPUAccounting: 'yes', TasksMax: '50', DevicePolicy: 'closed'}

  test("all moves the container to wherever the unit has a cgroup, so that its limits bind, but leaves it Docker's devices", async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sleep 1000', limits)
    await service.start()
    const places = await placesOf(guest, service)
    const id = await service.inspect('{{.Id}}')
    const own = `/system.slice/${service.name}`
    expect(places).toMatchObject({
      'name=systemd': own,
      memory: own,
      pids: own,
      devices: `/docker/${id}`,
      freezer: `/docker/${id}`,
    })
    expect(await guest.run('cat', `/sys/fs/cgroup/memory${own}/memory.limit_in_bytes`)).toBe(String(64 * 1024 * 1024))
  })

  test('by name moves the container in these hierarchies alone, and what Docker limits in the others binds', async () => {
    const service = await defineService(
      guest,
      '--cgroups name=systemd --cgroups=pids run --rm --name %n -m 32m busybox sleep 1000',
      limits,
    )
    await service.start()
    const places = await placesOf(guest, service)
    const id = await service.inspect('{{.Id}}')
    const own = `/system.slice/${service.name}`
    expect(places).toMatchObject({'name=systemd': own, pids: own, memory: `/docker/${id}`})
    expect(await guest.run('cat', `/sys/fs/cgroup/memory/docker/${id}/memory.limit_in_bytes`)).toBe(
      String(32 * 1024 * 1024),
    )
  })

  test('all lets Docker pause the container still, as its freezer is not moved', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sleep 1000', limits)
    await service.start()
    await guest.run('docker', 'pause', service.name)
    expect(await service.inspect('{{.State.Status}}')).toBe('paused')
    await guest.run('docker', 'unpause', service.name)
    expect(await service.show('ActiveState')).toEqual({ActiveState: 'active'})
  })
})

describe.each(V2)('--cgroups with cgroup v2 alone on $name', ({guest}) => {
  test("of a v1 controller and no name=systemd is said, and the container stays in Docker's cgroup", async () => {
    const service = await defineService(guest, '--cgroups cpu run --rm --name %n busybox sleep 1000')
    await service.start()
    await service.says('--cgroups cpu: this host has cgroup v2 alone, whose one hierarchy is called name=systemd')
    expect((await placesOf(guest, service))['']).toContain(await service.inspect('{{.Id}}'))
  })

  test("leaves no scope of Docker's behind", async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sleep 1000')
    await service.start()
    const id = await service.inspect('{{.Id}}')
    await service.stop()
    expect(await guest.run('systemctl', 'list-units', '--all', '--no-legend', `docker-${id}.scope`)).toBe('')
  })
})
