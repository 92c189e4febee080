import {BadValueError} from '../errors.js'
import {parseSwitch, wordsOfSwitch} from '../options/boolean.js'
import type {OptionDeclaration, OptionDeclarations, OptionValue} from '../options/option.js'
import type {GivenOption} from '../options/words.js'
import {expandSpecifiers, type UnitNames} from './specifiers.js'
import type {Layer} from './layers.js'

/** A value that is in force, and who said so. */
export interface Setting {
  readonly value: OptionValue
  /** For people: `command line`, a variable's name, a file and the place in it, or `default`. */
  readonly origin: string
}

/** What is in force for every declared option, by long name. */
export type Settings = Readonly<Record<string, Setting>>

/**
 * What is in force of every declared option: what the command line says, else the environment, else the first layer of
 * the configuration that says anything, else the declared default. Specifiers are replaced in what a file says; on a
 * command line systemd has done that.
 *
 * @throws {BadValueError}
 */
export function settingsInForce(
  declarations: OptionDeclarations,
  given: readonly GivenOption[],
  env: Readonly<NodeJS.ProcessEnv>,
  layers: readonly Layer[],
  names: UnitNames,
): Settings {
  const words = fromWords(declarations, given)
  const settingOf = (name: string, declaration: OptionDeclaration): Setting => {
    if (words[name] !== undefined) return {value: words[name], origin: 'command line'}
    const ofEnvironment = fromEnvironment(name, declaration, env)
    if (ofEnvironment !== undefined) return {value: ofEnvironment, origin: variableOf(name)}
    const layer = layers.find(({values}) => values[name] !== undefined)
    if (layer !== undefined) return {value: expanded(layer.values[name], names), origin: layer.origin}
    return {value: fallback(declaration), origin: 'default'}
  }
  return Object.fromEntries(
    Object.entries(declarations).map(([name, declaration]) => [name, settingOf(name, declaration)]),
  )
}

/** The variable that sets an option, for example `SYSTEMD_DOCKER_PID_FILE`. */
export function variableOf(option: string): string {
  return `SYSTEMD_DOCKER_${option.toUpperCase().replaceAll('-', '_')}`
}

function fromWords(declarations: OptionDeclarations, given: readonly GivenOption[]): Record<string, OptionValue> {
  const settings: Record<string, OptionValue> = {}
  for (const {name, value} of given) {
    const before = settings[name]
    const {kind, modes} = declarations[name] ?? {}
    if (kind === 'list') settings[name] = [...(Array.isArray(before) ? (before as string[]) : []), value]
    else settings[name] = kind === 'boolean' ? (parseSwitch(value, modes) ?? false) : value
  }
  return settings
}

function fromEnvironment(
  name: string,
  {kind, modes}: OptionDeclaration,
  env: Readonly<NodeJS.ProcessEnv>,
): OptionValue {
  const variable = variableOf(name)
  const text = env[variable]
  if (text === undefined || text === '') return undefined
  if (kind === 'string') return text
  if (kind === 'list') return text.split(',').filter((part) => part !== '')
  const value = parseSwitch(text, modes)
  if (value === undefined) throw new BadValueError(variable, text, `use ${wordsOfSwitch(modes)}`)
  return value
}

function expanded(value: OptionValue, names: UnitNames): OptionValue {
  if (typeof value === 'string') return expandSpecifiers(value, names)
  return Array.isArray(value) ? (value as readonly string[]).map((item) => expandSpecifiers(item, names)) : value
}

function fallback(declaration: OptionDeclaration): OptionValue {
  if (declaration.default !== undefined) return declaration.default
  return {boolean: false, list: [], string: undefined}[declaration.kind]
}
