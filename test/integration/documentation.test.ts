import {existsSync} from 'node:fs'
import {mkdtemp, readFile, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {describe, expect, test} from 'vitest'
import {configPaths, readConfigFiles} from '../../src/config/files.js'
import {layersOf} from '../../src/config/layers.js'
import {CLIENT_OPTIONS} from '../../src/docker/client/global-options.js'
import {PODMAN_OPTIONS} from '../../src/docker/run-options/podman.js'
import {RUN_OPTIONS_HELP} from '../../src/docker/run-options/help.js'
import {RUN_OPTIONS} from '../../src/docker/run-options/table.js'
import {COMMANDS} from '../../src/oclif.js'
import type {OptionDeclaration} from '../../src/options/option.js'
import {BUILT_IN} from '../../src/plugins/index.js'
import {PHASES, type ExitReport} from '../../src/pipeline/contract.js'
import {GLOBAL_OPTIONS} from '../../src/run/global-options.js'
import * as testing from '../../src/testing/index.js'
import {fakeEngine} from '../../src/testing/fake-engine.js'
import {finishContext, pluginHost} from '../../src/testing/plugin-host.js'
import {OLDEST_CLIENT} from '../../sandbox/docker-client.js'
import {HOST_KINDS} from '../../sandbox/hosts.js'
import {codeRows, optionsIn, type Row} from '../support/markdown.js'
import {COLUMNS} from '../support/placement/columns.js'
import {matrixTable} from '../support/placement/table.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const README = await readFile(join(ROOT, 'README.md'), 'utf8')
const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...(await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md')).map((page) => `docs/${page}`),
]

const PLACEMENT = await readFile(join(ROOT, 'docs/placement.md'), 'utf8')
const OPTIONS = await readFile(join(ROOT, 'docs/options.md'), 'utf8')

describe('the README', () => {
  test('the README shows every exit status of our own', () => {
    for (const status of ['125', '126', '127']) expect(README).toMatch(new RegExp(`^\\| ${status} +\\|`, 'm'))
  })

  test('the README shows no option that is not in docs/options.md', () => {
    const known = codeRows(OPTIONS).flatMap(({cells: [cell]}) => optionsIn(cell))
    const shown = codeRows(README).flatMap(({cells: [cell]}) => optionsIn(cell))
    expect(shown).not.toEqual([])
    expect(shown.filter((option) => !known.includes(option))).toEqual([])
  })
})

describe('docs/placement.md', () => {
  test('docs/placement.md has the matrix of placements as the tests see it', () => {
    expect(PLACEMENT).toContain(matrixTable(COLUMNS))
  })

  test.each(HOST_KINDS.map(({name, oldest}) => [name, oldest] as const))(
    'docs/placement.md names what %s has',
    (_, oldest) => {
      const names: Readonly<Record<string, string>> = {'docker.io': 'Docker'}
      for (const [name, version] of Object.entries(oldest))
        expect(PLACEMENT).toContain(`${names[name] ?? name} ${version}`)
    },
  )
})

describe('docs/options.md', () => {
  const rowsUnder = (heading: string): Row[] => codeRows(OPTIONS).filter(({headings: [, second]}) => second === heading)

  test('docs/options.md has a row for each option before `run`, by plugin in the order of the pipeline, as --help describes it, and for no other', () => {
    const ours = [
      {group: 'Global', declarations: GLOBAL_OPTIONS},
      ...BUILT_IN.map(({name, options}) => ({group: name, declarations: options})),
    ]
    const declared = ours.flatMap(({group, declarations}) =>
      Object.entries<OptionDeclaration>(declarations).map(([name, {char, summary}]) => ({
        group,
        options: [...(char === undefined ? [] : [`-${char}`]), `--${name}`],
        summary,
      })),
    )
    const rows = rowsUnder('Before `run`')
    expect(rows.map(({headings: [, , group], cells: [cell]}) => ({group, options: optionsIn(cell)}))).toEqual(
      declared.map(({group, options}) => ({group, options})),
    )
    for (const [index, {summary}] of declared.entries())
      expect(rows[index]?.cells[1]?.replaceAll('`', '')).toContain(capitalized(summary))
  })

  test('docs/options.md has a row for each option of docker run, by subject, as --help describes it, and for no other', () => {
    const described = Object.entries(RUN_OPTIONS_HELP).flatMap(([group, options]) =>
      Object.entries(options).map(([name, {value, summary}]) => {
        const char = RUN_OPTIONS[name]?.char
        const long = `\`--${name}${value === undefined ? '' : ` ${value}`}\``
        return [group, char === undefined ? long : `\`-${char}\`, ${long}`, `${capitalized(summary)}.`]
      }),
    )
    const rows = rowsUnder('After `run`').map(({headings: [, , group], cells: [option, text]}) => [group, option, text])
    expect(rows).toEqual(described)
  })

  test("docs/options.md has a row for each option that docker's client takes before its command, and for no other", () => {
    const there = Object.entries(CLIENT_OPTIONS).flatMap(([name, {char}]) => [
      ...(char === undefined ? [] : [`-${char}`]),
      `--${name}`,
    ])
    expect(rowsUnder("docker's own options before `run`").flatMap(({cells: [cell]}) => optionsIn(cell))).toEqual(there)
  })

  test('docs/options.md has a row for each option of podman, as its error says it, and for no other', () => {
    const refused = Object.entries(PODMAN_OPTIONS).map(([name, {instead}]) => [
      [`--${name}`],
      `${capitalized(instead)}.`,
    ])
    expect(rowsUnder("podman's options").map(({cells: [option, text]}) => [optionsIn(option), text])).toEqual(refused)
  })

  test('docs/options.md names the version of the API that an option needs', () => {
    for (const {cells} of codeRows(OPTIONS)) {
      const since = RUN_OPTIONS[optionsIn(cells[0]).at(-1)?.slice(2) ?? '']?.since
      if (since !== undefined && cells.length > 2) expect(cells[2]).toContain(`API ${since}`)
    }
  })

  test("docs/options.md names docker's client that its options are held against", () => {
    expect(OPTIONS).toContain(`docker ${OLDEST_CLIENT}`)
  })

  test('docs/options.md has each other command with its options, and no others', () => {
    const shown = rowsUnder('Other commands')
      .flatMap(({cells: [cell = '']}) => [...cell.matchAll(/`([a-z ]*[a-z])(?: (--[\w-]+))?/g)])
      .map(([, command = '', option]) => (option === undefined ? command : `${command} ${option}`))
    const there = Object.entries(COMMANDS).flatMap(([id, {flags}]) => {
      const command = id.replace(':', ' ')
      return command === 'run' ? [] : [command, ...Object.keys({...flags}).map((name) => `${command} --${name}`)]
    })
    expect(shown.toSorted()).toEqual(there.toSorted())
  })
})

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

describe.each(PAGES)('%s', (page) => {
  test('the page links to files that are there, and to headings that they have', async () => {
    const text = await readFile(join(ROOT, page), 'utf8')
    const broken: string[] = []
    for (const [, target = '', anchor] of text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)) {
      const file = target === '' ? join(ROOT, page) : join(ROOT, dirname(page), target)
      if (!existsSync(file)) broken.push(target)
      else if (anchor !== undefined && !anchorsOf(await readFile(file, 'utf8')).includes(anchor))
        broken.push(`${target}#${anchor}`)
    }
    expect(broken).toEqual([])
  })
})

/** What GitHub lets a link to each heading of a page end with. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}

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

describe('docs/writing-a-plugin.md', async () => {
  const page = await readFile(join(ROOT, 'docs/writing-a-plugin.md'), 'utf8')
  /** What stands in the first column under a heading, without the words of a call. */
  const namesUnder = (heading: string): string[] =>
    codeRows(page)
      .filter(({headings}) => headings.at(-1) === heading)
      .map(({cells: [cell = '']}) => cell.replaceAll(/`|\(.*\)/g, ''))

  test.each(['index.js', 'index.test.js', 'package.json'])(
    'docs/writing-a-plugin.md has the whole of examples/plugins/times/%s',
    async (file) => {
      expect(page).toContain(await readFile(join(ROOT, 'examples/plugins/times', file), 'utf8'))
    },
  )

  test('docs/writing-a-plugin.md has the whole of examples/plugins/secret/index.js', async () => {
    expect(page).toContain(await readFile(join(ROOT, 'examples/plugins/secret/index.js'), 'utf8'))
  })

  test('docs/writing-a-plugin.md says of everything that finish gets what it is', () => {
    expect(namesUnder('After a handover').toSorted()).toEqual(Object.keys(finishContext()).toSorted())
  })

  test('docs/writing-a-plugin.md has a row for each hook, in the order of a run, with its kind and what happens when it throws', () => {
    expect(namesUnder('Hooks')).toEqual([...PHASES])
    for (const {cells} of codeRows(page).filter(({headings}) => headings.at(-1) === 'Hooks')) {
      expect(cells[1]).toMatch(
        /^(?:in series(?:, as often as it happens)?|first verdict wins|all at once|reverse order)$/,
      )
      expect(cells[3]).not.toBe('')
    }
  })

  test('docs/writing-a-plugin.md speaks of every part of an option, of the host and of a run', () => {
    for (const word of ['kind', 'summary', 'char', 'key', 'valueName', 'default', 'resident', 'describe'])
      expect(page).toMatch(new RegExp(`\`${word}\\b`))
    expect(namesUnder('The contract')).toEqual(expect.arrayContaining(Object.keys(pluginHost().host)))
  })

  test('docs/writing-a-plugin.md says of every reason that an end may have what it means', () => {
    const reasons: Record<NonNullable<ExitReport['why']>, true> = {
      'out-of-memory': true,
      'stop-timeout': true,
      hurried: true,
      unhealthy: true,
      somebody: true,
      'engine-gone': true,
      'without-engine': true,
      unknown: true,
    }
    expect(namesUnder('How a container ended').toSorted()).toEqual(Object.keys(reasons).toSorted())
  })

  test('docs/writing-a-plugin.md has every verb of the Engine', () => {
    expect(namesUnder('The Engine').toSorted()).toEqual(Object.keys(fakeEngine()).toSorted())
  })

  test('docs/writing-a-plugin.md has everything that systemd-docker/testing exports', () => {
    expect(namesUnder('Testing it').toSorted()).toEqual(Object.keys(testing).toSorted())
  })
})

test('the configuration that docs/configuration.md shows is good', async () => {
  const text = await readFile(join(ROOT, 'docs/configuration.md'), 'utf8')
  const [, yaml = ''] = /```yaml\n([^]*?)```/.exec(text) ?? []
  const directory = await mkdtemp(join(tmpdir(), 'shown-'))
  await writeFile(join(directory, 'config.yaml'), yaml)
  const files = await readConfigFiles(configPaths(directory))
  await rm(directory, {recursive: true})
  expect(layersOf(files, BUILT_IN, {unit: 'db-1.service', host: 'web-1'})).toHaveLength(3)
})
