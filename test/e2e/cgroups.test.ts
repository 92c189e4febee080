import {describe, expect, onTestFinished, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {cgroupsCalled} from '../support/host/cgroups.js'
import {EVERY_HOST, RELEASES, hostsNamed} from '../support/host/hosts.js'
import {containers, defineService, unique, type Service} from '../support/service/service.js'

/** What the log says of a container on a host: what it was born by, or that it was moved. */
const PLACED: Readonly<Record<string, (unit: string, id: string) => string>> = {
  'debian-forky': (unit) => `the container was born in /system.slice/${unit}, by the containerd shim`,
  'debian13-v2': (unit) => `the container was born in /system.slice/${unit}, by the containerd shim`,
  'debian13-v2-bare': (unit) =>
    `the container's processes moved to /system.slice/${unit} in cgroup v2; it was not born in the unit because containerd does not find containerd-shim-systemd-docker-v1 (run \`systemd-docker setup\`)`,
  'debian13-v2-cgroupfs': (unit) => `the container was born in /system.slice/${unit}, by the Engine's cgroupfs driver`,
  'debian12-v2': (unit) => `the container was born in /system.slice/${unit}, by the OCI runtime systemd-docker`,
  'debian12-v1': (unit) => `the container was born in /system.slice/${unit}, by the Engine's cgroupfs driver`,
}

/** Where the container's init is in each hierarchy, by the hierarchy's name; that of cgroup v2 is the empty word. */
async function placesOf(guest: Guest, service: Service): Promise<Record<string, string>> {
  const text = await guest.run('cat', `/proc/${await service.inspect('{{.State.Pid}}')}/cgroup`)
  return Object.fromEntries(text.split('\n').map((line) => line.split(':').slice(1) as [string, string]))
}

const V1 = EVERY_HOST.filter(({guest}) => !guest.kind.unified)
const V2 = EVERY_HOST.filter(({guest}) => guest.kind.unified)
const MOVING = hostsNamed('debian13-v2-bare')
const BEARING = EVERY_HOST.filter(({name}) => name !== 'debian13-v2-bare')

describe.each(EVERY_HOST)('--cgroups on $name', ({name, guest}) => {
  const systemds = guest.kind.unified ? '' : 'name=systemd'

  test('every process of the container, children too, is in the unit before it is active, and the journal says how', async () => {
    const service = await defineService(
      guest,
      'run --rm --name %n busybox sh -c "for i in $$(seq 50); do sleep 1000 & done; wait"',
    )
    await service.start()
    // It may make the first of them only now, and goes on to make others.
    const children = await until(10_000, async () => {
      const processes = await guest.run('ps', '-e', '-o', 'pid=,cgroup:1000=,args=')
      const made = processes.split('\n').filter((line) => line.endsWith('sleep 1000') && line.includes(service.name))
      return made.length > 0 ? made : undefined
    })
    const pids = await service.pids()
    for (const line of children) expect(pids).toContain(Number.parseInt(line))
    expect((await placesOf(guest, service))[systemds]).toContain(`/system.slice/${service.name}`)
    expect((await guest.attempt(['docker', 'exec', service.name, 'true'])).status).toBe(0)
    expect(pids).toContain(Number((await service.show('MainPID')).MainPID))
    await service.says(PLACED[name]?.(service.name, '') ?? '')
  })

  test('a unit that has stopped leaves no cgroup, announcement or scope behind', async () => {
    const service = await defineService(guest, 'run --rm --name %n --stop-signal KILL busybox sleep 1000')
    await service.start()
    const id = await service.inspect('{{.Id}}')
    await service.stop()
    expect(await cgroupsCalled(guest, service.name)).toBe('')
    expect(await cgroupsCalled(guest, `*${id}*`)).toBe('')
    expect((await guest.attempt(['find', '/run/systemd-docker', '-name', id])).stdout).toBe('')
    expect(await guest.run('systemctl', 'list-units', '--all', '--no-legend', `docker-${id}.scope`)).toBe('')
  })

  test('--cgroups none leaves the container where Docker put it, and says so', async () => {
    const service = await defineService(guest, '--cgroups none run --rm --name %n busybox sleep 1000')
    await service.start()
    const id = await service.inspect('{{.Id}}')
    const place = (await placesOf(guest, service))[systemds]
    expect(place).toContain(id)
    expect(place).not.toContain(service.name)
    expect(await service.pids()).toEqual([Number((await service.show('MainPID')).MainPID)])
    await service.says("the container stays in Docker's cgroup because --cgroups none is set")
  })

  test.each(['', '--cgroups none '])('the options "%srun" honour the user\'s --cgroup-parent', async (option) => {
    const parent = guest.kind.unified && name !== 'debian13-v2-cgroupfs' ? 'test-parent.slice' : '/test-parent'
    const service = await defineService(
      guest,
      `${option}run --rm --name %n --cgroup-parent ${parent} busybox sleep 1000`,
    )
    await service.start()
    const place = (await placesOf(guest, service))[systemds]
    expect(place).toContain('test-parent')
    expect(place).not.toContain(service.name)
    await service.says(/^the container stays in Docker's cgroup because --cgroup/)
  })

  test('--cgroups name=systemd is enough for systemd to see the container', async () => {
    const service = await defineService(guest, '--cgroups name=systemd run --rm --name %n busybox sleep 1000')
    await service.start()
    expect(await service.pids()).toContain(Number(await service.inspect('{{.State.Pid}}')))
  })

  test("a container in its unit is kept from the host's devices, as Docker keeps it", async () => {
    // 10:229 is /dev/fuse, which any process may open that no cgroup keeps from it.
    const attempt = 'mknod /tmp/fuse c 10 229 && (exec 3<>/tmp/fuse) && echo opened; echo tried; sleep 1000'
    const service = await defineService(guest, `run --rm --name %n busybox sh -c "sleep 1; ${attempt}"`)
    await service.start()
    await service.says(/tried$/)
    expect((await service.journal()).join('\n')).not.toContain('opened')
  })

  test('--cgroups with a name that the host does not have is said and does no harm', async () => {
    const service = await defineService(
      guest,
      '--cgroups name=systemd --cgroups net_prio run --rm --name %n busybox sleep 1000',
    )
    expect((await service.start()).status).toBe(0)
    if (!guest.kind.unified) await service.says('--cgroups net_prio: this host has no such hierarchy')
    expect(await service.pids()).toContain(Number(await service.inspect('{{.State.Pid}}')))
  })

  test('another runtime that the line asks for is left alone, and the container is moved where only that could have borne it', async () => {
    const service = await defineService(guest, 'run --rm --name %n --runtime runc busybox sleep 1000')
    expect((await service.start()).status).toBe(0)
    expect(await service.inspect('{{.HostConfig.Runtime}}')).toBe('runc')
    expect(await service.pids()).toContain(Number(await service.inspect('{{.State.Pid}}')))
    if (RELEASES.some((release) => release === name))
      await service.says(/it was not born in the unit because --runtime runc is set$/)
  })
})

describe.each(BEARING)('a container born in its unit on $name', ({guest}) => {
  const systemds = guest.kind.unified ? '' : 'name=systemd'

  test('a container born in its unit stays in the hands of Docker: pause, unpause, top and restart work', async () => {
    const service = await defineService(guest, 'run --name %n busybox sleep 1000')
    await service.start()
    await guest.run('docker', 'pause', service.name)
    expect(await service.inspect('{{.State.Status}}')).toBe('paused')
    await guest.run('docker', 'unpause', service.name)
    expect(await guest.run('docker', 'top', service.name)).toContain('sleep 1000')
    expect(await guest.run('docker', 'exec', service.name, 'cat', '/proc/self/cgroup')).toContain('0::/')
    expect(await service.show('ActiveState')).toEqual({ActiveState: 'active'})
  })

  test('a container born in its unit has a cgroup of its own below it, and its health checks and docker exec are in it', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sleep 1000')
    await service.start()
    const own = `/system.slice/${service.name}/${await service.inspect('{{.Id}}')}`
    expect((await placesOf(guest, service))[systemds]).toBe(own)
    await guest.run('docker', 'exec', '--detach', service.name, 'sleep', '2000')
    const line = await until(10_000, async () =>
      (await guest.run('ps', '-e', '-o', 'cgroup:1000=,args=')).split('\n').find((one) => one.endsWith('sleep 2000')),
    )
    expect(line).toContain(own)
  })

  test('a container that is kept is born in its unit again at the next start', async () => {
    const service = await defineService(guest, 'run --name %n --stop-signal KILL busybox sleep 1000')
    await service.start()
    const id = await service.inspect('{{.Id}}')
    await service.stop()
    await service.start()
    expect(await service.inspect('{{.Id}}')).toBe(id)
    expect((await placesOf(guest, service))[systemds]).toBe(`/system.slice/${service.name}/${id}`)
  })
})

describe.each(BEARING.filter(({name}) => name !== 'debian13-v2-cgroupfs' && name !== 'debian12-v1'))(
  'a container of a unit that is gone, on $name',
  ({guest}) => {
    test('a container whose unit is gone goes where the cgroupfs driver would put it when somebody starts it by hand', async () => {
      const service = await defineService(guest, 'run --name %n --stop-signal KILL busybox sleep 1000')
      await service.start()
      const id = await service.inspect('{{.Id}}')
      await service.stop()
      await guest.run('docker', 'start', service.name)
      expect((await placesOf(guest, service))['']).toBe(`/docker/${id}`)
      expect(await cgroupsCalled(guest, service.name)).toBe('')
    })
  },
)

describe.each(MOVING)('a container that is moved, on $name', ({guest}) => {
  test('a container that is moved goes into a cgroup of its own where the unit delegates, and systemd is told of no other', async () => {
    const service = await defineService(guest, 'run --rm --name %n --stop-signal KILL busybox sleep 1000', {
      Delegate: 'yes',
    })
    await service.start()
    const id = await service.inspect('{{.Id}}')
    expect((await placesOf(guest, service))['']).toBe(`/system.slice/${service.name}/${id}`)
    const {MainPID} = await service.show('MainPID')
    expect(await guest.run('cat', `/proc/${MainPID}/cgroup`)).toContain(`0::/system.slice/${service.name}/supervisor`)
    await service.stop()
    expect(await cgroupsCalled(guest, service.name)).toBe('')
  })

  test('a container that is moved goes with all the children that it goes on making meanwhile', async () => {
    const bomb = 'while :; do (sleep 3 & sleep 3) & for i in 1 2 3 4 5 6 7 8; do :; done; usleep 2000; done'
    const service = await defineService(guest, `run --rm --name %n --ulimit nproc=1000 busybox sh -c "${bomb}"`)
    expect((await service.start()).status).toBe(0)
    const id = await service.inspect('{{.Id}}')
    const {stdout: elsewhere} = await guest.attempt([
      'sh',
      '-c',
      `grep -hs ${id} /proc/[0-9]*/cgroup | grep -v ${service.name}`,
    ])
    expect(elsewhere).toBe('')
    expect(await cgroupsCalled(guest, `docker-${id}.scope`)).toBe('')
  })
})

describe.each(hostsNamed('debian13-v2-bare', 'debian12-v2'))(
  'devices of a container that is moved, on $name',
  ({guest}) => {
    // That the line names one has it moved wherever it would be born.
    const MOVED = 'run --runtime runc --name %n'
    const nodes = {
      null: '1 3',
      mem: '1 1',
      full: '1 7',
      kmsg: '1 11',
      tty: '5 0',
      console: '5 1',
      tty3: '4 3',
      hwrng: '10 183',
      fuse: '10 229',
      tun: '10 200',
      loop: '10 237',
    }
    const TRY =
      'mknod /made c 10 229 && (: </made) 2>/dev/null && echo opens what it made; for d in /nodes/*; do (: <$d) 2>/dev/null && echo reads $d; (: >$d) 2>/dev/null && echo writes $d; done; true'

    /** An image with device files that anybody may open. */
    const image = async (): Promise<string> => {
      const name = unique()
      const make = Object.entries(nodes).map(([node, numbers]) => `mknod -m 666 $0/nodes/${node} c ${numbers}`)
      const script = `set -e; mkdir -p $0/nodes $0/bin; cp /usr/bin/busybox $0/bin
        for word in sh sleep mknod; do ln -s busybox $0/bin/$word; done
        ${make.join('; ')}; tar -C $0 -c . | docker import - $1; rm -r $0`
      await guest.run('sh', '-c', script, `/var/lib/${name}`, name)
      onTestFinished(async () => {
        await guest.attempt(['docker', 'rmi', '--force', name])
      })
      return name
    }
    const openedByDocker = async (evil: string, ...words: string[]): Promise<string> =>
      await guest.run('docker', 'run', '--rm', ...words, evil, 'sh', '-c', TRY)
    const openedIn = async (service: Service): Promise<string> =>
      await guest.run('docker', 'exec', service.name, 'sh', '-c', TRY)
    const isMoved = async (service: Service): Promise<void> => {
      expect((await service.start()).status).toBe(0)
      expect((await placesOf(guest, service))[''], (await service.journal()).join('\n')).toContain(service.name)
    }

    // Docker 20.10 runs no privileged container in this sandbox.
    const privileged = guest.kind.suite === 'bookworm' ? [] : [['--privileged']]
    test.each([[], ...privileged, ['--device-cgroup-rule', 'c 10:237 r'], ['--device-cgroup-rule', 'c 10:* w']])(
      'a container that is moved has the devices that Docker lets it use with %j %s, whatever is in its image',
      async (...words) => {
        const evil = await image()
        const line = words.map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ')
        const service = await defineService(guest, `${MOVED} ${line} ${evil} sleep 1000`)
        await isMoved(service)
        const opened = await openedIn(service)
        expect(opened).toBe(await openedByDocker(evil, ...words))
        expect(opened).toContain('writes /nodes/full')
      },
    )

    test('a container that is moved has a device read-only where --device says so', async () => {
      const evil = await image()
      const device = `/var/lib/${unique()}`
      await guest.run('mknod', '-m', '666', device, 'c', '10', '237')
      onTestFinished(() => guest.run('rm', device).then(() => undefined))
      const service = await defineService(guest, `${MOVED} --device ${device}:/dev/x:r ${evil} sleep 1000`)
      await isMoved(service)
      const opened = (await openedIn(service)).split('\n')
      expect(opened).toContain('reads /nodes/loop')
      expect(opened).not.toContain('writes /nodes/loop')
      expect(opened).not.toContain('reads /nodes/fuse')
    })

    test('a container that was made by hand and is taken over keeps its devices', async () => {
      const evil = await image()
      const service = await defineService(guest, `run --name %n ${evil} not me`)
      const rule = ['--device-cgroup-rule', 'c 10:237 r']
      await guest.run('docker', 'run', '--detach', '--name', service.name, ...rule, evil, 'sleep', '1000')
      const before = await openedIn(service)
      await isMoved(service)
      expect(await openedIn(service)).toBe(before)
    })

    test("a unit's own rules for devices hold for a container that is moved into it", async () => {
      const evil = await image()
      const service = await defineService(guest, `${MOVED} ${evil} sleep 1000`, {
        DevicePolicy: 'closed',
        DeviceAllow: '/dev/char/10:237 r',
      })
      await isMoved(service)
      await service.says(
        `${service.name} restricts devices itself, so its settings decide which devices the container may use, and Docker's do not`,
      )
      const opened = await openedIn(service)
      expect(opened).toContain('reads /nodes/loop')
      expect(opened).not.toContain('reads /nodes/fuse')
      await service.stop()
      expect(await service.show('DevicePolicy')).toEqual({DevicePolicy: 'closed'})
    })

    test('systemd forgets the devices of a unit at its end, and uses others at the next start, though the run was killed', async () => {
      const evil = await image()
      const service = await defineService(guest, `run --runtime runc --rm --init --name %n ${evil} sleep 1000`)
      await isMoved(service)
      expect((await service.show('DeviceAllow')).DeviceAllow).toBeTruthy()
      await service.stop()
      expect(await service.show('DeviceAllow', 'NeedDaemonReload')).toEqual({NeedDaemonReload: 'no'})
      await service.start()
      await guest.run('systemctl', 'kill', '--signal=KILL', '--kill-whom=all', service.name)
      await service.reaches({ActiveState: 'failed'})
      expect((await service.show('DeviceAllow')).DeviceAllow).toBeTruthy()
      const unit = `/etc/systemd/system/${service.name}`
      await guest.run('sed', '-i', `s/--rm/--rm --device-cgroup-rule 'c 10:* rwm'/`, unit)
      // systemd loads the unit anew. A reload of all units would take back the time that others were given to start.
      await guest.run('systemctl', 'reset-failed', service.name)
      await isMoved(service)
      expect(await openedIn(service)).toContain('opens what it made')
      await service.stop()
      expect(await service.show('DeviceAllow')).not.toHaveProperty('DeviceAllow')
    })

    test('a container stays where it is when systemd cannot be told of its devices', async () => {
      const service = await defineService(guest, `${MOVED} --device-cgroup-rule 'c *:5 r' busybox sleep 1000`)
      expect((await service.start()).status).toBe(0)
      await service.says(
        /^the container stays in .*: systemd has no equivalent of --device-cgroup-rule 'c \*:5 r', so nothing in the unit would restrict its devices/,
      )
      expect((await placesOf(guest, service))['']).not.toContain(service.name)
    })
  },
)

describe.each(hostsNamed('debian13-v2-bare', 'debian12-v1'))(
  'a container that is taken over and is being moved when its unit is stopped, on $name',
  ({guest}) => {
    const forks = (count: number): string =>
      `i=0; while [ $i -lt ${String(count)} ]; do i=$((i+1)); sleep 1000 & done; touch /tmp/all; wait`
    const whole = async (
      processes: number,
    ): Promise<{service: Service; scope: string; left: () => Promise<unknown>}> => {
      const service = await defineService(guest, '--cgroups name=systemd run --name %n busybox not me', {
        KillMode: 'process',
      })
      const run = ['docker', 'run', '--detach', '--name', service.name, 'busybox', 'sh', '-c']
      await guest.run(...run, forks(processes))
      await until(60_000, async () => {
        const {status} = await guest.attempt(['docker', 'exec', service.name, 'test', '-e', '/tmp/all'])
        return status === 0 ? true : undefined
      })
      const [id = '', pid = ''] = (await service.inspect('{{.Id}} {{.State.Pid}}')).split(' ')
      const scope = guest.kind.unified
        ? `/sys/fs/cgroup/system.slice/docker-${id}.scope`
        : `/sys/fs/cgroup/freezer/docker/${id}`
      const script = `frozen=$(cat $0/cgroup.freeze $0/freezer.state /sys/fs/cgroup/system.slice/$2/cgroup.freeze 2>/dev/null | grep -c '1\\|FR')
        alive=$(ls /proc/$1/root/proc 2>/dev/null | grep -c '^[0-9]')
        places=$(grep -hs '${guest.kind.unified ? '^0::' : 'name=systemd'}' $(ls -d /proc/$1/root/proc/[0-9]*/cgroup) | sort -u | wc -l)
        echo $frozen frozen, $alive alive, $places place`
      return {service, scope, left: () => guest.run('sh', '-c', script, scope, pid, service.name)}
    }
    const pausable = async (service: Service, scope: string): Promise<void> => {
      // Docker has lost sight of one that was moved on cgroup v2 before the stop came.
      if ((await guest.attempt(['test', '-e', scope])).status !== 0) return
      await guest.run('docker', 'pause', service.name)
      await guest.run('docker', 'unpause', service.name)
      expect(await service.inspect('{{.State.Status}}')).toBe('running')
    }

    test('a container that is being moved as its unit is stopped goes on, all of it in one place', async () => {
      const {service, scope, left} = await whole(2500)
      // A move takes less time than a busy host may take to start systemctl, so the run waits for the stop, which
      // resumes it (systemd.kill(5), `SendSIGCONT=`).
      const inMove = `systemctl start --no-block "$0"
        until read -r pid <"$2"; do :; done 2>/dev/null
        while read -r state <"$1" && [ "$state" = 0 ] || [ "$state" = THAWED ]; do :; done; kill -STOP "$pid"
        read -r state <"$1"; echo "$state"; systemctl stop "$0"`
      const freezer = `${scope}/${guest.kind.unified ? 'cgroup.freeze' : 'freezer.state'}`
      const processes = `/sys/fs/cgroup/${guest.kind.unified ? '' : 'systemd/'}system.slice/${service.name}/cgroup.procs`
      expect(await guest.run('sh', '-c', inMove, service.name, freezer, processes)).toMatch(/^(?:1|FREEZING|FROZEN)$/)
      expect(await left()).toBe('0 frozen, 2501 alive, 1 place')
      await pausable(service, scope)
    })

    test('a container that is being moved goes on, all of it in one place, at whatever moment the stop comes', async () => {
      for (let wait = 0; wait < 8; wait++) {
        const {service, scope, left} = await whole(200)
        await guest.run('systemctl', 'start', '--no-block', service.name)
        await guest.run('sleep', String(0.1 + wait * 0.04))
        await service.stop()
        // It was ready by then, and the stop was its own.
        if ((await service.inspect('{{.State.Status}}')) === 'exited') return
        expect(await left(), `after ${String(wait)}`).toBe('0 frozen, 201 alive, 1 place')
        await pausable(service, scope)
        await guest.run('docker', 'rm', '--force', service.name)
      }
    })
  },
)

describe.each(V1)('--cgroups with the controllers of cgroup v1 on $name', ({guest}) => {
  const limits = {MemoryMax: '64M', CPUAccounting: 'yes', TasksMax: '50'}

  test('--cgroups all has the container born below the unit in every hierarchy, so that the limits of both bind', async () => {
    const service = await defineService(guest, 'run --rm --name %n -m 32m busybox sleep 1000', limits)
    await service.start()
    const own = `/system.slice/${service.name}/${await service.inspect('{{.Id}}')}`
    const places = await placesOf(guest, service)
    for (const hierarchy of ['name=systemd', 'memory', 'pids', 'devices', 'freezer', 'cpuset'])
      expect(places[hierarchy], hierarchy).toBe(own)
    const memory = '/sys/fs/cgroup/memory'
    expect(await guest.run('cat', `${memory}${own}/memory.limit_in_bytes`)).toBe(String(32 * 1024 * 1024))
    expect(await guest.run('cat', `${memory}/system.slice/${service.name}/memory.limit_in_bytes`)).toBe(
      String(64 * 1024 * 1024),
    )
  })

  test("--cgroups all moves the container where the unit's DevicePolicy= forbids what Docker allows, but leaves it Docker's devices and freezer", async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sleep 1000', {
      ...limits,
      DevicePolicy: 'closed',
    })
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
    await service.says(/it was not born in the unit because the unit's DevicePolicy= forbids what Docker allows/)
    await guest.run('docker', 'pause', service.name)
    expect(await service.inspect('{{.State.Status}}')).toBe('paused')
    await guest.run('docker', 'unpause', service.name)
  })

  test('--cgroups with names moves the container in these hierarchies alone, and what Docker limits in the others binds', async () => {
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

  test('--cgroups with names moves all the children of a container that goes on making them', async () => {
    const bomb = 'while :; do (sleep 3 & sleep 3) & usleep 2000; done'
    const service = await defineService(
      guest,
      `--cgroups name=systemd run --rm --name %n --ulimit nproc=1000 busybox sh -c "${bomb}"`,
    )
    expect((await service.start()).status).toBe(0)
    const id = await service.inspect('{{.Id}}')
    expect(await guest.run('cat', `/sys/fs/cgroup/systemd/docker/${id}/cgroup.procs`)).toBe('')
  })
})

describe.each(hostsNamed('debian13-v2', 'debian13-v2-bare', 'debian12-v2', 'debian12-v1'))(
  'a unit that is protected, on $name',
  ({guest}) => {
    const line = 'run --rm --name %n --stop-signal KILL busybox sleep 1000'
    const systemds = guest.kind.unified ? '' : 'name=systemd'
    const isPlaced = async (service: Service): Promise<boolean> =>
      ((await placesOf(guest, service))[systemds] ?? '').startsWith(`/system.slice/${service.name}`)

    test('a unit with ProtectSystem=strict has its container all the same, and is told what lets it be born', async () => {
      const service = await defineService(guest, line, {ProtectSystem: 'strict'})
      expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
      expect(await isPlaced(service)).toBe(true)
      if (['debian13-v2', 'debian12-v2'].includes(guest.kind.name))
        await service.says(
          /ProtectSystem= makes \/run\/systemd-docker read-only \(set RuntimeDirectory=systemd-docker and/,
        )
      await service.stop()
      expect(await containers(guest, `name=${service.name}`)).toEqual([])
    })

    test('a unit with ProtectSystem=strict and a directory for our state has its container as if it were not protected', async () => {
      const service = await defineService(guest, line, {
        ProtectSystem: 'strict',
        RuntimeDirectory: 'systemd-docker',
        RuntimeDirectoryPreserve: 'yes',
      })
      expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
      await service.says(PLACED[guest.kind.name]?.(service.name, '') ?? '')
    })

    test('a unit with ProtectControlGroups=yes has its container in the one cgroup or the other, and no errno', async () => {
      const service = await defineService(guest, line, {ProtectControlGroups: 'yes'})
      expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
      const isBorn = guest.kind.name !== 'debian13-v2-bare'
      expect(await isPlaced(service)).toBe(isBorn)
      if (!isBorn)
        await service.says(
          /^the container stays in Docker's cgroup, .*: ProtectControlGroups= in .*\(set ProtectControlGroups=no\)/,
        )
      await service.stop()
      expect((await service.journal()).join('\n')).not.toMatch(/EROFS|ENOENT/)
    })
  },
)

describe.each(hostsNamed('debian13-v2', 'debian13-v2-bare'))('a unit whose PIDs are its own, on $name', ({guest}) => {
  test('a unit whose PIDs are its own says why its container may be elsewhere, and stops cleanly where it is born', async () => {
    const service = await defineService(guest, 'run --rm --name %n --init busybox sleep 1000', {PrivatePIDs: 'yes'})
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    await service.says(/^the PIDs of the Engine at .* are not this host's, as with .* PrivatePIDs=/)
    await service.stop()
    // Without the container's processes beside it systemd kills this one at once, as it is not its child then.
    if (guest.kind.name === 'debian13-v2')
      expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
  })

  test('a unit whose PIDs are its own has no use for --pid-file, and leaves nothing where it says so', async () => {
    const line = '--pid-file /run/%n.pid run --rm --name %n busybox sleep 1000'
    const service = await defineService(guest, line, {PrivatePIDs: 'yes'})
    await service.start()
    await service.says(/^--pid-file cannot be used: the PIDs of the Engine at .* are not this host's/)
    expect(await service.show('ActiveState', 'ExecMainStatus')).toEqual({
      ActiveState: 'failed',
      ExecMainStatus: '125',
    })
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })
})

describe.each(V2)('--cgroups with cgroup v2 alone on $name', ({guest}) => {
  test("--cgroups with a v1 controller and no name=systemd is said, and the container stays in Docker's cgroup", async () => {
    const service = await defineService(guest, '--cgroups cpu run --rm --name %n busybox sleep 1000')
    await service.start()
    await service.says('--cgroups cpu: this host has only cgroup v2, whose single hierarchy is called name=systemd')
    const place = (await placesOf(guest, service))['']
    expect(place).toContain(await service.inspect('{{.Id}}'))
    expect(place).not.toContain(service.name)
  })
})
