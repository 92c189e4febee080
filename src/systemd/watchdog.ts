import {signalOf, type SignalName} from '../kernel/signal-names.js'
import {propertiesOf} from './properties.js'
import type {UnitName} from './unit.js'

/**
 * How often systemd is to hear from this process, in milliseconds: twice within the time that `WatchdogSec=` gives it
 * (sd_watchdog_enabled(3), `$WATCHDOG_USEC`, `$WATCHDOG_PID`). Nothing where it does not ask, or asks another process.
 */
export function watchdogInterval(
  {WATCHDOG_USEC = '', WATCHDOG_PID = ''}: Readonly<NodeJS.ProcessEnv>,
  pid = process.pid,
): number | undefined {
  if (!/^[1-9]\d*$/.test(WATCHDOG_USEC) || (WATCHDOG_PID !== '' && WATCHDOG_PID !== String(pid))) return undefined
  const half = Number(WATCHDOG_USEC) / 2000
  // A timer takes no more, and systemd's infinity is no question.
  return half > 2 ** 31 - 1 ? undefined : Math.max(1, Math.floor(half))
}

/**
 * The signal by which systemd aborts a unit whose watchdog was missed or triggered (systemd.kill(5),
 * `WatchdogSignal=`). Where systemd does not answer, the one that it sends by default.
 */
export async function watchdogSignalOf(unit: UnitName, signal: AbortSignal): Promise<SignalName> {
  return signalOf((await propertiesOf(unit, ['WatchdogSignal'], signal))?.WatchdogSignal ?? '') ?? 'SIGABRT'
}
