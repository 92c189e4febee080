import {resolve} from 'node:path'
import type {Settings} from '../config/settings.js'
import {PluginError} from '../errors.js'
import type {Engine} from '../docker/engine.js'
import {execWords} from '../docker/exec-words.js'
import {proxyVariables} from '../docker/client/proxies.js'
import {duration} from '../docker/run-options/values/duration.js'
import {commandDeadline} from '../systemd/deadline.js'
import {openNotifier, type Notifier} from '../systemd/notifier.js'
import type {OptionValue} from '../options/option.js'
import {isStartedForUnit, type OwnNames, type UnitName} from '../systemd/unit.js'
import {commandOf, isBesideMain, type UnitCommand} from '../systemd/command.js'
import {watchdogInterval} from '../systemd/watchdog.js'
import {detachmentOf} from './detach.js'
import {describeRun} from './dry-run.js'
import {processEndOf, type ProcessEnd} from '../lifecycle/exit-status.js'
import {warnUnlessHeard} from '../systemd/notify-access.js'
import {inForce, ownOptions, type Site} from './site.js'
import {whenUnhealthy, type WhenUnhealthy} from '../lifecycle/health.js'
import {runContainer} from '../lifecycle/lifecycle.js'
import {parseRunRequest, type CommandLine} from './command-line.js'
import type {Invocation} from '../pipeline/labels.js'
import {NAME_IN_USE_MS} from '../limits.js'
import type {Log} from '../log.js'
import {Pipeline, type Member} from '../pipeline/pipeline.js'
import type {LoadedPlugin} from '../pipeline/validate.js'
import {CleanupStack} from '../pipeline/cleanup.js'
import type {Host, RunHooks} from '../pipeline/contract.js'
import type {ProcessSignals} from '../lifecycle/signals.js'
import {traced} from '../pipeline/trace.js'

const NANOSECONDS_PER_MILLISECOND = 1e6

/** What the process that runs us gives a run. */
export interface ProcessInput {
  readonly env: Readonly<NodeJS.ProcessEnv>
  /** The same with what the line says to docker's client in place of its variables. */
  readonly clientEnv: Readonly<NodeJS.ProcessEnv>
  readonly engine: Engine
  readonly cwd: string
  readonly names: OwnNames
  readonly log: Log
  readonly stop: ProcessSignals
  readonly print: (text: string) => void
  /** Called once the container runs. */
  readonly onRunning?: (() => void) | undefined
}

