import {propertiesOf} from './properties.js'
import type {UnitName} from './unit.js'

/**
 * From this number on signals are the real-time ones (signal(7); glibc's `SIGRTMIN`), which Node cannot be told to
 * take.
 */
const FIRST_REALTIME = 34

/**
 * The real-time signal by which systemd stops the unit (systemd.kill(5), `KillSignal=`, such as SIGRTMIN+3), as it is
 * written there; nothing where it is another, or systemd does not answer.
 */
export async function realtimeKillSignal(unit: UnitName, signal: AbortSignal): Promise<string | undefined> {
  const number = Number((await propertiesOf(unit, ['KillSignal'], signal))?.KillSignal)
  if (!(number >= FIRST_REALTIME)) return undefined
  return number === FIRST_REALTIME ? 'SIGRTMIN' : `SIGRTMIN+${String(number - FIRST_REALTIME)}`
}
