import type {CreateRequest} from '../docker/create-request.js'
import type {ContainerEvent, Health, RestartPolicy, Watch} from '../docker/engine.js'
import {
  EngineElsewhereError,
  HandoverError,
  KillSignalError,
  RefusedOptionError,
  ReloadSignalError,
  UnitTypeError,
  reason,
} from '../errors.js'
import {NO_DEADLINE, stopDeadline, type Deadline} from '../systemd/deadline.js'
import type {UnitName} from '../systemd/unit.js'
import {unitOutput} from '../systemd/unit-output.js'
import {unitStop, type UnitStop} from '../systemd/unit-stop.js'
import {systemdVersion} from '../systemd/version.js'
import type {Notifier} from '../systemd/notifier.js'
import {handlesSignal, hasOwnPids, type HostProcess} from '../kernel/process.js'
import {isRealtime} from '../kernel/signal-names.js'
import {propertiesOf} from '../systemd/properties.js'
import {describeEnd, needsWords} from './exit-status.js'
import {findInit as findInitHere} from '../kernel/container-init.js'
import {EarlyLook, bareName} from './name-lookup.js'
import {ensureContainer, takeBack, type EnsuredContainer, type EnsureInput} from './ensure-container.js'
import {EARLY_END_NOTICE_MS, OUTPUT_END_MS, START_SYSTEMCTL_ANSWER_MS} from '../limits.js'
import {NEVER_ABORTED, sleep, abortable, clampTimer, requestsWritten, withTimeout} from '../timing.js'
import type {Log} from '../log.js'
import type {CleanupStack} from '../pipeline/cleanup.js'
import type {Detachment, ExitReport} from '../pipeline/contract.js'
import {foreseeStop, realtimeKillSignal} from './foresee-stop.js'
import {describeHealth, type WhenUnhealthy} from './health.js'
import {KeepAlive} from './keep-alive.js'
import {takeOffRestartPolicy, type RestartPolicyTakenOff} from './restart-policy.js'
import type {ProcessSignals} from './signals.js'
import {shedMemoryLater} from './shed-memory.js'
import {STATUS, runningSince, tellIfSlow} from './status.js'
import {supervise} from './supervise.js'
import {untilReady} from './until-ready.js'
import {waitForEngine} from './wait-for-engine.js'

/** The first systemd that looks whether a main process handles the signal of its reloads. */
const HANDLED_RELOAD_VERSION = 262

/** What a run is made of. */
export interface RunInput extends EnsureInput {
  readonly cleanup: CleanupStack
  /** Asks systemd until when the unit must have started; absent outside of any. */
  readonly askDeadline: (() => Promise<Deadline | undefined>) | undefined
  /** How long an Engine that is not up yet is waited for, in milliseconds, as the line has it. */
  readonly engineTimeout?: number | undefined
  /** The unit whose cgroup this process is in, for whatever it was started. */
  readonly unitAround?: UnitName | undefined
  /** Whether the line asks that nobody of ours stays. */
  readonly handover: boolean
  /** What `--detach` comes to; nothing where it is not on the line, or has no effect. */
  readonly detached?: Detachment | undefined
  /** Whether systemd takes no word of this process, so that its answer to that question has to be waited for. */
  readonly isUnheard?: boolean
  /** The options of the line, besides that, that cannot be done where the Engine's PIDs are not this host's. */
  readonly pidOptions?: readonly string[]
  /** How often systemd is told that this process is well, in milliseconds; nothing where it does not ask. */
  readonly watchdog?: number | undefined
  /**
   * What happens when the container turns unhealthy, as the line has it; nothing for a line in the journal or, in a
   * unit with `WatchdogSec=`, for what systemd does when that is missed.
   */
  readonly unhealthy?: WhenUnhealthy | undefined
  /** What is run in the container on a reload, word by word; nothing where it is sent the signal. */
  readonly reloadExec?: readonly string[] | undefined
  /** Finds a container's init on this host. */
  readonly findInit?: typeof findInitHere
  /** Called once the container runs. */
  readonly onRunning?: (() => void) | undefined
}

