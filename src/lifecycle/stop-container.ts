import {constants} from 'node:os'
import type {Engine, ContainerInspection} from '../docker/engine.js'
import {EngineRefusedError, EngineUnreachableError, reason} from '../errors.js'
import {NO_DEADLINE, type Deadline} from '../systemd/deadline.js'
import type {Notifier} from '../systemd/notifier.js'
import type {HostProcess} from '../kernel/process.js'
import {withLivenessProbe} from './engine-liveness.js'
import {signalOf} from './exit-status.js'
import {
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
  readonly asked: NodeJS.Signals
  readonly engine: Engine
  readonly notifier: Notifier
  /** Asks systemd until when the unit must have stopped; absent outside of any. */
  readonly askDeadline: (() => Promise<Deadline | undefined>) | undefined
  readonly log: Log
  /** The container's init, as it is by then. */
  readonly process: () => HostProcess | undefined
}

/** A stop that is on its way. */
export interface StopHandle {
  /**
   * Settles when nothing more is to be done: with nothing where the Engine tells of the end, or with the exit status as
   * far as it can be known where the Engine did not answer and the init was ended without it.
   */
  readonly done: Promise<number | undefined>
  /** Waits no longer for the container to end by itself. */
  hurry(): Promise<void>
  isHurried(): boolean
}

/**
 * Stops a container as its image wants it, or by the signal that asked for it where that is not SIGTERM, and never
 * longer than systemd lets the unit stop. A container that says no stop timeout has what the unit has. An Engine that
 * does not answer is done without.
 */
export function stopContainer(stop: StopInput): StopHandle {
  const {id, engine, log} = stop
  let isHurried = false
  return {
    done: stopInTime(stop, () => isHurried),
    isHurried: () => isHurried,
    async hurry() {
      if (isHurried) return
      isHurried = true
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
 *
 * @internal
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
 * @internal
 */
export function gracePeriod(stopTimeout: number | undefined, left: number | undefined): number | undefined {
  if (stopTimeout === undefined) return left === undefined ? undefined : Math.max(0, left)
  const own = stopTimeout < 0 ? Infinity : stopTimeout * 1000
  return Math.max(0, Math.min(own, left ?? Infinity))
}

async function stopInTime(stop: StopInput, isHurried: () => boolean): Promise<number | undefined> {
  const {id, name, engine, notifier, askDeadline, log} = stop
  notifier.send('STOPPING=1', `STATUS=container ${name} stopping`).catch((error: unknown) => {
    log.warn(`could not tell systemd of the stop: ${reason(error)}`)
  })
  const told = await askDeadline?.()
  if (askDeadline !== undefined && told === undefined)
    log.warn("systemd does not report the unit's stop timeout: only the container's own timeout applies")
  const deadline = told ?? NO_DEADLINE
  const moments = stopMoments(deadline)
  const patience = Math.min(HANGS_MS, deadline.limit * HANGS_SHARE)
  const givenUp = new AbortController()
  const timers = [
    at(moments.giveUp, () => {
      givenUp.abort(new EngineUnreachableError(engine.address, new Error('it does not answer')))
    }),
  ]
  let found: ContainerInspection | undefined
  try {
    found = await withLivenessProbe(engine, patience, (signal) => engine.inspect(id, signal), givenUp.signal)
    if (found === undefined) return undefined
    const grace = gracePeriod(
      found.stopTimeout,
      askDeadline === undefined ? undefined : moments.kill - performance.now(),
    )
    if (found.stopTimeout !== undefined && grace !== undefined && grace < graceIn(found.stopTimeout))
      log.info(`the container gets ${(grace / 1000).toFixed(1)} s to stop, because TimeoutStopSec= allows no more`)
    timers.push(
      at(grace === undefined ? Infinity : performance.now() + grace, () => {
        engine.kill(id, 'SIGKILL', givenUp.signal).catch((error: unknown) => {
          log.warn(`could not kill the container: ${reason(error)}`)
        })
      }),
    )
    await withLivenessProbe(engine, patience, (signal) => askToStop(stop, grace, signal), givenUp.signal)
    return undefined
  } catch (error) {
    log.warn(
      `the Engine does not stop the container (${reason(error)}); systemd-docker signals the container init directly`,
    )
    return await endInit(stop, found, moments.kill, isHurried)
  } finally {
    for (const timer of timers) clearTimeout(timer)
  }
}

/** Resolves when the container has ended. */
async function askToStop(
  {id, asked, engine}: StopInput,
  grace: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (asked === 'SIGTERM') {
    // The Engine has whole seconds. It is told how many, as this process may be killed before they are over.
    const seconds = grace === undefined ? undefined : Number.isFinite(grace) ? Math.ceil(grace / 1000) : -1
    await engine.stop(id, signal, seconds)
    return
  }
  await engine.kill(id, asked, signal)
  await (
    await engine.watch(id, 'not-running', signal)
  ).exitCode
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
  found: ContainerInspection | undefined,
  kill: number,
  isHurried: () => boolean,
): Promise<number | undefined> {
  const process = stop.process()
  if (process === undefined) return undefined
  // What is gone when its time is over the Engine has killed, as far as anybody can tell.
  if (performance.now() < kill) {
    const polite = stop.asked === 'SIGTERM' ? (signalOf(found?.stopSignal ?? '') ?? 'SIGTERM') : stop.asked
    const grace = gracePeriod(found?.stopTimeout, kill - performance.now()) ?? Infinity
    await process.signal(polite)
    if (await isGone(process, performance.now() + grace))
      return 128 + constants.signals[isHurried() ? 'SIGKILL' : polite]
  }
  await process.signal('SIGKILL')
  if (!(await isGone(process, performance.now() + INIT_KILL_MS)))
    throw new Error(`the init of ${stop.name}, PID ${String(process.pid)}, does not end`)
  return 128 + constants.signals.SIGKILL
}

async function isGone(process: HostProcess, deadline: number): Promise<boolean> {
  while (await process.isThere()) {
    if (performance.now() > deadline) return false
    await sleep(INIT_LOOK_MS)
  }
  return true
}
