import {constants} from 'node:os'
import {EXIT_OURS} from '../errors.js'
import {signalOf, type SignalName} from '../kernel/signal-names.js'
import type {ExitReport} from '../pipeline/contract.js'

/** How this process ends: with a status, or of a signal. */
export type ProcessEnd = {readonly status: number} | {readonly signal: NodeJS.Signals}

/**
 * The signals whose death systemd calls a clean end (systemd.service(5), `SuccessExitStatus=`), and that Node does not
 * ignore.
 */
const CLEAN = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

/** Deaths that are no answer to a request to stop: a crash, or what a container gets that did not stop in time. */
const NEVER_CLEAN = ['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGKILL', 'SIGSEGV', 'SIGSYS', 'SIGTRAP'] as const
/** The highest signal there is (signal(7)); above 128 and this a code is only a number. */
const LAST_SIGNAL = 64

/**
 * How to end when the container ended with `code`, so that systemd knows as much as we do. The code is the unit's, but
 * for a container that died of a signal (128+n) after a stop was asked for by the signal `asked`: then we die of a
 * signal too, the same where systemd calls that clean, else one that it does. A crash stays a failure, and so does
 * SIGKILL.
 */
export function processEndOf(code: number, asked: SignalName | undefined): ProcessEnd {
  if (asked === undefined || code <= 128 || code > 128 + LAST_SIGNAL) return {status: code}
  const died = signalOf(String(code - 128))
  if (NEVER_CLEAN.some((name) => name === died)) return {status: code}
  return {signal: CLEAN.find((name) => name === died) ?? cleanSignal(asked)}
}

/** The signal to die of when a stop was asked for by `asked`: that one where systemd calls it clean, else SIGTERM. */
export function cleanSignal(asked: SignalName): NodeJS.Signals {
  return CLEAN.find((name) => name === asked) ?? 'SIGTERM'
}

/** The ending as a shell would see it: 128+n for a signal. */
export function statusOf(ending: ProcessEnd): number {
  return 'status' in ending ? ending.status : 128 + constants.signals[ending.signal]
}

/** How a container ended, in words that go behind its name. */
export function describeEnd({code, why}: ExitReport): string {
  switch (why) {
    case 'out-of-memory':
      return 'was killed as it ran out of memory'
    case 'stop-timeout':
      return 'was killed as it did not stop in time'
    case 'hurried':
      return 'was killed as a second signal hurried its stop'
    case 'unhealthy':
      return 'was stopped as it was unhealthy'
    case 'somebody':
      return `was ended by ${signalOf(String(code - 128)) ?? 'a signal'}, sent through the Engine`
    case 'engine-gone':
      return 'ended with the Engine'
    case 'unknown':
      return 'ended, and the Engine does not report its status'
    case 'without-engine':
      return 'was ended without the Engine, which does not answer'
    case undefined:
      break
  }
  return `ended with status ${String(code)}`
}

/**
 * Whether nobody can tell from the status alone how the container ended: the status is also one of ours, or there is
 * more to say.
 */
export function needsWords({code, why}: ExitReport): boolean {
  return why !== undefined || (code >= EXIT_OURS && code <= EXIT_OURS + 2)
}