/** How our part of a run ended: with the container's own end, or by leaving the container to systemd. */
export type RunOutcome = {readonly kind: 'ended'; readonly exit: ExitReport} | {readonly kind: 'handed-over'}

/**
 * One run, from the create request to the container's end.
 *
 * Whatever fails before systemd was told that the container is ready takes back all that was done: the container is
 * stopped and, when this run made it, removed. After that the container's end is ours.
 */
export async function runContainer(run: RunInput): Promise<RunOutcome> {
  try {
    const outcome = await abortable(lastMoment(run), walk(run))
    // What was acquired for a container that is handed over is the container's now.
    if (outcome.kind === 'ended') await run.cleanup.unwind(run.log.warn)
    return outcome
  } catch (error) {
    await run.cleanup.unwind(run.log.warn)
    throw error
  }
}

/**
 * Aborts when a run that was asked to stop has to be left as it is: it takes back what the Engine did for it, and that
 * may hang until systemd kills us.
 */
function lastMoment({stop: {signal}, unit, cleanup, log}: RunInput): AbortSignal {
  const moment = new AbortController()
  if (unit === undefined) return moment.signal
  const over = new AbortController()
  const giveUp = async (): Promise<void> => {
    const {leave = Infinity} = (await stopDeadline(unit, over.signal)) ?? {}
    if (!Number.isFinite(leave)) return
    await sleep(clampTimer(leave - performance.now()), over.signal)
    if (over.signal.aborted) return
    log.warn('the Engine takes too long; what it was asked for may be left behind')
    moment.abort(signal.reason)
  }
  let givingUp: Promise<void> | undefined
  cleanup.defer('stop waiting for the last moment of a stop', async () => {
    over.abort()
    await givingUp
  })
  signal.addEventListener('abort', () => {
    givingUp = giveUp()
  })
  return moment.signal
}

