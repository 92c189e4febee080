import {orderOf, spreadCells, spreadOf, table} from '../statistics.js'

/** How much is measured, and how often. */
export interface Counts {
  readonly megabytes: number
  /** The same for what goes to the journal, which takes a tenth of the others' pace. */
  readonly 'journal-megabytes': number
  readonly pairs: number
}

/** What was measured in one go, by what it is and its unit. */
export type Figures = Readonly<Record<string, number>>

/** One way in which output is taken, and the name of the one that it is compared with. */
export interface Contestant {
  readonly name: string
  readonly comparedWith: string
  readonly measure: () => Promise<Figures>
}

/** What was measured of each contestant, by its name. */
export type Measured = ReadonlyMap<string, readonly Figures[]>

/** Measures all of them in turn, so many times. */
export async function measureAll(contestants: readonly Contestant[], pairs: number): Promise<Measured> {
  const measured = new Map<string, Figures[]>(contestants.map(({name}) => [name, []]))
  for (let pair = 0; pair < pairs; pair++)
    for (const {name, measure} of orderOf(contestants, pair)) measured.get(name)?.push(await measure())
  return measured
}

/**
 * Measures all of them in turn, so many times, and returns a table for each figure; the ratio is that of the medians.
 */
export async function compete(contestants: readonly Contestant[], pairs: number): Promise<string> {
  const measured = await measureAll(contestants, pairs)
  const figures = new Set([...measured.values()].flatMap((all) => all.flatMap((one) => Object.keys(one))))
  return [...figures].map((figure) => report(figure, contestants, measured)).join('\n\n')
}

function report(figure: string, contestants: readonly Contestant[], measured: Measured): string {
  const spreads = new Map(
    [...measured].flatMap(([name, all]) => {
      const values = all.flatMap((one) => one[figure] ?? [])
      return values.length === 0 ? [] : [[name, spreadOf(values)] as const]
    }),
  )
  const rows = contestants.flatMap(({name, comparedWith}) => {
    const own = spreads.get(name)
    const other = name === comparedWith ? undefined : spreads.get(comparedWith)
    const isComparable = own !== undefined && other !== undefined && other.median > 0
    const ratio = isComparable ? [(own.median / other.median).toPrecision(3)] : []
    return own === undefined ? [] : [[name, ...spreadCells(own, 2), ...ratio]]
  })
  return table([[figure, 'min', 'median', 'max', 'ratio of medians'], ...rows])
}
