import {Config} from '@oclif/core/config'
import {ExitError} from '@oclif/core/errors'
import {run} from '@oclif/core/run'
import {ConfigCheck} from './commands/config/check.js'
import {ConfigPath} from './commands/config/path.js'
import {ConfigSchema} from './commands/config/schema.js'
import {ConfigShow} from './commands/config/show.js'
import {Finish} from './commands/finish.js'
import {Plugins} from './commands/plugins/index.js'
import {PluginsNew} from './commands/plugins/new.js'
import {Run} from './commands/run.js'
import {Setup} from './commands/setup.js'
import {schemaOf} from './config/schema.js'
import {UnknownCommandError} from './errors.js'
import {BUILT_IN} from './plugins/index.js'

export {COMMAND_NOT_FOUND} from './hooks/command-not-found.js'
export {RunHelp as HELP} from './commands/help.js'

/** What oclif understands where a command should stand. */
const OCLIF_OWN = ['--help', '--version']

/** The commands, by id, as oclif looks them up. */
export const COMMANDS = {
  run: Run,
  finish: Finish,
  setup: Setup,
  plugins: Plugins,
  'plugins:new': PluginsNew,
  'config:show': ConfigShow,
  'config:check': ConfigCheck,
  'config:path': ConfigPath,
  'config:schema': ConfigSchema,
}

/** The JSON Schema that is published with the package: of a configuration that may also speak of plugins of a site. */
export const SCHEMA = schemaOf(BUILT_IN, true)

/**
 * Answers a line by oclif: help, the version, and every command but `run`. Its errors are thrown.
 *
 * @returns the exit status that the command asks for
 * @throws {UnknownCommandError}
 */
export async function exitStatusByOclif(argv: readonly string[], root: string): Promise<number> {
  const config = await Config.load({root, userPlugins: false, devPlugins: false})
  const words = spelledForOclif(argv)
  const [command = '--help'] = words
  if (command.startsWith('-') && !OCLIF_OWN.includes(command)) throw new UnknownCommandError(undefined)
  const known = config.commandIDs.map((id) => id.split(':', 1)[0])
  try {
    // oclif would look for the topic of help first.
    if (!command.startsWith('-') && !known.includes(command)) await config.runCommand(command)
    else await run(words, config)
    return 0
  } catch (error) {
    if (error instanceof ExitError) return error.oclif.exit ?? 0
    throw error
  }
}

/** `help` and `-h` are what people try; oclif knows `--help`, behind what it is about. */
function spelledForOclif([first, ...rest]: readonly string[]): string[] {
  if (first === undefined) return []
  return first === 'help' || first === '-h' ? [...rest, '--help'] : [first, ...rest]
}
