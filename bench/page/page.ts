import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {ROOT} from '../../scripts/bundle.mjs'
import type {Findings} from '../parts/findings.js'

const PAGE = join(ROOT, 'docs/benchmarks.md')
const PICTURES = join(ROOT, 'docs/benchmarks')

/** A benchmark's findings, and the command that finds them again. */
export interface Section {
  readonly command: string
  readonly findings: Findings
}

/** Writes docs/benchmarks.md and its pictures. */
export async function writePage(machine: string, sections: readonly Section[]): Promise<void> {
  await mkdir(PICTURES, {recursive: true})
  for (const {findings} of sections)
    for (const {name, svg} of findings.pictures) await writeFile(join(PICTURES, `${name}.svg`), `${svg}\n`)
  await writeFile(PAGE, page(machine, sections))
}

function page(machine: string, sections: readonly Section[]): string {
  return [
    '# Benchmarks',
    `\`npm run bench\` measures all of this and writes this page. ${machine}`,
    'Times of different runs do not compare, as machines differ and are noisy. All of one table is measured in turn, in one run.',
    '## Where others are better',
    sections.flatMap(({findings: {title, lost}}) => lost.map((line) => `- ${title}, ${line}`)).join('\n'),
    ...sections.flatMap(({command, findings: {title, about, tables, pictures}}) => [
      `## ${title}`,
      about,
      ...pictures.map(({name, what}) => `![${what}](benchmarks/${name}.svg)`),
      `\`${command}\``,
      ...tables.map((text) => `\`\`\`text\n${text}\n\`\`\``),
    ]),
  ]
    .join('\n\n')
    .concat('\n')
}
