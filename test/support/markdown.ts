/** A table's row of a page of documentation: its cells, and the last heading of each level above it. */
export interface Row {
  readonly cells: readonly string[]
  readonly headings: readonly string[]
}

/** The rows of a page's tables whose first cell begins with code, in their order. */
export function codeRows(page: string): Row[] {
  const headings: string[] = []
  const rows: Row[] = []
  for (const line of page.split('\n')) {
    const [, level = '', heading] = /^(#+) (.*)$/.exec(line) ?? []
    if (heading !== undefined) headings.splice(level.length - 1, headings.length, heading)
    if (!line.startsWith('| `')) continue
    const cells = line.slice(1, -1).split(/(?<!\\)\|/)
    rows.push({cells: cells.map((cell) => cell.replaceAll(String.raw`\|`, '|').trim()), headings: [...headings]})
  }
  return rows
}

/**
 * The options that a cell of a table names first in each of its pieces of code, as `-l` and `--logs` in `` `-l`,
 * `--logs` ``.
 */
export function optionsIn(cell = ''): string[] {
  return [...cell.matchAll(/`(--?[\w-]+)/g)].map(([, option = '']) => option)
}
