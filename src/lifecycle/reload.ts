import {propertiesOf} from '../systemd/properties.js'
import {millisecondsOf} from '../systemd/timespan.js'
import type {UnitName} from '../systemd/unit.js'
import {signalOf, type SignalName} from '../kernel/signal-names.js'

/**
 * The signal by which systemd has the unit reloaded, and then waits until it is told that this has begun and is done
 * (systemd.service(5), `Type=notify-reload`, `ReloadSignal=`); `none` for a unit of another type, which must not be
 * told so: `RELOADING=1` would make it one that reloads. Nothing where systemd does not answer.
 */
export async function reloadSignalOf(unit: UnitName, signal: AbortSignal): Promise<SignalName | 'none' | undefined> {
  const said = await propertiesOf(unit, ['Type', 'ReloadSignal'], signal)
  if (said === undefined) return undefined
  return said.Type === 'notify-reload' ? (signalOf(said.ReloadSignal ?? '') ?? 'none') : 'none'
}

/**
 * How long systemd waits for a reload, in milliseconds (systemd.service(5), `TimeoutStartSec=`); Infinity for as long
 * as it takes, and where it does not answer.
 */
export async function reloadLimitOf(unit: UnitName, signal: AbortSignal): Promise<number> {
  return millisecondsOf((await propertiesOf(unit, ['TimeoutStartUSec'], signal))?.TimeoutStartUSec ?? '') ?? Infinity
}

/**
 * What tells systemd that a reload has begun, by its clock, CLOCK_MONOTONIC (sd_notify(3), `RELOADING=1`,
 * `MONOTONIC_USEC=`).
 */
export function reloading(): string[] {
  return ['RELOADING=1', `MONOTONIC_USEC=${String(process.hrtime.bigint() / 1000n)}`]
}
