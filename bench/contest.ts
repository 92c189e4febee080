import type {Guest} from '../sandbox/guest.js'
import {orderOf, spreadCells, spreadOf, table, type Spread} from './statistics.js'

/** One thing to be measured, in milliseconds, and the name of the one it is compared with. */
export interface Contestant {
  readonly name: string
  readonly comparedWith?: string
  readonly measure: (guest: Guest) => Promise<number>
}

/**
 * Measures all of them in turn, `pairs` times after one to warm up, and returns what came of it as a table under a
 * title.
 */
export async function compete(
  title: string,
  contestants: readonly Contestant[],
  guest: Guest,
  pairs: number,
): Promise<string> {
  const measured = new Map<string, number[]>(contestants.map(({name}) => [name, []]))
  for (const {measure} of contestants) await measure(guest)
  for (let pair = 0; pair < pairs; pair++)
    for (const {name, measure} of orderOf(contestants, pair)) measured.get(name)?.push(await measure(guest))
  const spreads = new Map([...measured].map(([name, values]) => [name, spreadOf(values)]))
  return `${await heading(title, guest, pairs)}\n\n${report(contestants, spreads)}`
}

async function heading(title: string, guest: Guest, pairs: number): Promise<string> {
  const engine = await guest.run('docker', 'version', '--format', '{{.Server.Version}}')
  const [, systemd = ''] = (await guest.run('systemctl', '--version')).split(' ')
  const node = await guest.run('/usr/local/bin/node', '--version')
  return `${title} on ${guest.kind.name}: Engine ${engine}, systemd ${systemd}, Node ${node.slice(1)}; ${String(pairs)} pairs after one to warm up; ms`
}

function report(contestants: readonly Contestant[], spreads: ReadonlyMap<string, Spread>): string {
  const rows = contestants.flatMap(({name, comparedWith = ''}) => {
    const own = spreads.get(name)
    return own === undefined
      ? []
      : [[name, ...spreadCells(own, 1), ...comparison(own, spreads.get(comparedWith)), comparedWith]]
  })
  return table([['', 'min', 'median', 'max', 'ratio', 'difference', 'of medians, with'], ...rows])
}

function comparison(own: Spread, other: Spread | undefined): string[] {
  if (other === undefined) return ['', '']
  const difference = own.median - other.median
  return [(own.median / other.median).toFixed(2), `${difference < 0 ? '' : '+'}${difference.toFixed(1)}`]
}