async function walk(run: RunInput): Promise<RunOutcome> {
  const {runRequest, pipeline, engine, stop, cleanup, log, detached} = run
  const {signal} = stop
  const isUp = waitForEngine(run)
  const {name: wanted} = runRequest.request
  const look = wanted === undefined ? undefined : new EarlyLook(engine, bareName(wanted), signal)
  await isUp
  await pipeline.resolve(runRequest.request)
  let resident = mustStay(run)
  if (resident) await refuseEndlessStart(run)
  else if (detached === undefined) resident = !(await mayBeLeft(run))
  const asking = new AbortController()
  let asked: Promise<UnitStop | undefined> | undefined
  const askUnit = (): typeof asked =>
    (asked ??= run.unit && unitStop(run.unit, asking.signal, START_SYSTEMCTL_ANSWER_MS))
  cleanup.defer('stop asking how the unit is stopped', async () => {
    asking.abort()
    await asked
  })
  const since = Date.now()
  const obtained = await ensureContainer(run, {
    look,
    // The answer is there before the Engine has a container.
    whileCreating: () => {
      if (resident && !asking.signal.aborted) void askUnit()
    },
  })
  const {container, origin, predecessors} = obtained
  log.debug?.(`container ${container.id}: ${origin}`)
  const name = runRequest.request.name ?? container.id.slice(0, 12)
  const following = new AbortController()
  cleanup.defer('stop following the container', () => {
    following.abort()
  })
  // Beside what the plugins do before the start.
  const followed = follow(run, obtained, since, following.signal)
  followed.catch(() => undefined)

  let begun: Begun
  let seen: Seen
  let unitSaid: UnitStop | undefined
  let who: 'delegated' | undefined
  let policy: RestartPolicyTakenOff | undefined
  try {
    unitSaid = resident ? await askUnit() : undefined
    if (unitSaid !== undefined) hearSystemd(stop, unitSaid)
    unitOutput.takesPrefix = unitSaid?.ignoresLevelPrefix !== true
    await pipeline.start(container)
    begun = await begin(run, obtained, name, await followed)
    run.onRunning?.()
    seen = await see(run, obtained, begun.watch)
    const {init} = seen
    const {restartPolicy} = seen
    if (origin !== 'created' && restartPolicy !== undefined && run.unit !== undefined)
      policy = await takeOffRestartPolicy(run, {id: container.id, name}, restartPolicy)
    if (init !== undefined) {
      await pipeline.started({...container, pid: init.pid})
      // A container that was there before may be elsewhere than one that is made.
      resident ||= mustStay(run)
    }
    if (unitSaid !== undefined) await warnOfStop(unitSaid, seen, log)
    const {isRunning} = seen
    const {watch, notifier} = begun
    const acts: (() => void)[] = []
    const afterwards = (act: () => void): void => void acts.push(act)
    who = await untilReady({container, isRunning, init, watch, engine, pipeline, notifier, afterwards, log, signal})
    if (pipeline.awaited().length > 0) seen = await seenAgain(run, container.id, seen)
    for (const predecessor of predecessors) await predecessor.leave(signal)
    // Nobody follows the health of a container that is left to systemd.
    const health = resident ? describeHealth(seen.health) : ''
    await begun.notifier.send(
      ...(resident || detached !== undefined || init === undefined ? [] : [`MAINPID=${String(init.pid)}`]),
      // One that was taken over has said it already, if it ever does; one that is over already was ready, as far as
      // anybody can tell.
      ...((who === 'delegated' && origin !== 'adopt') || detached !== undefined ? [] : ['READY=1']),
      `STATUS=${STATUS.container(name, seen.isPaused ? 'paused' : `${runningSince(seen.startedAt)}${health}`)}`,
    )
    signal.throwIfAborted()
    for (const act of acts) act()
  } catch (error) {
    await takeBack(run, obtained)
    await policy?.putBack()
    throw error
  }
  if (detached !== undefined && seen.isRunning) return {kind: 'handed-over'}
  if (!resident && seen.init !== undefined && (await isTakenOver(run))) return {kind: 'handed-over'}

  const {startTook, events, watch, notifier} = begun
  const {init, startedAt} = seen
  if (run.unhealthy !== undefined && run.unhealthy !== 'ignore' && seen.isRunning && seen.health === undefined)
    log.warn(
      `container ${name} has no health check, so --unhealthy=${run.unhealthy} has no effect: set --health-cmd after \`run\``,
    )
  const isWatched = who === 'delegated' && knowsWatchdog(runRequest.request)
  const keepAlive = isWatched ? undefined : keepAliveOf(run, notifier)
  cleanup.defer('keep the memory that the start took', shedMemoryLater())
  let exit: ExitReport
  try {
    exit = await abortable(
      stop.defect,
      supervise({
        container,
        name,
        init,
        startedAt,
        startTook,
        ownStart: origin !== 'adopt',
        events,
        watch,
        engine,
        pipeline,
        notifier,
        stop,
        log,
        unit: run.unit,
        unitAround: run.unitAround,
        killSignals: unitSaid?.killSignals ?? [],
        sigProxy: runRequest.sigProxy ?? true,
        reloadExec: run.reloadExec,
        ...(run.findInit === undefined ? {} : {findInit: run.findInit}),
        isDelegated: who === 'delegated',
        isWatched: run.watchdog !== undefined,
        health: seen.health,
        whenUnhealthy: run.unhealthy ?? (run.watchdog === undefined ? 'log' : 'watchdog'),
        keepAlive,
      }),
    )
  } catch (error) {
    // Nobody would be there for the container any more.
    await takeBack(run, obtained)
    throw error
  }
  const words = `container ${name} ${describeEnd(exit)}`
  const leave = await endingDeadline(run, exit)
  if (needsWords(exit)) {
    // Behind what the container has said, and as long before systemd's patience ends as all that comes behind it has.
    const patience = Math.min(OUTPUT_END_MS, (leave - performance.now()) / 2)
    await withTimeout(Math.max(0, patience), unitOutput.ended()).catch(() => undefined)
    log.warn(words)
  }
  await notifier.send(`STATUS=${words}`).catch((error: unknown) => {
    log.warn(`could not tell systemd of the end: ${reason(error)}`)
  })
  await waitUntil(leave, log, async () => {
    await pipeline.exited(container, exit)
    await pipeline.removed(container, exit)
  })
  return {kind: 'ended', exit}
}