/** Runs the container that a line asks for, and says how this process is to end. Throws what its stations throw. */
export async function run(
  line: CommandLine,
  site: Site,
  {env: given, clientEnv, engine, cwd, names, log, stop, print, onRunning}: ProcessInput,
): Promise<ProcessEnd> {
  // What a command beside the main process says to systemd would be taken for the main process's word.
  const env = isBesideMain(given) ? {...given, NOTIFY_SOCKET: undefined} : given
  const {settings, switches} = inForce(site, line.given, env, names)
  const cleanup = new CleanupStack()
  const switchedOn = site.plugins.filter(({plugin}) => switches.get(plugin.name)?.on)
  const unit = invocationOf(env, names)
  const handover = settings['handover']?.value === true
  const engineTimeout = engineTimeoutOf(settings)
  const unhealthy = unhealthyOf(settings, env, log)
  const reloadExec = reloadExecOf(settings)
  const around = {env, cwd, proxies: proxyVariables(engine.address, clientEnv), signal: stop.signal}
  const runRequest = await parseRunRequest(line.rest, around, site.declarations)
  const isUnheard = env['NOTIFY_SOCKET'] === undefined
  let command: Promise<UnitCommand | undefined> | undefined
  const asked = unit ?? serviceAround(names)
  const askCommand = asked === undefined ? undefined : () => (command ??= commandOf(asked, env, stop.signal))
  // The answer takes a while.
  if (isUnheard && unit !== undefined) void askCommand?.()
  const isDetached = runRequest.detached === true && !handover && askCommand !== undefined
  const pidFile = pathOf(settings['pid-file']?.value, cwd)
  const detached = isDetached ? detachmentOf(await askCommand(), pidFile, log) : undefined
  const members = [
    ...membersOf(switchedOn, settings, {env, log, engine, unit, handover, detached, stopping: stop.stopping}),
    ...(detached === undefined ? untold(unit, env, settings) : []),
    ...unwatched(env, settings),
    ...acting(settings),
  ]
  const {debug} = log
  if (debug !== undefined) sayWhatIsInForce(debug, {site, settings, switches, unit})
  const pipeline = new Pipeline(debug === undefined ? members : traced(members, debug), stop.signal, cleanup, log)

  if (settings['dry-run']?.value === true) {
    const withValues = settings['dry-run-values']?.value === true
    const isShown = (entry: string): boolean => withValues || line.rest.some((word) => word.endsWith(entry))
    print(`${await describeRun(runRequest, unit, pipeline, isShown)}\n`)
    return {status: 0}
  }
  await warnUnlessHeard(unit, env, log, stop.signal)
  let notifier: Notifier | undefined
  const outcome = await runContainer({
    runRequest,
    pipeline,
    cleanup,
    engine,
    openNotifier: () => (notifier ??= openNotifier(env, debug)),
    askDeadline: unit === undefined ? undefined : () => commandDeadline('start', unit, env, stop.signal),
    engineTimeout,
    pull: async ({body, platform}, signal) => {
      // Few runs fetch their image.
      const {pullImage} = await import('../lifecycle/pull-image.js')
      const terminal = runRequest.quiet || !process.stderr.isTTY ? undefined : process.stderr
      const around = {engine, env: clientEnv, notifier: openNotifier(env, debug), terminal, log}
      await pullImage(body.Image, platform, around, signal)
    },
    log,
    stop,
    onRunning,
    unit,
    unitAround: names.unit === undefined ? undefined : {name: names.unit, manager: names.manager},
    handover,
    detached,
    askCommand,
    isUnheard,
    pidOptions: pidOptionsOf(switchedOn, settings),
    removalPatience: NAME_IN_USE_MS,
    watchdog: watchdogInterval(env),
    unhealthy,
    reloadExec,
  })
  return outcome.kind === 'handed-over' ? {status: 0} : processEndOf(outcome.exit.code, stop.asked)
}

/** The unit that this process was started for, if any. */
export function invocationOf(env: Readonly<NodeJS.ProcessEnv>, {unit, manager}: OwnNames): Invocation | undefined {
  const {INVOCATION_ID: id} = env
  return id === undefined || unit === undefined || !isStartedForUnit(env) ? undefined : {name: unit, manager, id}
}

/** The service in whose cgroup this process is, although sudo, for one, has taken the unit's variables away. */
function serviceAround({unit: name, manager}: OwnNames): UnitName | undefined {
  return name?.endsWith('.service') === true ? {name, manager} : undefined
}

/** Says where everything came from. Values are not said: an option of a site's plugin may hold a secret. */
function sayWhatIsInForce(
  say: (line: string) => void,
  {site, settings, switches, unit}: {site: Site; unit: Invocation | undefined} & ReturnType<typeof inForce>,
): void {
  say(unit === undefined ? 'in no unit' : `in ${unit.name} of the ${unit.manager} manager, invocation ${unit.id}`)
  say(`configuration: ${site.files.map(({path}) => path).join(', ') || 'none'}`)
  for (const [name, {value, origin}] of Object.entries(settings))
    if (value !== undefined && origin !== 'default') say(`option ${name}: by ${origin}`)
  for (const [name, {on, origin}] of switches) say(`plugin ${name}: ${on ? 'on' : 'off'}, by ${origin}`)
}

