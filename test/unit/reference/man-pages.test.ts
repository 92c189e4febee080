import {readFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {readmeUnit} from '../../../sandbox/example.js'
import {MAN_PAGES, manPage} from '../../../scripts/reference/man-pages.js'
import {escapeRoff, prose} from '../../../scripts/reference/roff.js'
import {CLIENT_OPTIONS} from '../../../src/docker/client/global-options.js'
import {RUN_OPTIONS_HELP} from '../../../src/docker/run-options/help.js'
import {RUN_OPTIONS} from '../../../src/docker/run-options/table.js'
import {COMMANDS, SCHEMA} from '../../../src/oclif.js'
import type {OptionDeclaration} from '../../../src/options/option.js'
import {BUILT_IN} from '../../../src/plugins/index.js'
import {GLOBAL_OPTIONS} from '../../../src/run/global-options.js'

const PROGRAM = await manPage('systemd-docker.1')
const CONFIG = await manPage('systemd-docker.config.5')

/** What man(1) would show, without what the page says of its looks. */
function plain(roff: string): string {
  return roff
    .replaceAll(/\\f[BIR]/g, '')
    .replaceAll(/\\\[u([0-9A-F]+)\]/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replaceAll(/\\(?:\((..)|(.))/g, (_, named = '', letter = '') => LETTERS[String(named || letter)] ?? '?')
}

const LETTERS: Readonly<Record<string, string>> = {
  aq: "'",
  dq: '"',
  ga: '`',
  ha: '^',
  ti: '~',
  '-': '-',
  '&': '',
  e: '\\',
}

/** The tags of paragraphs, each with what stands under it, under a heading of the page. */
function items(page: string, heading: string): {tag: string; text: string}[] {
  const [, section = ''] = new RegExp(`^\\.SH "?${heading}"?\\n([^]*?)(?=^\\.SH |$(?![^]))`, 'm').exec(page) ?? []
  return section
    .split(/^\.T[PQ]\n/m)
    .slice(1)
    .map((paragraph) => {
      const [tag = '', ...text] = plain(paragraph.replaceAll(/^\.(?:RS|RE|PP|SS.*)$/gm, '')).split('\n')
      return {tag: tag.replace(/^\.I /, ''), text: text.join(' ').trim()}
    })
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** The examples of a page, of several lines each. */
function examples(page: string): string[] {
  return [...page.matchAll(/^\.EX\n([^]*?)^\.EE$/gm)].map(([, example = '']) => plain(example))
}

describe('systemd-docker(1)', () => {
  test('the man page has every option before `run`, by plugin in the order of the pipeline, as --help describes it', () => {
    const declared = [GLOBAL_OPTIONS, ...BUILT_IN.map(({options}) => options)].flatMap((options) =>
      Object.entries<OptionDeclaration>(options),
    )
    const shown = items(PROGRAM, 'OPTIONS')
    const spellings = declared.map(([name, {char}]) => (char === undefined ? `--${name}` : `-${char}, --${name}`))
    expect(shown.map(({tag}) => tag.replace(/\[?=.*$/, ''))).toEqual([...spellings, '-h, --help', '--version'])
    for (const [index, [, {summary}]] of declared.entries())
      expect(shown[index]?.text).toContain(`${capitalized(summary).replaceAll('…', '...')}.`)
  })

  test.each(BUILT_IN)('the man page has a heading for the plugin $name', ({name}) => {
    expect(plain(PROGRAM)).toContain(`\n.SS "Options of ${name}"\n`)
  })

  test('the man page says what a switch takes, what a value may be, what is the default and what may be repeated', () => {
    const tagged = (start: string): {tag: string; text: string} | undefined =>
      items(PROGRAM, 'OPTIONS').find(({tag}) => tag.startsWith(start))
    expect(tagged('-l, --logs')?.tag).toBe('-l, --logs[=stream|journal|native|true|false]')
    expect(tagged('-l, --logs')?.text).toMatch(/ Defaults to true\.$/)
    expect(tagged('--unhealthy')?.tag).toBe('--unhealthy=ignore|log|stop|watchdog')
    expect(tagged('-c, --cgroups')?.text).toMatch(/ Defaults to all\. May be repeated\.$/)
    expect(tagged('--handover')?.tag).toBe('--handover')
  })

  test('the man page has every command with its arguments, its options and what --help says of it', () => {
    const shown = items(PROGRAM, 'COMMANDS')
    const expected = Object.entries(COMMANDS).flatMap(([id, {summary, flags}]) => {
      const name = id.replace(':', ' ')
      const options = name === 'run' ? [] : Object.keys({...flags}).map((option) => ({name: `--${option}`, text: ''}))
      return [{name, text: name === 'run' ? '' : summary}, ...options]
    })
    expect(shown.map(({tag}) => tag.replace(/(?:=| [[A-Z]).*$/, ''))).toEqual(expected.map(({name}) => name))
    for (const [index, {text}] of expected.entries()) expect(shown[index]?.text).toContain(text)
    expect(shown.map(({tag}) => tag)).toContain('finish NAME')
    expect(shown.map(({tag}) => tag)).toContain('config check FILE...')
  })

  test('the man page has every refused option of docker run with the reason, and names no option that docker run has not', () => {
    const shown = items(PROGRAM, 'DOCKER RUN OPTIONS')
    for (const [name, {summary}] of Object.entries(RUN_OPTIONS_HELP['Refused'] ?? {})) {
      const item = shown.find(({tag}) => tag.replace(/=.*$/, '') === `--${name}`)
      expect(item?.text).toContain(`${capitalized(summary)}.`)
    }
    const named = shown.flatMap(({tag}) => [...tag.matchAll(/--([\w-]+)/g)].map(([, name = '']) => name))
    expect(named.filter((name) => !Object.hasOwn(RUN_OPTIONS, name))).toEqual([])
  })

  test("the man page names every option that docker's client takes before its command", () => {
    const [, section = ''] = /^\.SS "Options of docker's client"\n([^]*?)^\.S/m.exec(plain(PROGRAM)) ?? []
    for (const name of Object.keys(CLIENT_OPTIONS)) expect(section).toMatch(new RegExp(`--${name}\\b(?!-)`))
  })

  test("the units of the man page are the README's and that of docs/supervision.md, where a package puts the program", async () => {
    const supervision = await readFile(new URL('../../../docs/supervision.md', import.meta.url), 'utf8')
    const [, handedOver = ''] = /```ini\n([^`]*--handover[^`]*)```/.exec(supervision) ?? []
    const packaged = [await readmeUnit(), handedOver].map((unit) => unit.replaceAll('/opt/bin/', '/usr/bin/'))
    expect(examples(PROGRAM).slice(0, 2)).toEqual(packaged)
  })
})

describe('systemd-docker.config(5)', () => {
  const {properties} = SCHEMA as {properties: Record<string, {description?: string; properties?: object}>}
  const keys = Object.entries(properties).filter(([name]) => !['plugins', 'hosts', 'units'].includes(name))

  test('the man page has every key of the schema, as it describes it, and no other', () => {
    const shown = items(CONFIG, 'KEYS')
    expect(shown.map(({tag}) => tag)).toEqual(keys.map(([name]) => `${name}:`))
    for (const [index, [, {description = ''}]] of keys.entries())
      expect(shown[index]?.text).toContain(`${capitalized(description).replaceAll('…', '...')}.`)
  })

  test.each([
    ['env', 'true or false'],
    ['logs', 'true, false, stream, journal or native'],
    ['pid-file', 'a string'],
    ['cgroups', 'a string or a list of strings'],
  ])('the man page says that %s takes %s', (key, takes) => {
    expect(items(CONFIG, 'KEYS').find(({tag}) => tag === `${key}:`)?.text).toContain(`. Takes ${takes}.`)
  })

  test('the man page has every plugin with the keys of its section, and what those that are shorter are elsewhere', () => {
    const sections = properties['plugins']?.properties as Record<string, {properties: object}>
    const shown = items(CONFIG, 'PLUGINS')
    expect(shown.slice(0, 3).map(({tag}) => tag)).toEqual(['plugins:', 'enabled:', 'from:'])
    expect(shown.slice(3).map(({tag}) => tag)).toEqual(BUILT_IN.map(({name}) => `${name}:`))
    for (const {tag, text} of shown.slice(3)) {
      const own = Object.keys(sections[tag.slice(0, -1)]?.properties ?? {})
      const listed = text.replace(/\.$/, '').split(', ')
      expect(listed.map((key) => key.replace(/ \(.*\)$/, ''))).toEqual(
        own.filter((key) => !['enabled', 'from'].includes(key)),
      )
    }
    expect(shown.find(({tag}) => tag === 'pid-file:')?.text).toBe('path (pid-file elsewhere).')
  })

  test('the configuration of the man page is that of docs/configuration.md', async () => {
    const page = await readFile(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')
    const [, yaml = ''] = /```yaml\n([^]*?)```/.exec(page) ?? []
    expect(examples(CONFIG)).toEqual([yaml])
  })
})

describe.each(MAN_PAGES)('%s', (file) => {
  test('no place of the page is left empty, and none of its lines is taken for a request that it is not', async () => {
    const page = await manPage(file)
    expect(page).not.toMatch(/@[A-Z]+@/)
    const requests = page.split('\n').flatMap((line) => /^[.'].*$/.exec(line) ?? [])
    const known = /^\.(?:TH|SH|SS|TP|TQ|PP|RS|RE|EX|EE|I|B|BR|IR|RB|RI|br|nh|ad l)(?: |$)/
    expect(requests.filter((line) => !known.test(line))).toEqual([])
  })

  test('the page has no letter that some locale lacks', async () => {
    const page = await manPage(file)
    expect(page).toMatch(/^[\n\x20-\x7e]*$/)
    expect(page).not.toContain(String.raw`\[u`)
  })

  test('the page bears no date', async () => {
    const [title = ''] = (await manPage(file)).split('\n')
    expect(title).toMatch(/^\.TH SYSTEMD\S+ [15] "" "systemd\\-docker \d+\.\d+\.\d+" "[^"]+"$/)
  })

  test('the page is installed by npm', async () => {
    const manifest = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      man: string[]
    }
    expect(manifest.man).toContain(`./dist/man/${file}`)
  })
})

describe('text of the declarations', () => {
  test('no letter of it is an escape, or a hyphen that cannot be copied', () => {
    expect(escapeRoff(String.raw`it's \fB-x "…" ~ ^ ↯`)).toBe(
      String.raw`it\(aqs \efB\-x \(dq...\(dq \(ti \(ha \[u21AF]`,
    )
    expect(plain(escapeRoff('a `b` \\ "c" ~^↯'))).toBe('a `b` \\ "c" ~^↯')
  })

  test('no line of it is a request', () => {
    expect(prose(".so /etc/shadow. 'so /etc/shadow. .so")).toEqual([
      String.raw`\&.so /etc/shadow. \(aqso /etc/shadow. .so`,
    ])
  })

  test('sentences are lines; options and code are bold, settings of a unit in italics', () => {
    expect(prose('With --logs=stream set Type=notify. Run `setup` in systemd-docker.')).toEqual([
      String.raw`With \fB\-\-logs=stream\fR set \fIType=notify\fR.`,
      String.raw`Run \fBsetup\fR in systemd\-docker.`,
    ])
  })
})
