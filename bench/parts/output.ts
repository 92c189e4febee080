import type {Guest} from '../../sandbox/guest.js'
import {measureAll, type Counts, type Figures} from '../logs/figures.js'
import {CLIENTS, CLIENTS_OF_PODMAN, contestants, OURS, withReader} from '../logs/units.js'
import {bars, type Picture} from '../page/picture.js'
import {spreadOf, table} from '../statistics.js'
import {lostIn, type Findings} from './findings.js'

const PACE = 'MB/s'
const CPU = 'CPU s per GB, all'
/** What is told of what was measured. */
const TOLD = [PACE, CPU, 'CPU s per GB, the unit', 'peak RSS of the unit, MiB']

/** Has containers say much, in units of each client in turn. */
export async function output(guest: Guest, counts: Counts): Promise<Findings> {
  const clients = [...CLIENTS.filter(({name}) => name === OURS), ...CLIENTS.filter(({name}) => name !== OURS)]
  const all = [...clients, ...CLIENTS_OF_PODMAN]
  const measured = await withReader(
    guest,
    async (reader) => await measureAll(contestants(guest, reader, all, counts), counts.pairs),
  )
  const ways = new Set([...measured.keys()].map(wayOf))
  /** Of one figure, by who takes the output, what was measured on one way. */
  const valuesOf = (figure: string, way: string): Map<string, number[]> =>
    new Map(
      [...measured]
        .filter(([name]) => wayOf(name) === way)
        .map(([name, figures]) => [name.slice(way.length + 2), figures.map((one: Figures) => one[figure] ?? NaN)]),
    )
  const names = all.map(({name}) => name)
  const matrix = (figure: string): string =>
    table([
      [figure, ...names],
      ...[...ways].map((way) => {
        const values = valuesOf(figure, way)
        return [way, ...names.map((name) => cell(values.get(name)))]
      }),
    ])
  const picture = (name: string, figure: string): Picture => {
    const medians = names.map((client) => {
      const byWay = [...ways].flatMap((way) => {
        const values = valuesOf(figure, way).get(client)
        return values === undefined ? [] : [[way, spreadOf(values).median] as const]
      })
      return [client, new Map(byWay)] as const
    })
    return bars(name, `Output of a container: ${figure}`, figure, new Map(medians))
  }
  return {
    title: 'Output of a container',
    about: `What it takes from the container's pipe to whoever reads: medians, and in brackets the least and the most; ${String(counts.megabytes)} MB, ${String(counts['journal-megabytes'])} MB to the journal, ${String(counts.pairs)} rounds. \`all\` is the unit's own process, the containerd-shim or conmon, dockerd and journald.`,
    tables: TOLD.map(matrix),
    lost: [PACE, CPU].flatMap((what) =>
      [...ways].flatMap((way) =>
        lostIn({what: `${way}, ${what}`, isMoreBetter: what === PACE, values: valuesOf(what, way)}),
      ),
    ),
    pictures: [picture('output-pace', PACE), picture('output-cpu', CPU)],
  }
}

/** What is measured, without by whom. */
function wayOf(name: string): string {
  return name.slice(0, name.indexOf(', '))
}

function cell(values: readonly number[] | undefined): string {
  if (values === undefined) return ''
  const {min, median, max} = spreadOf(values)
  return `${short(median)} (${short(min)}–${short(max)})`
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