/** The plugins that take part, each set up with the values of its own options. */
function membersOf(plugins: readonly LoadedPlugin[], settings: Settings, host: Host): Member[] {
  return plugins.flatMap(({plugin}) => {
    let hooks: Partial<RunHooks> | undefined
    try {
      hooks = plugin.setup(ownOptions(plugin, settings), host)
    } catch (error) {
      throw new PluginError(plugin.name, 'setup', error)
    }
    return hooks === undefined ? [] : [{name: plugin.name, hooks}]
  })
}

/** How long the Engine is waited for, in milliseconds, where somebody has set it. @throws {BadValueError} */
function engineTimeoutOf(settings: Settings): number | undefined {
  const value = settings['engine-timeout']?.value
  return typeof value === 'string' ? duration(value, '--engine-timeout') / NANOSECONDS_PER_MILLISECOND : undefined
}

/** What the line does about a container that turns unhealthy. @throws {BadValueError} */
function unhealthyOf(
  settings: Settings,
  {NOTIFY_SOCKET}: Readonly<NodeJS.ProcessEnv>,
  log: Log,
): WhenUnhealthy | undefined {
  const value = settings['unhealthy']?.value
  if (typeof value !== 'string') return undefined
  const when = whenUnhealthy(value)
  if (when !== 'watchdog' || NOTIFY_SOCKET !== undefined) return when
  log.warn(
    '--unhealthy=watchdog only logs: systemd set no NOTIFY_SOCKET (the unit needs Type=notify and NotifyAccess=all)',
  )
  return 'log'
}

/** What is run in the container on a reload, word by word. @throws {BadValueError} */
function reloadExecOf(settings: Settings): readonly string[] | undefined {
  const value = settings['reload-exec']?.value
  return typeof value === 'string' ? execWords(value, '--reload-exec') : undefined
}

function pathOf(value: OptionValue, cwd: string): string | undefined {
  return typeof value === 'string' && value !== '' ? resolve(cwd, value) : undefined
}

/** The options of the line that need the container's PID on this host, besides `--handover`. */
function pidOptionsOf(plugins: readonly LoadedPlugin[], settings: Settings): string[] {
  const isOn = plugins.some(({plugin}) => plugin.name === 'pid-file')
  return isOn && (settings['pid-file']?.value ?? '') !== '' ? ['--pid-file'] : []
}

/**
 * A unit of Type=simple or exec ends when this process does, and systemd would kill the container that stays in it:
 * without a socket to name it as the main process, and without the pid file of Type=forking, this process stays.
 */
function untold(unit: Invocation | undefined, env: Readonly<NodeJS.ProcessEnv>, settings: Settings): Member[] {
  const canTell = env['NOTIFY_SOCKET'] !== undefined || (settings['pid-file']?.value ?? '') !== ''
  if (unit === undefined || canTell) return []
  return [
    {
      name: 'systemd-docker',
      hooks: {resident: () => 'the unit has no Type=notify, so the container could not be its main process'},
    },
  ]
}

/** What some options ask for is done while the container runs. */
function acting(settings: Settings): Member[] {
  const unhealthy = settings['unhealthy']?.value ?? 'ignore'
  const options = [
    ...(unhealthy === 'ignore' ? [] : [`--unhealthy=${String(unhealthy)}`]),
    ...(settings['reload-exec']?.value === undefined ? [] : ['--reload-exec']),
  ]
  return options.map((option) => ({
    name: 'systemd-docker',
    hooks: {resident: () => `${option} needs systemd-docker while the container runs`},
  }))
}

/**
 * systemd kills a unit with `WatchdogSec=` that it does not hear from: nobody but us, or a container that has its
 * socket, can tell it anything.
 */
function unwatched(env: Readonly<NodeJS.ProcessEnv>, settings: Settings): Member[] {
  const isDelegated =
    [true, 'relay', 'raw'].some((way) => settings['notify']?.value === way) || settings['ready']?.value === 'container'
  if (watchdogInterval(env) === undefined || isDelegated) return []
  return [
    {
      name: 'systemd-docker',
      hooks: {resident: () => 'the unit has WatchdogSec=, which the container does not answer without --notify'},
    },
  ]
}
