import {constants} from 'node:os'
import {DefectError, EXIT_OURS, SystemdDockerError, UnknownCommandError, reason} from './errors.js'
import {declarationsOf, gatherPlugins} from './run/gather.js'
import {asksForHelp, parseLine} from './run/line.js'
import type {Ending} from './run/exit-status.js'
import {openLog} from './run/log.js'
import {OWN_OPTIONS} from './run/own-options.js'
import {run} from './run/run.js'
import {StopRequests} from './run/stop.js'

/** The words that oclif answers: they stand first on a line, and a run never begins with them. */
const OCLIF_FIRST = new Set(['--help', '-h', 'help', '--version', undefined])

/**
 * The program: a line with `run` is run right here, as it starts with every unit; for help, and every other command, oclif is loaded.
 *
 * @param root the directory of this program's package
 */
export async function main(root: string): Promise<void> {
  const argv = process.argv.slice(2)
  const log = openLog()
  const stop = new StopRequests()
  const unlisten = stop.listen()
  // Node ends with status 0 when nothing is left to wait for, even in the middle of an await.
  process.once('beforeExit', () => {
    log.error(new DefectError('the run ended with work unfinished').message)
    process.exitCode = EXIT_OURS
  })
  end(await perform(argv, root, log, stop), unlisten)
}

async function perform(
  argv: readonly string[],
  root: string,
  log: ReturnType<typeof openLog>,
  stop: StopRequests,
): Promise<Ending> {
  try {
    if (OCLIF_FIRST.has(argv[0])) return await viaOclif(argv, root)
    const plugins = await gatherPlugins(root)
    const line = parseLine(argv, {...OWN_OPTIONS, ...declarationsOf(plugins)})
    if (line.command === undefined) throw new UnknownCommandError(undefined)
    if (line.command !== 'run') return await viaOclif(argv, root)
    if (asksForHelp(line.rest)) return await viaOclif(['run', '--help'], root)
    const print = (text: string): void => void process.stdout.write(text)
    return await run(line, plugins, {env: process.env, cwd: process.cwd(), log, stop, print})
  } catch (error) {
    const stopped: unknown = stop.signal.reason
    if (stop.asked !== undefined && stop.signal.aborted) {
      log.info(reason(stopped))
      return {signal: stop.asked}
    }
    log.error(reason(error))
    return {status: error instanceof SystemdDockerError ? error.exitStatus : EXIT_OURS}
  }
}

async function viaOclif(argv: readonly string[], root: string): Promise<Ending> {
  const {performByOclif} = await import('./oclif.js')
  await performByOclif(argv, root)
  return {status: 0}
}

function end(ending: Ending, unlisten: () => void): never {
  unlisten()
  if ('signal' in ending) {
    process.kill(process.pid, ending.signal)
    process.exit(128 + constants.signals[ending.signal])
  }
  process.exit(ending.status)
}
