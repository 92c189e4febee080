import {settingsInForce} from '../config/settings.js'
import type {UnitNames} from '../config/specifiers.js'
import {reason} from '../errors.js'
import {FINISH_LOAD_MS} from '../limits.js'
import type {Log} from '../log.js'
import type {FinishingPlugin} from '../pipeline/finish-plugins.js'
import {BUILT_IN} from '../plugins/index.js'
import {withTimeout} from '../timing.js'
import {declarationsOf, layersFor, ownOptions, readSite, type Site, type SiteInput} from './site.js'

/**
 * The plugins that a unit is finished with, in the pipeline's order, switched on or not, with what the
 * configuration and the environment say of their options. Where these cannot be read, or a plugin cannot be
 * loaded, those that come with the product: the container has ended all the same.
 */
export async function pluginsAtFinish(
  where: SiteInput,
  names: UnitNames,
  log: Log,
): Promise<readonly FinishingPlugin[]> {
  try {
    return withOptions(await withTimeout(FINISH_LOAD_MS, readSite(where)), where.env, names)
  } catch (error) {
    log.warn(`the plugins of the site are not called at the end of the container: ${reason(error)}`)
    const plugins = BUILT_IN.map((plugin) => ({plugin, from: 'systemd-docker'}))
    return withOptions({files: [], plugins, declarations: declarationsOf(plugins)}, {}, names)
  }
}

function withOptions(site: Site, env: Readonly<NodeJS.ProcessEnv>, names: UnitNames): FinishingPlugin[] {
  const settings = settingsInForce(site.declarations, [], env, layersFor(site, names), names)
  return site.plugins.map(({plugin}) => ({plugin, options: ownOptions(plugin, settings)}))
}
