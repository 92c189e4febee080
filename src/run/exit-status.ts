import {constants} from 'node:os'

/** How this process ends: with a status, or of a signal. */
export type Ending = {readonly status: number} | {readonly signal: NodeJS.Signals}

/** The signals whose death systemd calls a clean end (systemd.service(5), `SuccessExitStatus=`). */
const CLEAN = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'] as const

/**
 * How to end when the container ended with `code`, so that systemd knows as much as we do. The code is the unit's, but for a container that
 * died of a signal (128+n) after a stop was asked for by the signal `asked`: then we die of a signal too, the same where systemd calls that
 * clean, else the one that asked. SIGKILL is not among them: it is what a container gets that did not stop in time.
 */
export function endingOf(code: number, asked: NodeJS.Signals | undefined): Ending {
  if (asked === undefined || code <= 128 || code === 128 + constants.signals.SIGKILL) return {status: code}
  const same = CLEAN.find((name) => code === 128 + constants.signals[name])
  return {signal: same ?? asked}
}

/** The ending as a shell would see it: 128+n for a signal. */
export function statusOf(ending: Ending): number {
  return 'status' in ending ? ending.status : 128 + constants.signals[ending.signal]
}
