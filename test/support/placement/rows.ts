import type {Guest} from '../../../sandbox/guest.js'
import {until} from '../../../sandbox/until.js'
import {cgroupsCalled} from '../host/cgroups.js'
import type {Service} from '../service/service.js'

const PATIENCE_MS = 20_000
const MEBIBYTE = 1024 * 1024

/** The services of one column: both run a shell that sleeps, and says `reloaded` when it gets SIGUSR1. */
export interface Cell {
  readonly guest: Guest
  /** With the limits of {@link DOCKERS_LIMITS}, in a unit that allows more. */
  readonly limited: Service
  /** With no limits of Docker's, in a unit with MemoryMax=150M. */
  readonly inLimitedUnit: Service
}

/** What Docker is asked to limit. */
export const DOCKERS_LIMITS = '-m 48m --cpus 0.5 --cpuset-cpus 0 --pids-limit 40'

/** Something that a user of systemd or Docker expects to work. */
export interface Row {
  readonly title: string
  /** Whether it needs the controllers of the unit's hierarchy. */
  readonly needsControllers: boolean
  see(cell: Cell): Promise<boolean>
}

/** The rows of the matrix of placements, in an order in which each leaves the services as the next wants them. */
export const ROWS: readonly Row[] = [
  {
    title: '`systemctl status` shows its processes',
    needsControllers: false,
    see: async ({guest, limited}) =>
      (await guest.attempt(['systemctl', 'status', '--no-pager', limited.name])).stdout.includes('sleep 1000'),
  },
  {
    title: '`systemd-cgls` shows them',
    needsControllers: false,
    see: async ({guest, limited}) =>
      (await guest.run('systemd-cgls', '--no-pager', '--unit', limited.name)).includes('sleep 1000'),
  },
  {
    title: "the unit's `MemoryMax=` binds",
    needsControllers: true,
    see: ({guest, inLimitedUnit}) => isKilledForMemory(guest, inLimitedUnit),
  },
  {
    title: '`docker run -m` binds inside it',
    needsControllers: true,
    see: ({guest, limited}) => isKilledForMemory(guest, limited),
  },
  {
    title: "the unit's accounting counts the container",
    needsControllers: true,
    async see({guest, limited}) {
      await guest.run('docker', 'exec', limited.name, 'sh', '-c', 'head -c 20000000 /dev/zero >/dev/shm/x')
      const {MemoryCurrent} = await limited.show('MemoryCurrent')
      return Number(MemoryCurrent) > 20 * MEBIBYTE
    },
  },
  {
    title: '`--cpus`',
    needsControllers: true,
    async see({guest, limited}) {
      const files = guest.kind.unified ? ['cpu.max'] : ['cpu.cfs_quota_us', 'cpu.cfs_period_us']
      const directory = await directoryOf(guest, limited, 'cpu')
      const {stdout} = await guest.attempt(['cat', ...files.map((file) => `${directory}/${file}`)])
      return stdout.trim().replace('\n', ' ') === '50000 100000'
    },
  },
  {
    title: '`--cpuset-cpus`',
    needsControllers: true,
    async see({guest, limited}) {
      const {stdout} = await guest.attempt(['cat', `${await directoryOf(guest, limited, 'cpuset')}/cpuset.cpus`])
      const status = await guest.run('cat', `/proc/${await initOf(limited)}/status`)
      return stdout.trim() === '0' && /^Cpus_allowed_list:\s+0$/m.test(status)
    },
  },
  {
    title: '`--pids-limit`',
    needsControllers: true,
    see: async ({guest, limited}) =>
      /can't fork/.test(
        (await guest.attempt(['docker', 'exec', limited.name, 'sh', '-c', 'for i in $(seq 60); do sleep 1 & done']))
          .stderr,
      ),
  },
  {
    title: '`docker stats` has real figures',
    needsControllers: true,
    see: async ({guest, limited}) =>
      !(await guest.run('docker', 'stats', '--no-stream', '--format', '{{.MemUsage}}', limited.name)).startsWith('0B'),
  },
  {
    title: '`docker pause` and `unpause`',
    needsControllers: false,
    async see({guest, limited}) {
      const {status} = await guest.attempt(['docker', 'pause', limited.name])
      return status === 0 && (await guest.attempt(['docker', 'unpause', limited.name])).status === 0
    },
  },
  {
    title: '`docker top`',
    needsControllers: false,
    see: async ({guest, limited}) =>
      (await guest.attempt(['docker', 'top', limited.name])).stdout.includes('sleep 1000'),
  },
  {
    title: '`docker exec`, in the unit',
    needsControllers: false,
    async see({guest, limited}) {
      await guest.run('docker', 'exec', '--detach', limited.name, 'sleep', '2000')
      const pids = await limited.pids()
      const {stdout} = await guest.attempt(['pgrep', '-f', '^sleep 2000$'])
      return stdout.split('\n').some((pid) => pids.includes(Number(pid)))
    },
  },
  {
    title: '`docker update -m`',
    needsControllers: true,
    async see({guest, limited}) {
      const {status} = await guest.attempt(['docker', 'update', '-m', '64m', '--memory-swap', '64m', limited.name])
      const file = guest.kind.unified ? 'memory.max' : 'memory.limit_in_bytes'
      const {stdout} = await guest.attempt(['cat', `${await directoryOf(guest, limited, 'memory')}/${file}`])
      return status === 0 && Number(stdout) === 64 * MEBIBYTE
    },
  },
  {
    title: '`docker kill --signal`',
    needsControllers: false,
    async see({guest, limited}) {
      await guest.run('docker', 'kill', '--signal', 'USR1', limited.name)
      await limited.says('reloaded')
      return true
    },
  },
  {
    title: '`docker restart`, in the unit again',
    needsControllers: false,
    async see({guest, limited}) {
      const before = await initOf(limited)
      await guest.run('docker', 'restart', '--time', '1', limited.name)
      const after = await initOf(limited)
      if (after === before) return false
      // Docker says that it has restarted the container before anybody can have moved it.
      return await until(PATIENCE_MS * guest.kind.slowness, async () =>
        (await limited.pids()).includes(Number(after)) ? true : undefined,
      ).catch(() => false)
    },
  },
  {
    title: "all of a fork bomb's children are in the unit",
    needsControllers: false,
    async see({guest, inLimitedUnit: service}) {
      const bomb = 'for i in $(seq 200); do (sleep 5 & sleep 5) & usleep 1000; done'
      await guest.run('docker', 'exec', '--detach', service.name, 'sh', '-c', bomb)
      await until(PATIENCE_MS * guest.kind.slowness, async () =>
        (await service.pids()).length > 20 ? true : undefined,
      )
      const id = await service.inspect('{{.Id}}')
      const {stdout} = await guest.attempt(['sh', '-c', `grep -hs ${id} /proc/[0-9]*/cgroup | grep -v ${service.name}`])
      return stdout === ''
    },
  },
  {
    title: '`systemctl kill` reaches it',
    needsControllers: false,
    async see({guest, inLimitedUnit: service}) {
      await guest.run('systemctl', 'kill', '--signal=USR1', service.name)
      await service.says('reloaded')
      return true
    },
  },
  {
    title: 'SIGKILL of systemd-docker, and the next start is clean',
    needsControllers: false,
    async see({guest, inLimitedUnit: service}) {
      await guest.run('systemctl', 'kill', '--kill-whom=main', '--signal=KILL', service.name)
      await service.reaches({ActiveState: 'failed'})
      return (await service.start()).status === 0
    },
  },
  {
    title: '`systemctl stop` leaves nothing',
    needsControllers: false,
    async see({guest, inLimitedUnit: service}) {
      const id = await service.inspect('{{.Id}}')
      await service.stop()
      const cgroups = await cgroupsCalled(guest, service.name, `*${id}*`)
      const processes = await guest.attempt(['sh', '-c', `grep -ls ${id} /proc/[0-9]*/cgroup`])
      const containers = await guest.run('docker', 'ps', '--all', '--quiet', '--filter', `id=${id}`)
      return cgroups === '' && processes.stdout === '' && containers === ''
    },
  },
]

