/** What is told of values that were measured again and again. */
export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** The spread of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1)
  return {
    min: Math.min(...values),
    median: middle.reduce((sum, value) => sum + value) / middle.length,
    max: Math.max(...values),
  }
}

/** A spread as three cells of a table. */
export function spreadCells({min, median, max}: Spread, fractionDigits: number): string[] {
  return [min, median, max].map((value) => value.toFixed(fractionDigits))
}

/** Lines of columns: the first column to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}

/**
 * The order to measure in: each round begins with another item, and every other round goes backwards, so that
 * neighbours change.
 */
export function orderOf<T>(items: readonly T[], round: number): T[] {
  const first = round % items.length
  const order = [...items.slice(first), ...items.slice(0, first)]
  return round % 2 === 0 ? order : order.toReversed()
}
