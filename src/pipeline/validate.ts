import {PluginLoadError} from '../errors.js'
import {CONTRACT_VERSION, type RunPlugin} from './contract.js'

/** A plugin, and who brought it: a package's name, a file's path, or `systemd-docker`. */
export interface LoadedPlugin {
  readonly plugin: RunPlugin
  readonly from: string
}

const NAME = /^[a-z][a-z0-9-]*$/
const KINDS: readonly unknown[] = ['boolean', 'string', 'list']

/**
 * What somebody brought, if it is a plugin that this program can run. @throws {PluginLoadError} that says what is wrong
 * with it
 */
export function checkedPlugin(brought: unknown, from: string): RunPlugin {
  const fail = (why: string): never => {
    throw new PluginLoadError(from, why)
  }
  if (!isRecord(brought)) return fail('it is not an object with a name, options and setup')
  const {name, contract = 1, options, setup, finish} = brought
  if (typeof name !== 'string' || !NAME.test(name))
    return fail('its name must consist of lower-case letters, digits and dashes')
  if (typeof contract !== 'number') return fail('its contract must be a number')
  if (contract > CONTRACT_VERSION)
    return fail(
      `it is written for version ${String(contract)} of the plugin contract, and this program has ${String(CONTRACT_VERSION)}`,
    )
  if (typeof setup !== 'function') return fail(`${name} has no setup function`)
  if (finish !== undefined && typeof finish !== 'function') return fail(`${name} has a finish that is no function`)
  if (!isRecord(options)) return fail(`${name} has no options; use {} for none`)
  for (const [option, declaration] of Object.entries(options)) {
    if (!NAME.test(option)) fail(`its option ${option} must consist of lower-case letters, digits and dashes`)
    if (!isRecord(declaration) || !KINDS.includes(declaration['kind']))
      fail(`its option ${option} must have the kind boolean, string or list`)
    else if (typeof declaration['summary'] !== 'string') fail(`its option ${option} must have a summary`)
    else if (declaration['modes'] !== undefined && !areModes(declaration))
      fail(`its option ${option} may have modes, a list of strings, only if its kind is boolean`)
  }
  return brought as unknown as RunPlugin
}

/**
 * Checks that plugins can live together, and returns them.
 *
 * @throws {PluginLoadError} on a name or an option that two of them claim, or that is the run's own
 */
export function refuseConflicts(
  plugins: readonly LoadedPlugin[],
  ownOptions: readonly string[],
): readonly LoadedPlugin[] {
  const owners = new Map<string, string>(
    ownOptions.map((option) => [`the option --${option}`, 'systemd-docker itself']),
  )
  const claim = (what: string, name: string, from: string): void => {
    const owner = owners.get(what)
    if (owner !== undefined) throw new PluginLoadError(`${name} (${from})`, `${what} is taken by ${owner}`)
    owners.set(what, `${name} (${from})`)
  }
  for (const {plugin, from} of plugins) {
    claim(`the name ${plugin.name}`, plugin.name, from)
    for (const [option, {char}] of Object.entries(plugin.options)) {
      claim(`the option --${option}`, plugin.name, from)
      if (char !== undefined) claim(`the option -${char}`, plugin.name, from)
    }
  }
  return plugins
}

/** Whether a declaration that has modes may have them. */
function areModes({kind, modes}: Record<string, unknown>): boolean {
  return (
    kind === 'boolean' && Array.isArray(modes) && modes.length > 0 && modes.every((mode) => typeof mode === 'string')
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
