import {configDirectories, configPaths, readConfigFiles, type ConfigFile} from '../config/files.js'
import {layersOf, pluginFiles, type Layer} from '../config/layers.js'
import {settingsInForce, type Settings} from '../config/settings.js'
import type {UnitNames} from '../config/specifiers.js'
import type {OptionDeclarations, OptionValues} from '../options/option.js'
import type {GivenOption} from '../options/words.js'
import type {RunPlugin} from '../pipeline/contract.js'
import {SITE_FOLDERS, loadPlugins} from '../pipeline/load.js'
import {BUILT_IN} from '../plugins/index.js'
import {GLOBAL_OPTIONS} from './global-options.js'
import {abortable} from '../timing.js'
import type {LoadedPlugin} from '../pipeline/validate.js'
import {pluginSwitches, type PluginSwitch} from './enabled-plugins.js'

/** What a host has set up for its runs: its configuration, and the plugins that it names or has installed. */
export interface Site {
  readonly files: readonly ConfigFile[]
  readonly plugins: readonly LoadedPlugin[]
  /** Every option that may stand before `run`. */
  readonly declarations: OptionDeclarations
}

/** Where to look. */
export interface SiteInput {
  /** The directory of this program's own package. */
  readonly root: () => string
  readonly env: Readonly<NodeJS.ProcessEnv>
  /** The one file to read instead of the host's. */
  readonly configFile: string | undefined
  /** Where what files that no line names say is kept for later runs: a directory that its owner alone may use. */
  readonly state?: string | undefined
  /** Aborts the reading, also of a program that never comes to its end. */
  readonly signal: AbortSignal
}

/**
 * Reads the configuration and loads the plugins.
 *
 * @throws {ConfigurationError}
 * @throws {PluginLoadError}
 */
export async function readSite({root, env, configFile, state, signal}: SiteInput): Promise<Site> {
  // Of files that are named by lines there may be any number.
  const kept = configFile === undefined ? state : undefined
  const files = await abortable(signal, readConfigFiles(pathsOf(env, configFile), kept))
  const product = {plugins: BUILT_IN, options: Object.keys(GLOBAL_OPTIONS)}
  const plugins = await loadPlugins(product, {root, folders: SITE_FOLDERS, files: pluginFiles(files)}, signal)
  return {files, plugins, declarations: {...GLOBAL_OPTIONS, ...declarationsOf(plugins)}}
}

/** The configuration files in the order that they are read in. */
export function pathsOf(env: Readonly<NodeJS.ProcessEnv>, configFile: string | undefined): string[] {
  if (configFile !== undefined) return [configFile]
  return configDirectories(env).flatMap((directory) => configPaths(directory))
}

/** The layers of the configuration for one unit on one host. @throws {ConfigurationError} */
export function layersFor({files, plugins}: Pick<Site, 'files' | 'plugins'>, names: UnitNames): Layer[] {
  return layersOf(
    files,
    plugins.map(({plugin}) => plugin),
    names,
  )
}

/**
 * What is in force for one unit on one host: every option's value, and whether each plugin is on.
 *
 * @throws {ConfigurationError}
 * @throws {BadValueError}
 */
export function inForce(
  site: Site,
  given: readonly GivenOption[],
  env: Readonly<NodeJS.ProcessEnv>,
  names: UnitNames,
): {settings: Settings; switches: ReadonlyMap<string, PluginSwitch>} {
  const layers = layersFor(site, names)
  const settings = settingsInForce(site.declarations, given, env, layers, names)
  const plugins = site.plugins.map(({plugin}) => plugin.name)
  return {settings, switches: pluginSwitches(plugins, settings, layers)}
}

/** The options of all plugins, by long name. */
export function declarationsOf(plugins: readonly LoadedPlugin[]): OptionDeclarations {
  return Object.assign({}, ...plugins.map(({plugin}) => plugin.options)) as OptionDeclarations
}

/** The values of a plugin's own options. */
export function ownOptions({options}: RunPlugin, settings: Settings): OptionValues<OptionDeclarations> {
  return Object.fromEntries(Object.keys(options).map((name) => [name, settings[name]?.value]))
}