/**
 * Until when what is done after the container's end may take, as a moment of performance.now(): in a stop as long as
 * systemd lets the unit stop, but for what this process needs to end.
 */
async function endingDeadline({unit, stop}: RunInput, {why}: ExitReport): Promise<number> {
  if (unit === undefined || (stop.asked === undefined && why !== 'unhealthy')) return Infinity
  return ((await stopDeadline(unit, NEVER_ABORTED)) ?? NO_DEADLINE).leave
}

/**
 * Waits for what is done after the container's end, until a moment of performance.now(): what the run has acquired is
 * still to be released, and an Engine that is busy may take long over a removal, which it goes on with by itself.
 */
async function waitUntil(leave: number, log: Log, act: () => Promise<void>): Promise<void> {
  const acting = act().then(() => 'done')
  const over = new AbortController()
  const late = sleep(clampTimer(leave - performance.now()), over.signal).then(() => 'late')
  try {
    if ((await Promise.race([acting, late])) === 'late')
      log.warn('the work after the end of the container takes longer than TimeoutStopSec= allows and is abandoned')
  } finally {
    over.abort()
  }
}

/**
 * Listens to the signals by which systemd would stop or reload the unit, which it may do as soon as the unit is ready.
 *
 * @throws {KillSignalError} {@link ReloadSignalError} when that would kill this process
 */
function hearSystemd(stop: ProcessSignals, said: UnitStop): void {
  const realtime = realtimeKillSignal(said)
  if (realtime !== undefined) throw new KillSignalError(realtime)
  stop.hear(said.killSignals)
  if (said.reloadSignal === undefined) return
  if (isRealtime(said.reloadSignal)) throw new ReloadSignalError(said.reloadSignal)
  stop.hearToo(said.reloadSignal)
}

/** Says what will go wrong in a stop of the unit. */
async function warnOfStop(said: UnitStop, {stopTimeout}: Seen, log: Log): Promise<void> {
  const [name = 'SIGTERM'] = said.killSignals
  const isStarter = said.mainPid === process.ppid && (await handlesSignal(said.mainPid, name)) === false
  for (const words of foreseeStop({unit: said, stopTimeout, deafStarter: isStarter ? said.mainPid : undefined}))
    log.warn(words)
}

/** Whether the container is told of the unit's watchdog, which it then answers itself (sd_watchdog_enabled(3)). */
function knowsWatchdog({body}: CreateRequest): boolean {
  return body.Env.some((entry) => entry.startsWith('WATCHDOG_USEC='))
}

/** What tells systemd until the run ends that the container is well; nothing where systemd does not ask. */
function keepAliveOf({watchdog, cleanup, log}: RunInput, notifier: Notifier): KeepAlive | undefined {
  if (watchdog === undefined) return undefined
  const keepAlive = new KeepAlive(watchdog, notifier, log)
  cleanup.defer("stop answering the unit's watchdog", () => {
    keepAlive.end()
  })
  return keepAlive
}

/** Whether a plugin wants this process to stay. @throws {HandoverError} {@link RefusedOptionError} if it must not */
function mustStay({pipeline, handover, detached, log}: RunInput): boolean {
  const reasons = pipeline.residentReasons()
  log.debug?.(
    reasons.length > 0 ? `systemd-docker stays: ${reasons.join('; ')}` : 'nothing requires systemd-docker to stay',
  )
  if (reasons.length === 0) return false
  if (handover) throw new HandoverError(reasons)
  if (detached !== undefined)
    throw new RefusedOptionError('--detach', `${reasons.join('; ')}; fix that, or leave --detach out`)
  return true
}

/** systemd waits for the one command of `Type=forking` to end, and would in vain. @throws {UnitTypeError} */
async function refuseEndlessStart({unit, askCommand, isUnheard = false}: RunInput): Promise<void> {
  if (unit === undefined || !isUnheard) return
  const command = await askCommand?.()
  if (command?.setting === 'ExecStart' && command.type === 'forking') throw new UnitTypeError(unit.name, command.type)
}

