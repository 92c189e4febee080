import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {trustedProgram} from '../config/trust.js'
import {PluginLoadError, reason} from '../errors.js'
import {abortable} from '../timing.js'
import {checkedPlugin, refuseConflicts, type LoadedPlugin} from './validate.js'
import type {RunPlugin} from './contract.js'

/** Where a host keeps plugins of its own: folders that `npm install` was run in. */
export const SITE_FOLDERS = ['/etc/systemd-docker/plugins', '/usr/local/lib/systemd-docker/plugins']

/** Where a site's plugins are. */
export interface SitePluginSources {
  /** The directory of this program's own package. */
  readonly root: () => string
  /** Folders that npm installs into. */
  readonly folders: readonly string[]
  /** Files that the configuration names, each by the name its plugin must have. */
  readonly files: readonly {readonly name: string; readonly path: string}[]
}

/** What comes with the product. */
export interface BuiltIns {
  /** Its plugins, in the pipeline's order. */
  readonly plugins: readonly RunPlugin[]
  /** The long names of the options before `run` that are of no plugin. */
  readonly options: readonly string[]
}

/**
 * The plugins of a run, in the pipeline's order: those that come with the product, then the site's, packages by their
 * names before files in the order of the configuration. oclif, which carries the packages, is loaded only on hosts that
 * have any.
 *
 * @throws {PluginLoadError}
 * @throws {ConfigurationError} when a folder or a file may be written by others
 */
export async function loadPlugins(
  product: BuiltIns,
  {root, folders, files}: SitePluginSources,
  signal: AbortSignal,
): Promise<readonly LoadedPlugin[]> {
  const own = product.plugins.map((plugin) => ({plugin, from: 'systemd-docker'}))
  const present = await presentFolders(folders)
  if (present.length === 0 && files.length === 0) return own
  const site = [...(await fromPackages(root, present, signal))]
  for (const file of files) site.push(await fromFile(file, signal))
  return refuseConflicts([...own, ...site], product.options)
}

async function presentFolders(folders: readonly string[]): Promise<string[]> {
  const present: string[] = []
  for (const folder of folders) {
    const manifest = join(folder, 'package.json')
    if (!existsSync(manifest)) continue
    await trustedProgram(manifest)
    present.push(folder)
  }
  return present
}

async function fromPackages(
  root: () => string,
  folders: readonly string[],
  signal: AbortSignal,
): Promise<LoadedPlugin[]> {
  if (folders.length === 0) return []
  const {loadPackages} = await import('./load-packages.js')
  const brought = await abortable(signal, loadPackages(root(), folders))
  return brought.map(({plugin, from}) => ({plugin: checkedPlugin(plugin, from), from}))
}

async function fromFile({name, path}: SitePluginSources['files'][number], signal: AbortSignal): Promise<LoadedPlugin> {
  let module: {readonly default?: unknown}
  try {
    const program = await trustedProgram(path)
    module = (await abortable(signal, import(pathToFileURL(program).href))) as typeof module
  } catch (error) {
    signal.throwIfAborted()
    throw new PluginLoadError(`${name} (${path})`, reason(error), error)
  }
  const plugin = checkedPlugin(module.default, path)
  if (plugin.name !== name)
    throw new PluginLoadError(
      `${name} (${path})`,
      `its own name is ${plugin.name}; the configuration must call it that`,
    )
  return {plugin, from: path}
}
