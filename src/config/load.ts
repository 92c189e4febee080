import {access} from 'node:fs/promises'
import {join} from 'node:path'
import type {Settings} from './settings.js'
import {ConfigurationError, reason} from '../errors.js'
import {nearest} from '../options/nearest.js'
import type {OptionDeclaration, OptionDeclarations, OptionValue} from '../options/option.js'
import {refuseUntrusted} from './trust.js'

/** Where the host's configuration is. */
export const CONFIG_DIRECTORY = '/etc/systemd-docker'
const FILES = ['config.yaml', 'config.yml', 'config.json', 'config.js', 'config.mjs']

/**
 * The defaults that the host's configuration file sets, by an option's long name; none where there is no file.
 *
 * @throws {ConfigurationError} that names file and key
 */
export async function loadSettings(declarations: OptionDeclarations, directory = CONFIG_DIRECTORY): Promise<Settings> {
  // Most hosts have no file, and then nobody pays for the library that would read it.
  if (!(await exists(directory))) return {}
  const {cosmiconfig} = await import('cosmiconfig')
  const found = await cosmiconfig('systemd-docker', {searchPlaces: FILES, stopDir: directory, cache: false})
    .search(directory)
    .catch((error: unknown) => {
      throw new ConfigurationError(directory, reason(error), error)
    })
  if (found === null || found.isEmpty === true) return {}
  await refuseUntrusted(found.filepath)
  return checked(found.config, found.filepath, declarations)
}

async function exists(directory: string): Promise<boolean> {
  const tests = await Promise.allSettled(FILES.map((file) => access(join(directory, file))))
  return tests.some(({status}) => status === 'fulfilled')
}

function checked(content: unknown, file: string, declarations: OptionDeclarations): Settings {
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new ConfigurationError(file, 'it must be a mapping from option names to values')
  return Object.fromEntries(
    Object.entries(content).map(([key, value]): [string, OptionValue] => {
      const declaration = Object.hasOwn(declarations, key) ? declarations[key] : undefined
      if (declaration === undefined) {
        const meant = nearest(key, Object.keys(declarations))
        throw new ConfigurationError(
          file,
          `unknown key '${key}'${meant === undefined ? '' : `, did you mean '${meant}'?`}`,
        )
      }
      return [key, typed(value, declaration, file, key)]
    }),
  )
}

function typed(value: unknown, {kind}: OptionDeclaration, file: string, key: string): OptionValue {
  if (kind === 'boolean' && typeof value === 'boolean') return value
  if (kind === 'string' && typeof value === 'string') return value
  if (kind === 'list' && typeof value === 'string') return [value]
  if (kind === 'list' && Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  const right = {boolean: 'true or false', string: 'a string', list: 'a list of strings'}[kind]
  throw new ConfigurationError(file, `'${key}' must be ${right}, not ${JSON.stringify(value)}`)
}
