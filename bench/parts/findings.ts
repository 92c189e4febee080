import type {Picture} from '../page/picture.js'
import {spreadCells, spreadOf, table} from '../statistics.js'

/** What was measured again and again of one thing, by the name of what was measured; the first is ours. */
export interface Figure {
  /** What it is, with its unit. */
  readonly what: string
  readonly isMoreBetter?: boolean
  readonly values: ReadonlyMap<string, readonly number[]>
}

/** What one benchmark has found. */
export interface Findings {
  readonly title: string
  /** What was measured, and how. */
  readonly about: string
  readonly tables: readonly string[]
  /** In what others are better, a line each. */
  readonly lost: readonly string[]
  readonly pictures: readonly Picture[]
}

/** A figure as a table, with what the medians are to ours. */
export function tableOf({what, values}: Figure): string {
  const median = ownMedian(values)
  const rows = [...values].map(([name, all]) => {
    const spread = spreadOf(all)
    return [name, ...spreadCells(spread, 2), median > 0 ? (spread.median / median).toFixed(2) : '']
  })
  return table([[what, 'min', 'median', 'max', 'to ours'], ...rows])
}

/** Whose results are not ours. */
const OTHERS = /^(?:docker run|podman)/

/** A line where another's median is better than ours. */
export function lostIn({what, isMoreBetter = false, values}: Figure): string[] {
  const median = ownMedian(values)
  const better = [...values].flatMap(([name, all]) => {
    const ratio = spreadOf(all).median / median
    if (!OTHERS.test(name)) return []
    return (isMoreBetter ? ratio > 1 : ratio < 1) ? [`${name} ${ratio.toFixed(2)}`] : []
  })
  return better.length === 0 ? [] : [`${what}, to ours: ${better.join(', ')}`]
}

/** All that a benchmark has found, as text. */
export function textOf({title, about, tables}: Findings): string {
  return [title, about, ...tables].join('\n\n')
}

function ownMedian(values: Figure['values']): number {
  const [own = []] = values.values()
  return spreadOf(own).median
}
