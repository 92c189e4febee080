// How much memory stays with each unit while its container runs: ours, beside that of `docker run` and of a Node that
// does nothing.
import {boot, type Guest} from '../sandbox/guest.js'
import {HOST_KINDS} from '../sandbox/hosts.js'
import {busybox} from '../sandbox/images.js'
import {readCounts, workWith} from './command-line.js'
import {orderOf, spreadCells, spreadOf, table} from './statistics.js'
import {PROGRAM} from './units.js'

/**
 * The units have copies of their own of Node and docker, as other processes of this machine would bear a share of the
 * memory of its own.
 */
const COPIES = '/opt/bench'
const PATIENCE_MS = 300_000

/** What stays in a unit of one kind. */
interface Kind {
  readonly name: string
  /** What its units are called before the `@`. */
  readonly template: string
  readonly service: readonly string[]
  readonly hasContainer: boolean
}

const RUN = 'run --rm --name %p-%i --network none busybox sleep 100000'
const NOTIFY = ['Type=notify', 'NotifyAccess=all']
const BARE_NODE: Kind = {
  name: 'a Node that does nothing',
  template: 'bench-node',
  service: [`ExecStart=${COPIES}/node -e 'setInterval(() => {}, 1e9)'`],
  hasContainer: false,
}
const DOCKER_RUN: Kind = {
  name: 'docker run --rm',
  template: 'bench-docker',
  service: [`ExecStart=${COPIES}/docker ${RUN}`],
  hasContainer: true,
}
const KINDS: readonly Kind[] = [
  {
    name: 'systemd-docker',
    template: 'bench-resident',
    service: [...NOTIFY, `ExecStart=${PROGRAM} ${RUN}`],
    hasContainer: true,
  },
  {
    name: 'systemd-docker --handover',
    template: 'bench-handover',
    service: [
      ...NOTIFY,
      `ExecStart=${PROGRAM} --handover ${RUN}`,
      'ExecStop=/usr/bin/docker stop %p-%i',
      `ExecStopPost=${PROGRAM} finish %p-%i`,
    ],
    hasContainer: true,
  },
  DOCKER_RUN,
  BARE_NODE,
]

/**
 * Runs in the host: the PSS of each unit that is named, a line each, in KiB: what its processes have to themselves, and
 * of what they share an equal part (proc_pid_smaps(5), `Pss`). The container's processes, which have a PID namespace of
 * their own, are not counted.
 */
const WEIGH = `
  for unit; do
    total=0
    group=/sys/fs/cgroup$(systemctl show --value --property=ControlGroup "$unit")
    for pid in $(find "$group" -name cgroup.procs -exec cat {} +); do
      [ "$(readlink /proc/$pid/ns/pid)" = "$(readlink /proc/self/ns/pid)" ] || continue
      total=$((total + $(sed -n 's/^Pss: *\\([0-9]*\\) kB/\\1/p' /proc/$pid/smaps_rollup)))
    done
    echo $total
  done`

async function define(guest: Guest, {template, service}: Kind): Promise<void> {
  const path = `Environment=PATH=${COPIES}:/usr/bin:/bin`
  const lines = ['[Service]', path, 'TimeoutStartSec=infinity', ...service, '']
  await guest.write(`/run/systemd/system/${template}@.service`, lines.join('\n'))
}

/** The memory of each of so many units of a kind, in MiB, which are up at once and have been for so many seconds. */
async function weigh(guest: Guest, kind: Kind, count: number, seconds: number): Promise<number[]> {
  const names = Array.from({length: count}, (_, index) => `${kind.template}@${String(index + 1)}.service`)
  const patiently = {timeout: PATIENCE_MS}
  await guest.attempt(['systemctl', 'start', ...names], patiently)
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const ids = (await guest.run('docker', 'ps', '--quiet')).split('\n').filter((id) => id !== '')
  const active = await guest.run('systemctl', 'is-active', ...names)
  if (ids.length !== (kind.hasContainer ? count : 0) || /failed|inactive/.test(active))
    throw new Error(`of ${String(count)} units of '${kind.name}' not all are up`)
  const kib = (await guest.run('sh', '-c', WEIGH, 'sh', ...names)).split('\n').map(Number)
  if (kind.hasContainer) await guest.attempt(['docker', 'rm', '--force', ...ids], patiently)
  await guest.attempt(['systemctl', 'stop', ...names], patiently)
  return kib.map((one) => one / 1024)
}

function report(measured: ReadonlyMap<Kind, readonly number[]>, count: number): string[][] {
  const medianOf = (kind: Kind): number => spreadOf(measured.get(kind) ?? []).median
  return [...measured].map(([kind, values]) => [
    `${String(count)} × ${kind.name}`,
    ...spreadCells(spreadOf(values), 2),
    ...[BARE_NODE, DOCKER_RUN].map((other) => (medianOf(kind) / medianOf(other)).toFixed(2)),
  ])
}

const {units, rounds, seconds} = readCounts({units: 20, rounds: 2, seconds: 20})
const hostKind = HOST_KINDS.find(({name}) => name === 'debian13-v2')
if (hostKind === undefined) throw new Error('there is no host debian13-v2')
console.log(
  await workWith(
    async () => await boot(hostKind, [await busybox()]),
    (host) => host.shutDown(),
    async ({guest}) => {
      await guest.run('mkdir', COPIES)
      await guest.run('cp', '/usr/local/bin/node', '/usr/bin/docker', COPIES)
      for (const kind of KINDS) await define(guest, kind)
      const rows: string[][] = []
      for (const count of [1, units]) {
        const measured = new Map<Kind, number[]>(KINDS.map((kind) => [kind, []]))
        for (let round = 0; round < rounds; round++)
          for (const kind of orderOf(KINDS, round))
            measured.get(kind)?.push(...(await weigh(guest, kind, count, seconds)))
        rows.push(...report(measured, count))
      }
      const node = await guest.run(`${COPIES}/node`, '--version')
      const docker = await guest.run('docker', 'version', '--format', '{{.Client.Version}}')
      return [
        `Memory on ${hostKind.name}: Node ${node.slice(1)}, docker ${docker}; PSS per unit in MiB, ${String(seconds)} s after the start; ${String(rounds)} rounds`,
        '',
        table([['side by side', 'min', 'median', 'max', 'to bare Node', 'to docker run'], ...rows]),
      ].join('\n')
    },
  ),
)
