import {Config} from '@oclif/core/config'
import {PluginLoadError, reason} from '../errors.js'
import './oclif-event.js'

/**
 * What the oclif plugins in the given folders bring for the pipeline. A folder is one that npm installs into: every
 * dependency in its package.json that is an oclif plugin is asked.
 *
 * oclif asks all at once, in no fixed order, and keeps what they throw to itself, so that the answers are sorted by the
 * package's name here and the first failure is thrown.
 *
 * @param root the directory of this program's own package
 * @throws {PluginLoadError}
 */
export async function loadPackages(
  root: string,
  folders: readonly string[],
): Promise<{plugin: unknown; from: string}[]> {
  const answers: {name: string; plugins: unknown}[] = []
  for (const path of folders) {
    const config = await Config.load({
      root,
      pluginAdditions: {core: ['*'], path},
      // What is in the caller's home must not change what a unit does.
      userPlugins: false,
      devPlugins: false,
    })
    const {failures, successes} = await config.runHook('run:plugins', {})
    const [failure] = failures
    if (failure !== undefined) throw new PluginLoadError(failure.plugin.name, reason(failure.error), failure.error)
    for (const {plugin, result} of successes)
      if (plugin.name !== config.name) answers.push({name: plugin.name, plugins: result})
  }
  return answers
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({name, plugins}) => {
      if (!Array.isArray(plugins)) throw new PluginLoadError(name, 'its hook run:plugins must give an array of plugins')
      return plugins.map((plugin: unknown) => ({plugin, from: name}))
    })
}
