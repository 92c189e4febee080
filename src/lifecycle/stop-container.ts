import type {Engine, ContainerInspection} from '../docker/engine.js'
import {EngineRefusedError, EngineUnreachableError, reason} from '../errors.js'
import {NO_DEADLINE, type Deadline} from '../systemd/deadline.js'
import type {Notifier} from '../systemd/notifier.js'
import type {UnitStop} from '../systemd/unit-stop.js'
import type {HostProcess} from '../kernel/process.js'
import {signalNumber, signalOf, type SignalName} from '../kernel/signal-names.js'
import {withLivenessProbe} from './engine-liveness.js'
import {STATUS} from './status.js'
import {isSignalledBySystemd, signalToSend, type StopSituation} from './who-signals.js'
import {
  ENGINE_KILLS_LATER_MS,
  EXEC_STOP_MS,
  HANGS_MS,
  HANGS_SHARE,
  HURRIED_KILL_MS,
  INIT_KILL_MS,
  INIT_LOOK_MS,
  KILLED_ENDINGS,
  KILLED_MS,
  KILLED_SHARE,
} from '../limits.js'
import type {Log} from '../log.js'
import {sleep, clampTimer} from '../timing.js'

/** What a container is stopped with. */
export interface StopInput {
  readonly id: string
  readonly name: string
  /** The signal that asked for the stop. */
  readonly asked: SignalName
  readonly engine: Engine
  readonly notifier: Notifier
  /**
   * Asks systemd how far it is with the stop of the unit, and until when that must be over. `none` is outside of any;
   * nothing is no answer.
   */
  readonly askUnit: () => Promise<UnitStop | 'none' | undefined>
  /** Aborts when the container has ended: nothing is to be done then, and nothing to be said. */
  readonly over: AbortSignal
  /** Looks at the container's processes on this host. */
  readonly lookAtProcesses: () => Promise<ContainerProcesses>
  readonly log: Log
  /** The container's init, as it is by then. */
  readonly process: () => HostProcess | undefined
}

/** The processes of a container, as this host has them. */
export interface ContainerProcesses {
  /** Whether its init is in the unit's cgroup, where the signals of systemd reach it. */
  readonly isInUnit: boolean
  /** How many there are, its init among them; 0 where that cannot be seen. */
  readonly count: number
}

/** A stop that is on its way. */
export interface StopHandle {
  /**
   * Settles when nothing more is to be done: with nothing where the Engine tells of the end, or with the exit status as
   * far as it can be known where the Engine did not answer and the init was ended without it.
   */
  readonly done: Promise<number | undefined>
  /** Takes note of a signal that asks for the same stop once more. */
  askAgain(): void
  /** Waits no longer for the container to end by itself. */
  hurry(): Promise<void>
  isHurried(): boolean
  /** Whether the container was killed as its time was over, as far as anybody here can tell. */
  isOverdue(): boolean
}

/** What changes while a stop goes on. */
interface StopProgress {
  isHurried: boolean
  isOverdue: boolean
  /** Whether the Engine was asked to kill the init, which was still there when its time was over. */
  isKillAsked: boolean
  /** Resolves when the stop is asked for once more. */
  readonly askedAgain: Promise<void>
}

/**
 * Stops a container as its image wants it, or by the signal that asked for it where that is not SIGTERM, and never
 * longer than systemd lets the unit stop. One that systemd has already sent just that signal is only waited for. A
 * container that says no stop timeout has what the unit has. An Engine that does not answer is done without.
 */
export function stopContainer(stop: StopInput): StopHandle {
  const {id, engine, log} = stop
  let askAgain: () => void = () => undefined
  const askedAgain = new Promise<void>((resolve) => (askAgain = resolve))
  const progress: StopProgress = {isHurried: false, isOverdue: false, isKillAsked: false, askedAgain}
  return {
    done: stopInTime(stop, progress),
    askAgain,
    isHurried: () => progress.isHurried,
    isOverdue: () => progress.isOverdue,
    async hurry() {
      if (progress.isHurried) return
      progress.isHurried = true
      log.info('asked to stop again: the container is killed')
      try {
        await engine.kill(id, 'SIGKILL', AbortSignal.timeout(HURRIED_KILL_MS))
      } catch (error) {
        const process = stop.process()
        if (error instanceof EngineRefusedError || process === undefined) throw error
        await process.signal('SIGKILL')
      }
    },
  }
}