/** Whether a process in the container that wants 200 MB is killed. */
async function isKilledForMemory(guest: Guest, service: Service): Promise<boolean> {
  // The kernel may kill more than one before it has the memory of the first, and none of them is to be the container
  // init.
  const greedy = 'echo 1000 >/proc/self/oom_score_adj; head -c 200000000 /dev/zero | tail -c 199999999 | wc -c'
  const {stdout} = await guest.attempt(['docker', 'exec', service.name, 'sh', '-c', greedy])
  return stdout.trim() !== '199999999'
}

async function initOf(service: Service): Promise<string> {
  return await service.inspect('{{.State.Pid}}')
}

/** The directory of the cgroup that the container's init is in, in the hierarchy of a controller. */
async function directoryOf(guest: Guest, service: Service, controller: string): Promise<string> {
  const lines = (await guest.run('cat', `/proc/${await initOf(service)}/cgroup`)).split('\n')
  const isWanted = (names: string): boolean =>
    guest.kind.unified ? names === '' : names.split(',').includes(controller)
  const [, , path = ''] = lines.map((line) => line.split(':')).find(([, names = '']) => isWanted(names)) ?? []
  return guest.kind.unified ? `/sys/fs/cgroup${path}` : `/sys/fs/cgroup/${controller}${path}`
}
