import {access} from 'node:fs/promises'
import {join} from 'node:path'
import {refuseUntrusted} from '../config/trust.js'
import {PluginLoadError} from '../errors.js'
import type {OptionDeclarations} from '../options/option.js'
import {BUILT_IN} from '../plugins/index.js'
import {CONTRACT_VERSION, type RunPlugin} from './run-plugin.js'

/** Where a host keeps plugins of its own: folders that `npm install` was run in. */
export const SITE_FOLDERS = ['/etc/systemd-docker/plugins', '/usr/local/lib/systemd-docker/plugins']

/**
 * The plugins of a run, in the pipeline's order: those that come with the product, then the site's. oclif, which carries the site's, is loaded
 * only on hosts that have any.
 *
 * @throws {PluginLoadError} {@link ConfigurationError} when a folder may be written by others
 */
export async function gatherPlugins(
  root: string,
  siteFolders: readonly string[] = SITE_FOLDERS,
): Promise<readonly RunPlugin[]> {
  const folders: string[] = []
  for (const folder of siteFolders) {
    const manifest = join(folder, 'package.json')
    if (!(await exists(manifest))) continue
    await refuseUntrusted(manifest)
    folders.push(folder)
  }
  if (folders.length === 0) return BUILT_IN
  const {gatherSitePlugins} = await import('../oclif.js')
  return refuseConflicts([...BUILT_IN, ...(await gatherSitePlugins(root, folders))])
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

/** Checks that plugins can live together, and returns them. @throws {PluginLoadError} on a name or an option that two of them claim */
export function refuseConflicts(plugins: readonly RunPlugin[]): readonly RunPlugin[] {
  const owners = new Map<string, string>()
  const claim = (what: string, name: string): void => {
    const owner = owners.get(what)
    if (owner !== undefined) throw new PluginLoadError(name, `${what} is taken by plugin ${owner}`)
    owners.set(what, name)
  }
  for (const {name, contract = 1, options} of plugins) {
    if (contract > CONTRACT_VERSION)
      throw new PluginLoadError(
        name,
        `it is made for version ${String(contract)} of the plugin contract, and this program has ${String(CONTRACT_VERSION)}`,
      )
    claim(`the name ${name}`, name)
    for (const [option, {char}] of Object.entries(options)) {
      claim(`the option --${option}`, name)
      if (char !== undefined) claim(`the option -${char}`, name)
    }
  }
  return plugins
}

/** The options of all plugins, by long name. */
export function declarationsOf(plugins: readonly RunPlugin[]): OptionDeclarations {
  return Object.assign({}, ...plugins.map(({options}) => options)) as OptionDeclarations
}
