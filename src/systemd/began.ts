import {sinceEpoch} from './monotonic.js'
import {propertiesOf} from './properties.js'
import type {UnitName} from './unit.js'

/**
 * When the unit began to start, in milliseconds since 1970 (org.freedesktop.systemd1(5),
 * `InactiveExitTimestampMonotonic`): what happened before that is not of its present invocation. `undefined` where
 * systemd does not say.
 */
export async function beganAt(unit: UnitName, signal: AbortSignal): Promise<number | undefined> {
  const begun = (await propertiesOf(unit, ['InactiveExitTimestampMonotonic'], signal))?.InactiveExitTimestampMonotonic
  if (begun === undefined) return undefined
  return sinceEpoch(Number(begun))
}