/** What the Engine tells of a container. */
interface Followed {
  readonly events: AsyncIterable<ContainerEvent>
  readonly watch: Watch
}

/**
 * Follows the container from before it is started, so that no end is too early to be seen: one that runs from when it
 * was looked for, `since`, in milliseconds since 1970.
 */
async function follow(
  {engine}: RunInput,
  {container: {id}, origin}: EnsuredContainer,
  since: number,
  following: AbortSignal,
): Promise<Followed> {
  const [events, watch] = await Promise.all([
    engine.events(id, origin === 'adopt' ? since : Date.now(), following),
    engine.watch(id, 'next-exit', following),
  ])
  return {events, watch}
}

/** A container that runs, or did. */
interface Begun extends Followed {
  /** How long the Engine has taken to start it, in milliseconds; 0 for one that ran before. */
  readonly startTook: number
  readonly notifier: Notifier
}

/** Starts the container that is followed, unless it runs already. */
async function begin(
  run: RunInput,
  {container: {id}, origin, predecessors}: EnsuredContainer,
  name: string,
  followed: Followed,
): Promise<Begun> {
  const {
    engine,
    openNotifier,
    stop: {signal},
  } = run
  for (const predecessor of predecessors) await predecessor.makeWay(signal)
  if (origin === 'adopt') return {...followed, startTook: 0, notifier: openNotifier()}
  const asked = performance.now()
  const starting = engine.start(id, signal)
  starting.catch(() => undefined)
  // While the Engine starts it, as that takes a few milliseconds.
  await requestsWritten()
  const notifier = openNotifier()
  await tellIfSlow(STATUS.starting(name), run, starting)
  return {...followed, startTook: performance.now() - asked, notifier}
}

/** What is seen of a container that was started. */
interface Seen {
  /** Whether it has not ended already. */
  readonly isRunning: boolean
  readonly isPaused: boolean
  /** Its init as this host has it; nothing where it has ended, or the Engine's PIDs are not this host's. */
  readonly init: HostProcess | undefined
  /** When it was started by the Engine's clock, in milliseconds since 1970. */
  readonly startedAt: number | undefined
  /** Its own stop timeout, in seconds, negative for as long as it takes; nothing where it has none. */
  readonly stopTimeout: number | undefined
  /** When the Engine would start it again by itself; nothing where it would not. */
  readonly restartPolicy: RestartPolicy | undefined
  /** What its health check says; nothing where it has none. */
  readonly health: Health | undefined
}

/** @throws {EngineElsewhereError} where a PID is asked for, and the Engine's are not this host's */
async function see(
  {engine, handover, pidOptions = [], log, stop: {signal}, findInit = findInitHere}: RunInput,
  {container: {id}}: EnsuredContainer,
  {exitCode}: Watch,
): Promise<Seen> {
  for (let isAgain = false; ; isAgain = true) {
    const found = await engine.inspect(id, signal)
    const {startedAt, state, stopTimeout, restartPolicy, health} = found ?? {}
    const same = {startedAt, stopTimeout, restartPolicy, health}
    const isPaused = state === 'paused'
    if (found === undefined || found.pid === 0) return {isRunning: false, isPaused: false, init: undefined, ...same}
    const init = await findInit(found)
    if (typeof init === 'object') return {isRunning: true, isPaused, init, ...same}
    if (init === 'gone' && !isAgain) {
      // It has just ended, which the Engine will notice, or has never been here.
      await Promise.race([exitCode.catch(() => undefined), sleep(EARLY_END_NOTICE_MS, signal)])
      signal.throwIfAborted()
      continue
    }
    const asked = [...(handover ? ['--handover'] : []), ...pidOptions]
    if (asked.length > 0) throw new EngineElsewhereError(engine.address, asked.join(' and '))
    const mend = hasOwnPids() ? '; leave PrivatePIDs= out of the unit' : ''
    log.warn(
      `the PIDs of the Engine at ${engine.address} are not this host's, as with Docker Desktop, an Engine in a container, ProtectProc= without root, or PrivatePIDs=: the container's cgroup is not checked, and only the Engine can send it signals${mend}`,
    )
    return {isRunning: true, isPaused, init: undefined, ...same}
  }
}