/** The moments of a stop, on the clock of performance.now(). */
interface StopMoments {
  /** When the container is killed that has not ended by itself. */
  readonly kill: number
  /** When the Engine is given up that has not said that it has ended. */
  readonly giveUp: number
}

/**
 * What is left after the kill is for the Engine to notice and to remove the container, and then for this process to
 * end.
 */
export function stopMoments({at, limit, leave}: Deadline): StopMoments {
  if (!Number.isFinite(at)) return {kill: Infinity, giveUp: Infinity}
  const left = Math.max(Math.min(limit * KILLED_SHARE, KILLED_MS), KILLED_ENDINGS * (at - leave))
  const kill = at - left
  return {kill, giveUp: (kill + leave) / 2}
}

/**
 * How long a container has between its stop signal and SIGKILL, in milliseconds; nothing for what the Engine gives it
 * by default, which no question to it tells.
 *
 * @param stopTimeout its own, in seconds, negative for as long as it takes
 * @param left how long systemd leaves it, in milliseconds; nothing outside of any unit
 */
export function gracePeriod(stopTimeout: number | undefined, left: number | undefined): number | undefined {
  if (stopTimeout === undefined) return left === undefined ? undefined : Math.max(0, left)
  const own = stopTimeout < 0 ? Infinity : stopTimeout * 1000
  return Math.max(0, Math.min(own, left ?? Infinity))
}

/**
 * A time in milliseconds as the Engine has it: in whole seconds, no fewer, and -1 for as long as it takes; nothing for
 * its own default.
 */
export function wholeSeconds(grace: number | undefined): number | undefined {
  if (grace === undefined) return undefined
  return Number.isFinite(grace) ? Math.ceil(grace / 1000) : -1
}

async function stopInTime(stop: StopInput, progress: StopProgress): Promise<number | undefined> {
  const {id, name, engine, notifier, lookAtProcesses, over, log} = stop
  const [told, processes] = await Promise.all([askHowFar(stop, progress), lookAtProcesses()])
  const unit = told === 'none' ? undefined : told
  if (over.aborted) return undefined
  // Only now, as systemd would count a unit as being stopped that is told so.
  notifier.send('STOPPING=1', `STATUS=${STATUS.container(name, 'stopping')}`).catch((error: unknown) => {
    log.warn(`could not tell systemd of the stop: ${reason(error)}`)
  })
  if (told !== 'none' && unit?.deadline === undefined)
    log.warn("systemd does not report the unit's stop timeout: only the container's own timeout applies")
  const deadline = unit?.deadline ?? NO_DEADLINE
  const moments = stopMoments(deadline)
  const patience = Math.min(HANGS_MS, deadline.limit * HANGS_SHARE)
  const givenUp = new AbortController()
  const givingUp = at(moments.giveUp, () => {
    givenUp.abort(new EngineUnreachableError(engine.address, new Error('it does not answer')))
  })
  let killing: NodeJS.Timeout | undefined
  let found: ContainerInspection | undefined
  try {
    found = await withLivenessProbe(engine, patience, (signal) => engine.inspect(id, signal), givenUp.signal)
    if (found === undefined) return undefined
    const situation = situationOf(stop, unit, processes, found)
    if (processes.count > 1 && isSignalledBySystemd(situation))
      log.info(
        `systemd has sent ${stop.asked} to all ${String(processes.count)} processes of the container, because the unit has KillMode=control-group; with KillMode=mixed only the container init gets it, and stops the others in its own order`,
      )
    const grace = gracePeriod(found.stopTimeout, told === 'none' ? undefined : moments.kill - performance.now())
    if (found.stopTimeout !== undefined && grace !== undefined && grace < graceIn(found.stopTimeout))
      log.info(`the container gets ${(grace / 1000).toFixed(1)} s to stop, because TimeoutStopSec= allows no more`)
    // What the Engine gives by default it takes by itself, at a moment that it tells nobody.
    progress.isOverdue = grace === undefined
    killing = at(grace === undefined ? Infinity : performance.now() + grace, () => {
      killOverdue(stop, progress, givenUp.signal).catch((error: unknown) => {
        log.warn(`could not kill the container: ${reason(error)}`)
      })
    })
    const order = signalToSend(situation)
    await withLivenessProbe(engine, patience, (signal) => askToStop(stop, order, grace, signal), givenUp.signal)
    return undefined
  } catch (error) {
    // The init has its time anew, as its stop signal may only come now.
    clearTimeout(killing)
    log.warn(
      `the Engine does not stop the container (${reason(error)}); systemd-docker signals the container init directly`,
    )
    return await endInit(stop, situationOf(stop, unit, processes, found), found, moments.kill, progress)
  } finally {
    clearTimeout(givingUp)
    clearTimeout(killing)
  }
}

