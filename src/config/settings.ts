import {BadValueError} from '../errors.js'
import {parseBoolean} from '../options/boolean.js'
import type {OptionDeclaration, OptionDeclarations, OptionValue} from '../options/option.js'
import type {Given} from '../options/words.js'

/** Values of options that somebody set, by long name. */
export type Settings = Readonly<Record<string, OptionValue>>

/**
 * The value in force of every declared option: what the command line says, else the environment, else the configuration file, else the
 * declared default.
 *
 * @throws {BadValueError}
 */
export function settingsInForce(
  declarations: OptionDeclarations,
  given: readonly Given[],
  env: Readonly<NodeJS.ProcessEnv>,
  file: Settings,
): Settings {
  const words = fromWords(declarations, given)
  return Object.fromEntries(
    Object.entries(declarations).map(([name, declaration]) => [
      name,
      words[name] ?? fromEnvironment(name, declaration, env) ?? file[name] ?? fallback(declaration),
    ]),
  )
}

/** The variable that sets an option, for example `SYSTEMD_DOCKER_PID_FILE`. */
export function variableOf(option: string): string {
  return `SYSTEMD_DOCKER_${option.toUpperCase().replaceAll('-', '_')}`
}

function fromWords(declarations: OptionDeclarations, given: readonly Given[]): Settings {
  const settings: Record<string, OptionValue> = {}
  for (const {name, value} of given) {
    const before = settings[name]
    const {kind} = declarations[name] ?? {}
    if (kind === 'list') settings[name] = [...(Array.isArray(before) ? (before as string[]) : []), value]
    else settings[name] = kind === 'boolean' ? value === 'true' : value
  }
  return settings
}

function fromEnvironment(name: string, {kind}: OptionDeclaration, env: Readonly<NodeJS.ProcessEnv>): OptionValue {
  const variable = variableOf(name)
  const text = env[variable]
  if (text === undefined || kind === 'string') return text
  if (kind === 'list') return text.split(',').filter((part) => part !== '')
  const value = parseBoolean(text)
  if (value === undefined) throw new BadValueError(variable, text, 'say true or false')
  return value
}

function fallback(declaration: OptionDeclaration): OptionValue {
  if (declaration.default !== undefined) return declaration.default
  return {boolean: false, list: [], string: undefined}[declaration.kind]
}
