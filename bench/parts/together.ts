import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {definePeers, endAll, killAll, PEERS, residentIn, running, unitOf, type Peer} from '../peers.js'
import {bars} from '../page/picture.js'
import {orderOf, spreadOf} from '../statistics.js'
import {lostIn, tableOf, type Findings} from './findings.js'

const PATIENCE_MS = 300_000
const TARGET = 'bench.target'
/** How many units of a slice start at the same time (systemd.slice(5), `ActivatingConcurrencyMax=`, systemd 262). */
const ACTIVATING_AT_ONCE = 4
const SLICE = 'bench.slice'
const LIMITED = residentIn(SLICE, `systemd-docker, ActivatingConcurrencyMax=${String(ACTIVATING_AT_ONCE)}`)
const ALL = [...PEERS, LIMITED]

interface Together {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly failures: number
}

/** The processor time that all of a host's processes have used so far, in seconds. */
async function cpuOf(guest: Guest): Promise<number> {
  const stat = await guest.run('cat', '/sys/fs/cgroup/cpu.stat')
  return Number(/^usage_usec (\d+)$/m.exec(stat)?.[1]) / 1e6
}

/** Starts a target that wants `count` units of a peer, until their containers run. */
async function startTogether(guest: Guest, peer: Peer, count: number): Promise<Together> {
  const units = Array.from({length: count}, (_, index) => unitOf(peer, index + 1))
  await guest.write(`/run/systemd/system/${TARGET}`, `[Unit]\n${units.map((unit) => `Wants=${unit}\n`).join('')}`)
  await guest.run('systemctl', 'daemon-reload')
  const before = await cpuOf(guest)
  const begun = performance.now()
  await guest.attempt(['systemctl', 'start', TARGET], {timeout: PATIENCE_MS})
  // With docker run a unit is active before its container runs; nobody waits for those that a slice holds back.
  const failures = await until(PATIENCE_MS, async () => {
    const [containers, active, failed] = await Promise.all([
      running(guest, peer),
      countOf(guest, units, 'active'),
      countOf(guest, units, 'failed'),
    ])
    return Math.min(containers, active) + failed >= count ? failed : undefined
  })
  const seconds = (performance.now() - begun) / 1000
  const cpuSeconds = (await cpuOf(guest)) - before
  await killAll(guest, peer)
  await endAll(guest, peer)
  await guest.run('systemctl', 'stop', TARGET)
  return {seconds, cpuSeconds, failures}
}

/** How many of these units are in a state. */
async function countOf(guest: Guest, units: readonly string[], wanted: 'active' | 'failed'): Promise<number> {
  const {stdout} = await guest.attempt(['systemctl', 'is-active', ...units])
  return stdout.split('\n').filter((state) => state === wanted).length
}

/** Starts so many units of each peer at once, in turn. */
export async function together(guest: Guest, count: number, rounds: number): Promise<Findings> {
  const slice = ['[Slice]', `ActivatingConcurrencyMax=${String(ACTIVATING_AT_ONCE)}`, '']
  await guest.write(`/run/systemd/system/${SLICE}`, slice.join('\n'))
  await definePeers(guest, [LIMITED])
  const empty = (): Map<string, number[]> => new Map(ALL.map(({name}) => [name, []]))
  const [seconds, cpuSeconds, failures] = [empty(), empty(), empty()]
  for (let round = 0; round < rounds; round++)
    for (const peer of orderOf(ALL, round)) {
      const took = await startTogether(guest, peer, count)
      seconds.get(peer.name)?.push(took.seconds)
      cpuSeconds.get(peer.name)?.push(took.cpuSeconds)
      failures.get(peer.name)?.push(took.failures)
    }
  const medians = new Map(
    ALL.map(({name}) => [
      name,
      new Map([
        ['until all containers run', spreadOf(seconds.get(name) ?? []).median],
        ['CPU of the host', spreadOf(cpuSeconds.get(name) ?? []).median],
      ]),
    ]),
  )
  const figures = [
    {what: 'until all containers run, s', values: seconds},
    {what: 'processor time of the whole host, s', values: cpuSeconds},
    {what: 'units that failed', values: failures},
  ]
  return {
    title: `${String(count)} units at once`,
    about: `\`systemctl start\` of a target that wants ${String(count)} units, until all of their containers run; rounds: ${String(rounds)}.`,
    tables: figures.map(tableOf),
    lost: figures.flatMap(lostIn),
    pictures: [bars('together', `${String(count)} units at once`, 's', medians)],
  }
}
