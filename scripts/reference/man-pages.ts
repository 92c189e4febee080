// The man pages: what man/ has by hand, with its places filled from the declarations of the options and from the schema
// of the configuration.
import {keysOf} from '../../src/config/layers.js'
import {SCHEMA} from '../../src/oclif.js'
import {BUILT_IN} from '../../src/plugins/index.js'
import {OTHER_COMMANDS, OWN_OPTIONS, REFUSED_OPTIONS, sentence, type ReferenceOption} from './options.js'
import {bold, escapeRoff, italic, prose} from './roff.js'
import {fillTemplate} from './template.js'

/** The pages, by the names of their files. */
export const MAN_PAGES = ['systemd-docker.1', 'systemd-docker.config.5'] as const

/** A page, in the macros of man(7). It bears no date, so that the same sources give the same page at any time. */
export async function manPage(file: (typeof MAN_PAGES)[number]): Promise<string> {
  return await fillTemplate(`man/${file}`, {
    OPTIONS: OWN_OPTIONS.flatMap(({heading, options}) => [`.SS "${escapeRoff(heading)}"`, ...optionItems(options)]),
    COMMANDS: OTHER_COMMANDS.flatMap(({name, usage, text, options}) => [
      ...item(`${bold(name)} ${value(usage)}`.trimEnd(), text),
      ...(options.length === 0 ? [] : ['.RS', ...optionItems(options), '.RE']),
    ]),
    REFUSED: optionItems(REFUSED_OPTIONS),
    KEYS: OPTION_KEYS.flatMap(([name, key]) => keyItem(name, key)),
    SWITCHES: Object.entries(PLUGIN_KEYS).flatMap(([name, key]) => keyItem(name, key)),
    PLUGINS: pluginItems(),
  })
}

/** What stands for a value: what is to be replaced in italics, and words as they are. */
function value(text: string): string {
  return text
    .split(/([A-Z]{2,}(?:\.\.\.)?)/)
    .map((part, index) => (index % 2 === 1 ? italic(part) : escapeRoff(part)))
    .join('')
}

/** A paragraph under a tag. */
function item(tag: string, text: string): string[] {
  return ['.TP', tag, ...prose(text)]
}

function optionItems(options: readonly ReferenceOption[]): string[] {
  return options.flatMap((option) => item(spelled(option), option.text))
}

/** `-p, --pid-file=PATH`; `-l, --logs[=stream|journal]`, where the value may be left out. */
function spelled({name, char, takes, value: placeholder = ''}: ReferenceOption): string {
  const letter = char === undefined ? '' : `${bold(`-${char}`)}, `
  const behind = {nothing: '', attached: `[=${value(placeholder)}]`, value: `=${value(placeholder)}`}[takes]
  return letter + bold(`--${name}`) + behind
}

/** What the schema says of a key. */
interface Key {
  readonly description?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Key>>
  readonly additionalProperties?: Key | boolean
}

const {properties: TOP_LEVEL = {}} = SCHEMA as Key
const OPTION_KEYS = Object.entries(TOP_LEVEL).filter(([, {type}]) => type !== 'object')
const {properties: SECTIONS = {}, additionalProperties: ANY_SECTION} = TOP_LEVEL['plugins'] ?? {}
/** What every plugin's section may have. */
const {properties: PLUGIN_KEYS = {}} = typeof ANY_SECTION === 'object' ? ANY_SECTION : {}

/** The options of each plugin's section, in the order of the pipeline. */
function pluginItems(): string[] {
  return BUILT_IN.flatMap(({name, options}) => {
    const longNames = keysOf(options)
    const keys = Object.keys(SECTIONS[name]?.properties ?? {}).flatMap((key) => {
      const option = longNames.get(key)?.name
      if (option === undefined) return []
      return option === key ? bold(key) : `${bold(key)} (${bold(option)} elsewhere)`
    })
    return ['.TP', bold(`${name}:`), `${keys.join(', ')}.`]
  })
}

function keyItem(name: string, key: Key): string[] {
  return item(bold(`${name}:`), `${sentence(key.description ?? '')} Takes ${whatItTakes(key)}.`)
}

function whatItTakes({type, enum: listed}: Key): string {
  const words = (type === 'boolean' ? [true, false] : (listed ?? [])).map(String)
  if (words.length > 0) return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`
  return type === 'string' ? 'a string' : 'a string or a list of strings'
}
