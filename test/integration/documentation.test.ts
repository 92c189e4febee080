import {existsSync} from 'node:fs'
import {mkdtemp, readFile, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {describe, expect, test} from 'vitest'
import {configPaths, readConfigFiles} from '../../src/config/files.js'
import {layersOf} from '../../src/config/layers.js'
import {RUN_OPTIONS} from '../../src/docker/run-options.js'
import type {OptionDeclarations} from '../../src/options/option.js'
import {BUILT_IN} from '../../src/plugins/index.js'
import {declarationsOf} from '../../src/run/host-setup.js'
import {PHASES} from '../../src/run/run-plugin.js'
import {OWN_OPTIONS} from '../../src/run/own-options.js'
import {OLDEST_CLIENT} from '../../sandbox/docker-client.js'
import {HOST_KINDS} from '../../sandbox/hosts.js'
import {COLUMNS} from '../placement/columns.js'
import {matrixTable} from '../placement/table.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const README = await readFile(join(ROOT, 'README.md'), 'utf8')
const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...(await readdir(join(ROOT, 'docs'))).map((page) => `docs/${page}`),
]

describe('the README', () => {
  test('has the matrix of placements as the tests see it', () => {
    expect(README).toContain(matrixTable(COLUMNS))
  })

  test.each(HOST_KINDS.map(({name, oldest}) => [name, oldest] as const))('names what %s has', (_, oldest) => {
    const names: Readonly<Record<string, string>> = {'docker.io': 'Docker'}
    for (const [name, version] of Object.entries(oldest)) expect(README).toContain(`${names[name] ?? name} ${version}`)
  })

  test("names docker's client that its options are held against", () => {
    expect(README).toContain(`docker ${OLDEST_CLIENT}`)
  })

  const declarations: OptionDeclarations = {
    ...OWN_OPTIONS,
    ...declarationsOf(BUILT_IN.map((plugin) => ({plugin, from: 'systemd-docker'}))),
  }

  test.each(Object.entries(declarations))('has a row for --%s, with its short form', (name, {char}) => {
    const row = README.split('\n').find((line) => line.startsWith('| ') && line.split('|')[1]?.includes(`\`--${name}`))
    expect(row).toBeDefined()
    if (char !== undefined) expect(row).toContain(`\`-${char}\``)
  })

  test('names every option of docker run once, in a row of the table', () => {
    const [, section = ''] = /### The options of docker run\n([^]*?)\n## /.exec(README) ?? []
    const rows = section.split('\n').filter((line) => line.startsWith('| `'))
    const named = rows.flatMap((row) =>
      [...(row.split('|')[1] ?? '').matchAll(/`--([a-z0-9-]+)`/g)].map(([, name]) => name),
    )
    expect(named.toSorted()).toEqual(Object.keys(RUN_OPTIONS).toSorted())
  })

  test('shows every exit status of our own', () => {
    for (const status of ['125', '126', '127']) expect(README).toMatch(new RegExp(`^\\| ${status} +\\|`, 'm'))
  })
})

describe.each(PAGES)('%s', (page) => {
  test('links to files that are there', async () => {
    const text = await readFile(join(ROOT, page), 'utf8')
    const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target]) => target ?? '')
    expect(targets.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([])
  })
})

test.each(PAGES)('the scripts that %s names are there', async (page) => {
  const {scripts} = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {scripts: Record<string, string>}
  const named = [...(await readFile(join(ROOT, page), 'utf8')).matchAll(/npm run ([a-z0-9:]+)/g)].map(
    ([, name]) => name,
  )
  expect(named.filter((name) => name !== undefined && !Object.hasOwn(scripts, name))).toEqual([])
})

test('ARCHITECTURE.md leads to every file of the stations of a run and every plugin', async () => {
  const text = await readFile(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
  for (const {name} of BUILT_IN) expect(text).toContain(`(src/plugins/${name}.ts)`)
})

describe('docs/writing-a-plugin.md', () => {
  test.each(['index.js', 'package.json'])('has the whole of examples/plugins/times/%s', async (file) => {
    const page = await readFile(join(ROOT, 'docs/writing-a-plugin.md'), 'utf8')
    expect(page).toContain(await readFile(join(ROOT, 'examples/plugins/times', file), 'utf8'))
  })

  test('speaks of every phase and every part of an option', async () => {
    const page = await readFile(join(ROOT, 'docs/writing-a-plugin.md'), 'utf8')
    for (const word of [...PHASES, 'kind', 'summary', 'char', 'key', 'valueName', 'default'])
      expect(page).toContain(`\`${word}\``)
  })
})

test.each(['README.md', 'docs/configuration.md'])('the configuration that %s shows is good', async (page) => {
  const text = await readFile(join(ROOT, page), 'utf8')
  const [, yaml = ''] = /```yaml\n([^]*?)```/.exec(text) ?? []
  const directory = await mkdtemp(join(tmpdir(), 'shown-'))
  await writeFile(join(directory, 'config.yaml'), yaml)
  const files = await readConfigFiles(await configPaths(directory))
  await rm(directory, {recursive: true})
  expect(layersOf(files, BUILT_IN, {unit: 'db-1.service', host: 'web-1'})).toHaveLength(3)
})
