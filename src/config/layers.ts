import {ConfigurationError} from '../errors.js'
import {wordsOfSwitch} from '../options/boolean.js'
import {nearest} from '../options/nearest.js'
import type {OptionDeclaration, OptionDeclarations, OptionValue} from '../options/option.js'
import type {ConfigFile} from './files.js'
import type {UnitNames} from './specifiers.js'

/** What one place of the configuration says, for the unit and host that it was read for. */
export interface Layer {
  /** The file and the place in it, for `config show`. */
  readonly origin: string
  /** Values of options, by long name. */
  readonly values: Readonly<Record<string, OptionValue>>
  /** Plugins switched on or off, by name. */
  readonly enabled: Readonly<Record<string, boolean>>
}

/**
 * What the configuration may speak of: the plugins and their options. What is about one line alone, such as
 * `--dry-run`, has no place in it.
 */
export type Vocabulary = readonly {readonly name: string; readonly options: OptionDeclarations}[]

/** The keys of a plugin's section that are not options of it. */
const PLUGIN_KEYS = ['enabled', 'from'] as const
type Section = Readonly<Record<string, unknown>>

/**
 * The layers of some files, the one that wins first: what is said of a unit wins over what is said of a host, that over
 * what is said of all; within each the more specific pattern (the one with more letters that are not wildcards), then
 * the later file. Every part is checked, also those for other units and hosts.
 *
 * @throws {ConfigurationError}
 */
export function layersOf(files: readonly ConfigFile[], vocabulary: Vocabulary, subject: UnitNames): Layer[] {
  const layers: {layer: Layer; rank: readonly number[]}[] = []
  for (const [order, file] of files.entries()) {
    const {hosts, units, ...top} = mapping(file, '', file.content)
    layers.push({layer: layerOf(file, '', top, vocabulary), rank: [0, 0, order]})
    for (const [level, key, sections, name] of [
      [1, 'hosts', hosts, subject.host],
      [2, 'units', units, subject.unit],
    ] as const)
      for (const [pattern, section] of Object.entries(mapping(file, key, sections ?? {}))) {
        const layer = layerOf(file, `${key}.${pattern}`, mapping(file, `${key}.${pattern}`, section), vocabulary)
        if (name !== undefined && matches(pattern, name))
          layers.push({layer, rank: [level, pattern.replaceAll(/[*?]/g, '').length, order]})
      }
  }
  return layers.toSorted((a, b) => compare(b.rank, a.rank)).map(({layer}) => layer)
}

/** The files of site plugins that the configuration names, by the plugin's name. @throws {ConfigurationError} */
export function pluginFiles(files: readonly ConfigFile[]): {name: string; path: string; file: string}[] {
  return files.flatMap((file) => {
    const {plugins = {}} = mapping(file, '', file.content)
    return Object.entries(mapping(file, 'plugins', plugins)).flatMap(([name, section]) => {
      const {from} = mapping(file, `plugins.${name}`, section)
      if (from === undefined) return []
      if (typeof from !== 'string' || !from.startsWith('/'))
        throw wrong(file, `plugins.${name}.from`, 'the absolute path of a file', from)
      return [{name, path: from, file: file.path}]
    })
  })
}

/**
 * Whether a name is one that a pattern means; `*` is any number of letters, `?` one (glob(7), without brackets).
 *
 * @internal
 */
export function matches(pattern: string, name: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(name)
}

function layerOf(file: ConfigFile, place: string, section: Section, plugins: Vocabulary): Layer {
  const values: Record<string, OptionValue> = {}
  const enabled: Record<string, boolean> = {}
  const declared: OptionDeclarations = Object.assign({}, ...plugins.map(({options}) => options)) as OptionDeclarations
  const at = (key: string): string => (place === '' ? key : `${place}.${key}`)

  for (const [key, value] of Object.entries(section)) {
    if (key === 'plugins') continue
    const declaration = Object.hasOwn(declared, key) ? declared[key] : undefined
    if (declaration === undefined)
      throw unknown(file, at(key), key, [
        ...Object.keys(declared),
        'plugins',
        ...(place === '' ? ['hosts', 'units'] : []),
      ])
    values[key] = typed(file, at(key), declaration, value)
  }
  for (const [name, content] of Object.entries(mapping(file, at('plugins'), section['plugins'] ?? {}))) {
    const here = at(`plugins.${name}`)
    const plugin = plugins.find((candidate) => candidate.name === name)
    if (plugin === undefined)
      throw unknown(
        file,
        here,
        name,
        plugins.map((candidate) => candidate.name),
      )
    const options = keysOf(plugin.options)
    for (const [key, value] of Object.entries(mapping(file, here, content))) {
      if (key === 'from') {
        if (place !== '')
          throw new ConfigurationError(located(file, `${here}.from`), `'${here}.from' is allowed only at the top level`)
      } else if (key === 'enabled') {
        if (typeof value !== 'boolean') throw wrong(file, `${here}.enabled`, 'true or false', value)
        enabled[name] = value
      } else {
        const option = options.get(key)
        if (option === undefined) throw unknown(file, `${here}.${key}`, key, [...options.keys(), ...PLUGIN_KEYS])
        values[option.name] = typed(file, `${here}.${key}`, option.declaration, value)
      }
    }
  }
  return {origin: place === '' ? file.path : `${file.path} (${place})`, values, enabled}
}

/** A plugin's options by the key they have in its section: their own short one, or their long name. */
export function keysOf(options: OptionDeclarations): Map<string, {name: string; declaration: OptionDeclaration}> {
  return new Map(Object.entries(options).map(([name, declaration]) => [declaration.key ?? name, {name, declaration}]))
}

function typed(file: ConfigFile, place: string, {kind, modes = []}: OptionDeclaration, value: unknown): OptionValue {
  if (kind === 'boolean' && typeof value === 'boolean') return value
  if (kind === 'boolean' && typeof value === 'string' && modes.includes(value)) return value
  if (kind === 'string' && typeof value === 'string') return value
  if (kind === 'list' && typeof value === 'string') return [value]
  if (kind === 'list' && Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw wrong(file, place, {boolean: wordsOfSwitch(modes), string: 'a string', list: 'a list of strings'}[kind], value)
}

function mapping(file: ConfigFile, place: string, content: unknown): Section {
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content as Section
  if (place !== '') throw wrong(file, place, 'a mapping', content)
  throw new ConfigurationError(
    file.path,
    `must be a mapping from option names to values, not ${JSON.stringify(content)}`,
  )
}

function wrong(file: ConfigFile, place: string, right: string, value: unknown): ConfigurationError {
  return new ConfigurationError(located(file, place), `'${place}' must be ${right}, not ${JSON.stringify(value)}`)
}

function unknown(file: ConfigFile, place: string, key: string, known: readonly string[]): ConfigurationError {
  const meant = nearest(key, known)
  return new ConfigurationError(
    located(file, place),
    `unknown key '${place}'${meant === undefined ? `; known keys are ${known.join(', ')}` : `, did you mean '${meant}'?`}`,
  )
}

/** The file, and the line on which the place's last key first stands, where it can be found in the text. */
function located({path, text}: ConfigFile, place: string): string {
  const key = place.slice(place.lastIndexOf('.') + 1).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const line = text.split('\n').findIndex((candidate) => new RegExp(`(?:^|[\\s{,"'])${key}["']?\\s*:`).test(candidate))
  return line === -1 ? path : `${path}:${String(line + 1)}`
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
