import type {OptionDeclarations, OptionValues} from '../options/option.js'
import {reason} from '../errors.js'
import {HOOK_AFTER_MS} from '../limits.js'
import {abortable, withTimeout} from '../timing.js'
import type {FinishContext, Host, RunPlugin} from './contract.js'

/** A plugin, and what is known of its options at the end of a unit. */
export interface FinishingPlugin {
  readonly plugin: RunPlugin
  readonly options: OptionValues<OptionDeclarations>
}

/**
 * Lets every plugin do what is left to be done at the end of a container, in reverse order, each whatever the
 * others did. One that is still at it when the signal aborts, or after ten seconds, is left to itself.
 */
export async function finishPlugins(
  plugins: readonly FinishingPlugin[],
  context: Omit<FinishContext, 'options'>,
  host: Omit<Host, 'handover' | 'detached' | 'stopping'>,
): Promise<void> {
  const {log} = host
  for (const {plugin, options} of plugins.toReversed()) {
    if (plugin.finish === undefined) continue
    const begun = performance.now()
    try {
      const finishing = Promise.resolve(plugin.finish({...context, options}, host))
      await abortable(context.signal, withTimeout(HOOK_AFTER_MS, finishing))
    } catch (error) {
      log.warn(`${plugin.name} (finish): ${reason(error)}`)
    }
    log.debug?.(`finish: ${plugin.name} took ${(performance.now() - begun).toFixed(1)} ms`)
  }
}
