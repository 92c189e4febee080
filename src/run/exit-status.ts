import {constants} from 'node:os'

/** How this process ends: with a status, or of a signal. */
export type Ending = {readonly status: number} | {readonly signal: NodeJS.Signals}

/** The signals whose death systemd calls a clean end (systemd.service(5), `SuccessExitStatus=`), and that Node does not ignore. */
const CLEAN = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

/** Deaths that are no answer to a request to stop: a crash, or what a container gets that did not stop in time. */
const NEVER_CLEAN = ['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGKILL', 'SIGSEGV', 'SIGSYS', 'SIGTRAP'] as const
/** The highest signal there is (signal(7)); above 128 and this a code is only a number. */
const LAST_SIGNAL = 64

/**
 * How to end when the container ended with `code`, so that systemd knows as much as we do. The code is the unit's, but for a container that
 * died of a signal (128+n) after a stop was asked for by the signal `asked`: then we die of a signal too, the same where systemd calls that
 * clean, else the one that asked. A crash stays a failure, and so does SIGKILL.
 */
export function endingOf(code: number, asked: NodeJS.Signals | undefined): Ending {
  if (asked === undefined || code <= 128 || code > 128 + LAST_SIGNAL) return {status: code}
  if (NEVER_CLEAN.some((name) => code === 128 + constants.signals[name])) return {status: code}
  const same = CLEAN.find((name) => code === 128 + constants.signals[name])
  return {signal: same ?? asked}
}

/** The ending as a shell would see it: 128+n for a signal. */
export function statusOf(ending: Ending): number {
  return 'status' in ending ? ending.status : 128 + constants.signals[ending.signal]
}
