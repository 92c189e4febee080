import {Config} from '@oclif/core/config'
import {run} from '@oclif/core/run'
import {Run} from './commands/run.js'
import {UnknownCommandError} from './errors.js'
import {nearest} from './options/nearest.js'

export {gatherSitePlugins} from './run/site-plugins.js'
export {RUN_PLUGINS} from './hooks/run-plugins.js'
export {RunHelp as HELP} from './help.js'

/** The commands, by id, as oclif looks them up. */
export const COMMANDS = {run: Run}

/**
 * Answers a line by oclif: help, the version, and every command but `run`. Its errors are thrown.
 *
 * @throws {UnknownCommandError}
 */
export async function performByOclif(argv: readonly string[], root: string): Promise<void> {
  const config = await Config.load({root, userPlugins: false, devPlugins: false})
  const words = spelledForOclif(argv)
  const [command = '--help'] = words
  const known = config.commandIDs.map((id) => id.split(':', 1)[0] ?? id)
  if (!command.startsWith('-') && !known.includes(command))
    throw new UnknownCommandError(command, nearest(command, known))
  await run(words, config)
}

/** `help` and `-h` are what people try; oclif knows `--help`, behind what it is about. */
function spelledForOclif([first, ...rest]: readonly string[]): string[] {
  if (first === undefined) return []
  return first === 'help' || first === '-h' ? [...rest, '--help'] : [first, ...rest]
}
