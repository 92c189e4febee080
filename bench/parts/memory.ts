import {setTimeout as sleep} from 'node:timers/promises'
import type {Guest} from '../../sandbox/guest.js'
import {
  definePeers,
  endAll,
  FROM_NPM,
  idle,
  killAll,
  PEERS,
  running,
  unitOf,
  type Peer,
  type Template,
} from '../peers.js'
import {lines} from '../page/picture.js'
import {orderOf, spreadOf} from '../statistics.js'
import {lostIn, tableOf, type Figure, type Findings} from './findings.js'

/** How many units are weighed side by side, by default. */
export const COUNTS = [1, 20, 100]
const PATIENCE_MS = 300_000
/** The Node that is in the executable, and the one that runs the npm package. */
const IDLE = [
  idle('the Node of systemd-docker, idle', 'bench-own-node', 'own-node'),
  idle('the Node of npm, idle', 'bench-node', 'node'),
]
const ALL: readonly (Peer | Template)[] = [...PEERS, FROM_NPM, ...IDLE]

/**
 * Runs in the host: the PSS of each unit that is named, a line each, in KiB: what its processes have to themselves, and
 * of what they share an equal part (proc_pid_smaps(5), `Pss`). The container's processes, which have a PID namespace of
 * their own, are not counted. Last comes that of all containerd-shims.
 */
const WEIGH = `
  weigh() {
    total=0
    for pid; do
      [ "$(readlink /proc/$pid/ns/pid)" = "$(readlink /proc/self/ns/pid)" ] || continue
      total=$((total + $(sed -n 's/^Pss: *\\([0-9]*\\) kB/\\1/p' /proc/$pid/smaps_rollup)))
    done
    echo $total
  }
  for unit; do
    group=/sys/fs/cgroup$(systemctl show --value --property=ControlGroup "$unit")
    weigh $(find "$group" -name cgroup.procs -exec cat {} +)
  done
  weigh $(pgrep -x containerd-shim)`

function isPeer(kind: Template): kind is Peer {
  return 'client' in kind
}

interface Weight {
  /** Of each unit, in MiB. */
  readonly units: readonly number[]
  /** Of the containerd-shims, which are outside of the units, in MiB by unit. */
  readonly shim: number
}

/** The memory of so many units of a kind, which are up at once and have been for so many seconds. */
async function weigh(guest: Guest, kind: Template, count: number, seconds: number): Promise<Weight> {
  const names = Array.from({length: count}, (_, index) => unitOf(kind, index + 1))
  await guest.attempt(['systemctl', 'start', ...names], {timeout: PATIENCE_MS})
  // What is looked at is what stays, not what a start leaves until it is collected.
  await sleep(seconds * 1000)
  const active = await guest.attempt(['systemctl', 'is-active', ...names])
  if (active.status !== 0 || (isPeer(kind) && (await running(guest, kind)) !== count))
    throw new Error(`of ${String(count)} units of '${kind.name}' not all are up`)
  const kib = (await guest.run('sh', '-c', WEIGH, 'sh', ...names)).split('\n').map(Number)
  if (isPeer(kind)) await killAll(guest, kind)
  await endAll(guest, kind)
  const [shims = 0] = kib.splice(-1)
  return {units: kib.map((one) => one / 1024), shim: shims / 1024 / count}
}

/** Weighs so many units of each peer at once, in turn, and then the next number of them. */
export async function memory(
  guest: Guest,
  {counts, rounds, seconds}: {readonly counts: readonly number[]; readonly rounds: number; readonly seconds: number},
): Promise<Findings> {
  await definePeers(guest, [FROM_NPM, ...IDLE])
  const figures: Figure[] = []
  const medians = new Map<string, Map<number, number>>(ALL.map(({name}) => [name, new Map()]))
  const shims = new Map<string, number[]>(ALL.map(({name}) => [name, []]))
  for (const count of counts) {
    const values = new Map<string, number[]>(ALL.map(({name}) => [name, []]))
    for (let round = 0; round < rounds; round++)
      for (const kind of orderOf(ALL, round)) {
        const {units, shim} = await weigh(guest, kind, count, seconds)
        values.get(kind.name)?.push(...units)
        shims.get(kind.name)?.push(shim)
      }
    for (const [name, all] of values) medians.get(name)?.set(count, spreadOf(all).median)
    figures.push({what: `of each of ${String(count)}, MiB`, values})
  }
  return {
    title: 'Memory of a unit',
    about: `PSS of what stays in the unit, without the container, ${String(seconds)} s after the start, in MiB; rounds: ${String(rounds)}. What Docker keeps for a container outside of the unit, its containerd-shim, is the last table. The programs are on an overlay here, where V8 copies 2 MiB of itself into each Node; where it shares them, as on ext4 and tmpfs, an idle Node has that much less. systemd-docker has V8 share them everywhere.`,
    tables: [...figures, {what: 'containerd-shim, MiB', values: shims}].map(tableOf),
    lost: figures.flatMap(lostIn),
    pictures: [lines('memory', 'Memory of a unit, by how many there are side by side', 'MiB', medians)],
  }
}
