import {DockerodeEngine} from '../docker/dockerode-engine.js'
import {socketPath} from '../docker/address.js'
import {loadSettings} from '../config/load.js'
import {settingsInForce, type Settings} from '../config/settings.js'
import type {OptionValues, OptionDeclarations} from '../options/option.js'
import {openNotifier} from '../systemd/notifier.js'
import {describeRun} from './dry-run.js'
import {endingOf, type Ending} from './exit-status.js'
import {declarationsOf} from './gather.js'
import {runContainer} from './lifecycle.js'
import {parseRun, type Line} from './line.js'
import type {Log} from './log.js'
import {OWN_OPTIONS} from './own-options.js'
import {Pipeline, type Member} from './pipeline.js'
import {Releases} from './release.js'
import type {Host, RunPlugin} from './run-plugin.js'
import type {StopRequests} from './stop.js'

const REMOVAL_PATIENCE_MS = 10_000

/** What the process that runs us gives a run. */
export interface Process {
  readonly env: Readonly<NodeJS.ProcessEnv>
  readonly cwd: string
  readonly log: Log
  readonly stop: StopRequests
  readonly print: (text: string) => void
}

/** Runs the container that a line asks for, and says how this process is to end. Throws what its stations throw. */
export async function run(
  line: Line,
  plugins: readonly RunPlugin[],
  {env, cwd, log, stop, print}: Process,
): Promise<Ending> {
  const declarations = {...OWN_OPTIONS, ...declarationsOf(plugins)}
  const settings = settingsInForce(declarations, line.given, env, await loadSettings(declarations))
  const order = await parseRun(line.rest, {env, cwd})
  const engine = new DockerodeEngine(socketPath(env))
  const releases = new Releases()
  const members = membersOf(plugins, settings, {env, log, engine})
  const pipeline = new Pipeline(members, stop.signal, releases, log)

  if (settings['dry-run'] === true) {
    print(`${await describeRun(order, pipeline)}\n`)
    return {status: 0}
  }
  const notifier = openNotifier(env)
  const outcome = await runContainer({
    order,
    pipeline,
    releases,
    engine,
    notifier,
    log,
    stop,
    removalPatience: REMOVAL_PATIENCE_MS,
  })
  return outcome.kind === 'handed-over' ? {status: 0} : endingOf(outcome.exit.code, stop.asked)
}

/** The plugins that take part, each set up with the values of its own options. */
function membersOf(plugins: readonly RunPlugin[], settings: Settings, host: Host): Member[] {
  return plugins.flatMap((plugin) => {
    const own = Object.fromEntries(Object.keys(plugin.options).map((name) => [name, settings[name]]))
    const hooks = plugin.setup(own as OptionValues<OptionDeclarations>, host)
    return hooks === undefined ? [] : [{name: plugin.name, hooks}]
  })
}
