import {isRealtime, type SignalName} from '../kernel/signal-names.js'
import type {UnitStop} from '../systemd/unit-stop.js'
import {gracePeriod, stopMoments} from './stop-container.js'

/** What decides how the stop of a container will go. */
export interface Prospect {
  readonly unit: UnitStop
  /** The container's own stop timeout, in seconds, negative for as long as it takes; nothing where it has none. */
  readonly stopTimeout: number | undefined
  /** The process that has started this one, if it is the unit's main process, and does not handle the stop's signal. */
  readonly deafStarter: number | undefined
}

/** The real-time signal by which systemd stops the unit, which would kill this process; nothing if it is another. */
export function realtimeKillSignal({killSignals}: Pick<UnitStop, 'killSignals'>): SignalName | undefined {
  return killSignals.find(isRealtime)
}

/** What will go wrong in the stop of a container, in words for its start, at which somebody can still mend it. */
export function foreseeStop({unit, stopTimeout, deafStarter}: Prospect): string[] {
  const said: string[] = []
  if (stopTimeout !== undefined && unit.deadline !== undefined) {
    const own = stopTimeout < 0 ? Infinity : stopTimeout
    const left = stopMoments(unit.deadline).kill - unit.since
    const grace = (gracePeriod(stopTimeout, left) ?? Infinity) / 1000
    if (grace < own)
      said.push(
        `a stop gives the container ${grace.toFixed(1)} s and not its own stop timeout${own === Infinity ? '' : ` of ${String(own)} s`}, because TimeoutStopSec= allows no more: raise TimeoutStopSec=`,
      )
  }
  if (unit.killMode === 'mixed' && deafStarter !== undefined)
    said.push(
      `a stop kills the container at once, because KillMode=mixed signals the main process alone, which is a shell or script, PID ${String(deafStarter)}, that ends without waiting for systemd-docker: begin the command with exec, or leave KillMode=mixed out`,
    )
  return said
}
