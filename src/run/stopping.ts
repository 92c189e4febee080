import {constants} from 'node:os'
import type {Engine, Inspected} from '../docker/engine.js'
import {EngineRefusedError, reason} from '../errors.js'
import type {Notifier} from '../systemd/notifier.js'
import type {HostProcess} from '../systemd/process.js'
import {timeoutOf} from '../systemd/timeouts.js'
import {signalOf} from './exit-status.js'
import type {Log} from './log.js'
import {UNTIL_DONE, pauseFor, withinReach} from './patience.js'
import type {UnitName} from '../systemd/unit.js'

/** How long the Engine waits before it kills a container that does not say (docker stop, `--timeout`). */
const ENGINES_TIMEOUT_S = 10
/** What must be left of systemd's stop timeout when the Engine kills the container, and when the Engine is given up. */
const LEFT_AFTER_KILL_MS = 3000
const LEFT_WITHOUT_ENGINE_MS = 1500
/** How long the Engine may take to say how the container is to be stopped, or to kill it. */
const BRIEF_PATIENCE_MS = 2000
/** How long after it should have killed the container the Engine may take to say so. */
const ANSWER_PATIENCE_MS = 10_000
/** A process that is not our child tells nobody of its end on the Node versions that we run on, so it is looked at. */
const LOOK_MS = 50
const KILL_PATIENCE_MS = 1000

/** What a container is stopped with. */
export interface Stop {
  readonly id: string
  readonly name: string
  readonly engine: Engine
  readonly notifier: Notifier
  /** The unit whose stop timeout bounds the container's; nothing outside of any. */
  readonly unit: UnitName | undefined
  readonly log: Log
  /** The container's init, as it is by then. */
  readonly process: () => HostProcess | undefined
}

/** A stop that is on its way. */
export interface Stopping {
  /**
   * Settles when nothing more is to be done: with nothing where the Engine tells of the end, or with the exit status as far as it can be
   * known where the Engine did not answer and the init was ended without it.
   */
  readonly done: Promise<number | undefined>
  /** Waits no longer for the container to end by itself. */
  hurry(): Promise<void>
  isHurried(): boolean
}

/**
 * Stops a container as its image wants it, and never longer than systemd lets the unit stop: a longer timeout of the container's is shortened,
 * and an Engine that does not answer is done without.
 */
export function stopContainer(stop: Stop): Stopping {
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
        await engine.kill(id, 'SIGKILL', AbortSignal.timeout(BRIEF_PATIENCE_MS))
      } catch (error) {
        const process = stop.process()
        if (error instanceof EngineRefusedError || process === undefined) throw error
        await process.signal('SIGKILL')
      }
    },
  }
}

async function stopInTime(stop: Stop, isHurried: () => boolean): Promise<number | undefined> {
  const {id, name, engine, notifier, unit, log} = stop
  const begun = performance.now()
  const told = notifier.send('STOPPING=1', `STATUS=container ${name} stopping`)
  told.catch((error: unknown) => {
    log.warn(`could not tell systemd of the stop: ${reason(error)}`)
  })
  const limit = unit === undefined ? undefined : await timeoutOf('stop', unit, UNTIL_DONE)
  const budget = (limit ?? Infinity) - (performance.now() - begun)
  let found: Inspected | undefined
  try {
    found = await engine.inspect(
      id,
      AbortSignal.timeout(withinReach(Math.min(BRIEF_PATIENCE_MS, budget - LEFT_WITHOUT_ENGINE_MS))),
    )
    if (found === undefined) return undefined
    const seconds = found.stopTimeout ?? ENGINES_TIMEOUT_S
    const most = Math.max(0, Math.floor((budget - LEFT_AFTER_KILL_MS) / 1000))
    const shortened = seconds < 0 || seconds > most ? most : undefined
    if (shortened !== undefined && Number.isFinite(shortened))
      log.info(`the container gets ${String(shortened)} s to stop, as the unit has no more (TimeoutStopSec=)`)
    const patience = Math.min((shortened ?? seconds) * 1000 + ANSWER_PATIENCE_MS, budget - LEFT_WITHOUT_ENGINE_MS)
    const signal = seconds < 0 && !Number.isFinite(most) ? UNTIL_DONE : AbortSignal.timeout(withinReach(patience))
    await engine.stop(id, signal, shortened !== undefined && Number.isFinite(shortened) ? shortened : undefined)
    return undefined
  } catch (error) {
    log.warn(`the Engine does not stop the container (${reason(error)}); its init is ended without it`)
    return await endInit(stop, found, begun + (limit ?? Infinity) - LEFT_WITHOUT_ENGINE_MS, isHurried)
  }
}

/** Ends the init by signals of our own until `deadline`, on the clock of performance.now(). Its exit status, as far as it can be known. */
async function endInit(
  stop: Stop,
  found: Inspected | undefined,
  deadline: number,
  isHurried: () => boolean,
): Promise<number | undefined> {
  const process = stop.process()
  if (process === undefined) return undefined
  const polite = signalOf(found?.stopSignal ?? '') ?? 'SIGTERM'
  const patience = (found?.stopTimeout ?? ENGINES_TIMEOUT_S) * 1000
  await process.signal(polite)
  if (await isGone(process, Math.min(performance.now() + patience, deadline)))
    return 128 + constants.signals[isHurried() ? 'SIGKILL' : polite]
  await process.signal('SIGKILL')
  if (!(await isGone(process, performance.now() + KILL_PATIENCE_MS)))
    throw new Error(`the init of ${stop.name}, PID ${String(process.pid)}, does not end`)
  return 128 + constants.signals.SIGKILL
}

async function isGone(process: HostProcess, deadline: number): Promise<boolean> {
  while (await process.isThere()) {
    if (performance.now() > deadline) return false
    await pauseFor(LOOK_MS)
  }
  return true
}