/** Kills a container that is still there when its time is over: the Engine may be slow to tell of an end in time. */
async function killOverdue(
  {id, engine, process}: StopInput,
  progress: StopProgress,
  signal: AbortSignal,
): Promise<void> {
  progress.isOverdue = true
  if ((await process()?.isThere()) === false) return
  progress.isKillAsked = true
  await engine.kill(id, 'SIGKILL', signal)
}

/**
 * Asks systemd how far it is. While a command of `ExecStop=` runs, which may be nothing but the signal that has come,
 * systemd is about to send its own to all processes of the unit, us among them: that is waited for, for a moment.
 */
async function askHowFar({askUnit}: StopInput, {askedAgain}: StopProgress): ReturnType<StopInput['askUnit']> {
  const told = await askUnit()
  if (told === 'none' || told?.subState !== 'stop') return told
  const moment = new AbortController()
  await Promise.race([askedAgain, sleep(EXEC_STOP_MS, moment.signal)])
  moment.abort()
  return (await askUnit()) ?? told
}

function situationOf(
  {asked}: StopInput,
  unit: UnitStop | undefined,
  {isInUnit}: ContainerProcesses,
  found: ContainerInspection | undefined,
): StopSituation {
  const {stopSignal = '', state, startedAt = 0} = found ?? {}
  const container = {stopSignal, isInUnit, isPaused: state === 'paused', startedAt: startedAt - performance.timeOrigin}
  return {asked, unit, container}
}

/** Resolves when the container has ended. */
async function askToStop(
  {id, engine}: StopInput,
  order: ReturnType<typeof signalToSend>,
  grace: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (order === 'stop-signal') {
    // The Engine is told the time, as this process may be killed before it is over; and a little more, so that a kill
    // by the Engine is none of a container that was gone when its time was over.
    await engine.stop(id, signal, wholeSeconds(grace === undefined ? undefined : grace + ENGINE_KILLS_LATER_MS))
    return
  }
  if (order !== undefined) await engine.kill(id, order, signal)
  try {
    await (
      await engine.watch(id, 'not-running', signal)
    ).exitCode
  } catch (error) {
    // One of --rm may have ended and be gone.
    if (!(error instanceof EngineRefusedError && error.statusCode === 404)) throw error
  }
}

function graceIn(stopTimeout: number): number {
  return stopTimeout < 0 ? Infinity : stopTimeout * 1000
}

/** Calls back at a moment of performance.now(), which may be never. */
function at(moment: number, act: () => void): NodeJS.Timeout | undefined {
  return Number.isFinite(moment) ? setTimeout(act, clampTimer(moment - performance.now())) : undefined
}

/**
 * Ends the init by signals of our own, the last of which comes at `kill`. Its exit status, as far as it can be known.
 */
async function endInit(
  stop: StopInput,
  situation: StopSituation,
  found: ContainerInspection | undefined,
  kill: number,
  progress: StopProgress,
): Promise<number | undefined> {
  const process = stop.process()
  if (process === undefined) return undefined
  const order = signalToSend(situation)
  const polite = order === 'stop-signal' ? (signalOf(situation.container.stopSignal) ?? 'SIGTERM') : order
  const ended = (isKilled: boolean): number => 128 + signalNumber(isKilled ? 'SIGKILL' : (polite ?? stop.asked))
  // The Engine may have done what it was asked to, and have hung over the answer.
  if (!(await process.isThere())) return ended(progress.isHurried || progress.isKillAsked)
  if (performance.now() < kill) {
    const grace = gracePeriod(found?.stopTimeout, kill - performance.now()) ?? Infinity
    if (polite !== undefined) await process.signal(polite)
    if (await isGone(process, performance.now() + grace)) return ended(progress.isHurried)
  }
  progress.isOverdue = true
  await process.signal('SIGKILL')
  if (!(await isGone(process, performance.now() + INIT_KILL_MS)))
    throw new Error(`the init of ${stop.name}, PID ${String(process.pid)}, does not end`)
  return 128 + signalNumber('SIGKILL')
}

async function isGone(process: HostProcess, deadline: number): Promise<boolean> {
  while (await process.isThere()) {
    if (performance.now() > deadline) return false
    await sleep(INIT_LOOK_MS)
  }
  return true
}
