import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {DOCKER_RUN, endAll, forget, killAll, PEERS, ranAt, unitOf, type Peer} from '../peers.js'
import {distribution} from '../page/picture.js'
import {orderOf} from '../statistics.js'
import {time} from '../stopwatch.js'
import {lostIn, tableOf, type Findings} from './findings.js'

const PATIENCE_MS = 30_000

/** How long it takes, in milliseconds, from `systemctl start` until it returns and until the container runs. */
async function start(guest: Guest, peer: Peer): Promise<{returned: number; runs: number}> {
  await forget(guest)
  const {at, milliseconds} = await time(guest, 'systemctl', 'start', unitOf(peer, 1))
  const ran = await until(PATIENCE_MS, () => ranAt(guest, peer, 1))
  await killAll(guest, peer)
  await endAll(guest, peer)
  return {returned: milliseconds, runs: ran - at}
}

/** Starts one unit of each peer in turn, `pairs` times after one to warm up. */
export async function starting(guest: Guest, pairs: number): Promise<Findings> {
  const empty = (): Map<string, number[]> => new Map(PEERS.map(({name}) => [name, []]))
  const [returned, runs] = [empty(), empty()]
  returned.delete(DOCKER_RUN.name)
  for (const peer of PEERS) await start(guest, peer)
  for (let pair = 0; pair < pairs; pair++)
    for (const peer of orderOf(PEERS, pair)) {
      const took = await start(guest, peer)
      // It does not wait for the container.
      if (peer !== DOCKER_RUN) returned.get(peer.name)?.push(took.returned)
      runs.get(peer.name)?.push(took.runs)
    }
  const figures = [
    {what: 'until the container runs, ms', values: runs},
    {what: 'until systemctl returns, ms', values: returned},
  ]
  return {
    title: 'Start of one unit',
    about: `From \`systemctl start\` on, in ms; ${String(pairs)} rounds after one to warm up. The container runs once its own command does.`,
    tables: figures.map(tableOf),
    lost: figures.flatMap(lostIn),
    pictures: [
      distribution(
        'start',
        'From systemctl start until the container runs: share of starts that took no longer',
        'ms',
        runs,
      ),
    ],
  }
}