/** The same container after it was waited for: by now it may be healthy, or paused. */
async function seenAgain({engine, stop: {signal}}: RunInput, id: string, seen: Seen): Promise<Seen> {
  // An Engine that is away does not matter here: whoever follows the container asks again.
  const found = await engine.inspect(id, signal).catch(() => undefined)
  return found === undefined ? seen : {...seen, isPaused: found.state === 'paused', health: found.health}
}

/**
 * Whether the container can be the unit's main process, and nobody of ours stays. It cannot where this process runs
 * beside another one, as in ExecStartPre=, which is to end when its container does.
 *
 * systemd waits for no main process that is not its child: where that is alone in its cgroup, or with KillMode=mixed or
 * process, it gets SIGKILL right behind its stop signal (seen on 252, 257 and 262; systemd, src/core/unit.c,
 * `unit_kill_context`). A unit that has no command which waits for the container is refused, or, where it did not ask
 * for a hand-over, warned.
 *
 * @throws {HandoverError}
 */
async function mayBeLeft({unit, handover, askCommand, log, stop: {signal}}: RunInput): Promise<boolean> {
  if (unit === undefined) return true
  const command = await askCommand?.()
  signal.throwIfAborted()
  if (command !== undefined && command.setting !== 'ExecStart') {
    if (handover) throw new HandoverError([`${command.setting}= does not start the unit's main process`])
    return false
  }
  if (command?.type === 'notify-reload') {
    // Nobody but this process tells systemd of a reload.
    if (!handover) return false
    await refuseUnreloadable(unit, log, signal)
  }
  if (command?.hasStopCommand === true || command?.killMode === 'none') return true
  if (command === undefined && !handover) return true
  const why =
    command === undefined
      ? 'systemd does not report how the unit is stopped'
      : 'the unit has no ExecStop=, so systemd kills the container at once in a stop: set ExecStop=/usr/bin/docker stop NAME'
  if (handover) throw new HandoverError([why])
  log.warn(why)
  return true
}

/**
 * From 262 on, systemd fails the start of a unit of Type=notify-reload whose main process does not handle the signal of
 * its reloads when it is ready (systemd.service(5), `Type=`), and the first process of a container rarely does. Before
 * that, its reloads alone are waited for in vain.
 *
 * @throws {HandoverError}
 */
async function refuseUnreloadable(unit: UnitName, log: Log, signal: AbortSignal): Promise<void> {
  const mend = 'set Type=notify and ExecReload=/usr/bin/docker kill --signal=HUP NAME'
  if (((await systemdVersion(unit, signal)) ?? 0) >= HANDLED_RELOAD_VERSION)
    throw new HandoverError([
      `systemd ${String(HANDLED_RELOAD_VERSION)} and newer fail the start of a unit of Type=notify-reload whose main process does not handle SIGHUP, and a container rarely does: ${mend}`,
    ])
  signal.throwIfAborted()
  log.warn(
    `a reload of the unit times out unless the container tells systemd of it, because of Type=notify-reload: ${mend}`,
  )
}

/**
 * Whether systemd has another main process than this one, as it was told: one that has ended by then it does not take,
 * and would take our end for that of the unit. Says so in a unit in which nobody will tell systemd how its container
 * ends.
 */
async function isTakenOver({unit, log, stop: {signal}}: RunInput): Promise<boolean> {
  if (unit === undefined) return true
  const said = await propertiesOf(unit, ['MainPID', 'ExecStopPost'], signal, START_SYSTEMCTL_ANSWER_MS)
  // Where systemd does not answer, it was told all the same.
  if (said === undefined) return true
  if (said.MainPID === String(process.pid)) return false
  // systemctl leaves a property out that is empty.
  if (!(said.ExecStopPost ?? '').includes('finish'))
    log.warn(
      `${unit.name} will not learn how its container ends: set ExecStopPost=${process.argv[1] ?? 'systemd-docker'} finish NAME`,
    )
  return true
}
