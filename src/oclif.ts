import {Config} from '@oclif/core/config'
import {run} from '@oclif/core/run'
import {Run} from './commands/run.js'

export {gatherSitePlugins} from './run/site-plugins.js'
export {RUN_PLUGINS} from './hooks/run-plugins.js'
export {RunHelp as HELP} from './help.js'

/** The commands, by id, as oclif looks them up. */
export const COMMANDS = {run: Run}

/**
 * Answers a line by oclif: help, the version, and every command but `run`. Its errors, which carry the exit status that oclif wants, are
 * thrown.
 */
export async function performByOclif(argv: readonly string[], root: string): Promise<void> {
  const [first, ...rest] = argv
  const words = first === 'help' ? [...rest, '--help'] : [...argv]
  await run(words, await Config.load({root, userPlugins: false, devPlugins: false}))
}
