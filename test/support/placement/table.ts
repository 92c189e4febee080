import type {Column} from './columns.js'
import {ROWS} from './rows.js'

const WORDS: Readonly<Record<string, string>> = {y: 'yes', n: 'no', '-': '–'}

/** The matrix as docs/placement.md has it. */
export function matrixTable(columns: readonly Column[]): string {
  const head = ['', ...columns.map(({host, title}) => `${title} (${host})`)]
  const rows = ROWS.map(({title}, row) => [title, ...columns.map(({expected}) => WORDS[expected[row] ?? ''] ?? '?')])
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
