import {signalOf, type SignalName} from '../kernel/signal-names.js'
import {HURRY_AFTER_MS, SYSTEMD_SIGNAL_MS} from '../limits.js'
import type {UnitStop} from '../systemd/unit-stop.js'

/** What decides which signal a container still has to get when its unit is stopped. */
export interface StopSituation {
  /** The signal by which this process was asked to stop the container. */
  readonly asked: SignalName
  /** What systemd says of the unit; nothing outside of any, or where it does not answer. */
  readonly unit: Pick<UnitStop, 'subState' | 'killMode' | 'killSignals' | 'since'> | undefined
  readonly container: {
    /** Its own stop signal; empty for the default, SIGTERM. */
    readonly stopSignal: string
    /** Whether its init is in the unit's cgroup, where the signals of systemd reach it. */
    readonly isInUnit: boolean
    readonly isPaused: boolean
    /** When its present life began, as a moment of performance.now(), in milliseconds. */
    readonly startedAt: number
  }
}

/** The states in which systemd has sent its signals to a unit (systemd, src/core/service.c, `service_enter_signal`). */
const SIGNALLED = ['stop-sigterm', 'final-sigterm']

/**
 * Whether systemd has sent the signal that asked for the stop to every process of the container: with
 * `KillMode=control-group` (systemd.kill(5)), in a stop that has come so far. Where systemd does not answer it has not,
 * as far as anybody knows: a container that is signalled twice is better off than one that is killed unasked.
 */
export function isSignalledBySystemd({asked, unit, container}: StopSituation): boolean {
  if (unit === undefined || unit.killMode !== 'control-group' || !SIGNALLED.includes(unit.subState)) return false
  // One that has begun since has not heard it, and one that is paused only hears it when the Engine lets it go on.
  const hears = container.isInUnit && !container.isPaused && container.startedAt <= unit.since
  return hears && unit.killSignals.includes(asked)
}

/**
 * The one place that decides what the init of a container is sent in a stop: its own stop signal, or the signal that
 * asked for the stop where that is not SIGTERM; nothing where systemd has sent just that. Each answer is a row of the
 * table in docs/supervision.md.
 */
export function signalToSend(stop: StopSituation): SignalName | 'stop-signal' | undefined {
  const {asked, container} = stop
  const own = container.stopSignal === '' ? 'SIGTERM' : signalOf(container.stopSignal)
  const wanted = asked === 'SIGTERM' ? own : asked
  if (wanted === asked && isSignalledBySystemd(stop)) return undefined
  return asked === 'SIGTERM' ? 'stop-signal' : asked
}

/** The states in which systemd runs commands to stop a unit, or has run them (systemd.service(5), `ExecStop=`). */
const COMMANDED = ['stop', 'stop-post', 'dead', 'failed']

/**
 * Whether an end that nobody here has caused is that of a stop: systemd was asked for one, and carries it out by
 * commands of the unit, or has sent no signal at all, as with `KillMode=none`.
 */
export function isStoppedByCommand(unit: Pick<UnitStop, 'subState'> | undefined): boolean {
  return unit !== undefined && COMMANDED.includes(unit.subState)
}

/** Whether systemd stops the unit right now. */
export function isBeingStopped({subState}: Pick<UnitStop, 'subState'>): boolean {
  return subState === 'stop' || SIGNALLED.includes(subState)
}

/** Whether a signal that this process has taken for the container's is the one by which systemd stops the unit. */
export function isStopOf(unit: Pick<UnitStop, 'subState' | 'killSignals'> | undefined, name: SignalName): boolean {
  return unit !== undefined && SIGNALLED.includes(unit.subState) && unit.killSignals.includes(name)
}

/** One more signal that asks for a stop which is on its way. */
export interface SignalAgain {
  readonly name: SignalName
  /** The signal that the stop began with. */
  readonly asked: SignalName
  /** When it came, and when the stop began, as moments of performance.now(), in milliseconds. */
  readonly at: number
  readonly began: number
}

/**
 * Whether one more signal may hurry a stop: SIGINT after another one, which somebody sends at a terminal, or any that
 * comes some seconds later. What comes before that is the same stop, asked for by all that hand on signals.
 */
export function mayHurry({name, asked, at, began}: SignalAgain): boolean {
  return (name === 'SIGINT' && asked !== 'SIGINT') || at - began >= HURRY_AFTER_MS
}

/** Whether it is systemd that has just sent a signal, in a stop that goes on: behind a command of `ExecStop=`, say. */
export function isOfSystemd(
  {name, at}: Pick<SignalAgain, 'name' | 'at'>,
  unit: Pick<UnitStop, 'subState' | 'killSignals' | 'since'> | undefined,
): boolean {
  return isStopOf(unit, name) && unit !== undefined && at - unit.since < SYSTEMD_SIGNAL_MS
}
