import {constants} from 'node:os'
import {EXIT_OURS} from '../errors.js'
import type {ExitReport} from '../pipeline/contract.js'

/** What is known of the end of a container. */
export interface KnownEnd {
  /** The exit status that the Engine gives to who asks for it, 0 to 255; nothing where it gives none. */
  readonly code: number | undefined
  /** The signals that the Engine was asked to send, by number, as far as its events tell. */
  readonly sent: ReadonlySet<number>
  /** Whether the kernel killed the container init, on some Engines any process of the container, for want of memory. */
  readonly outOfMemory: boolean
  /**
   * Whether the unit was asked to stop, and whether a second signal hurried the stop. `in-time` is a stop in which the
   * time of the container was not over, or that a command of the unit carried out: nobody here has had it killed.
   * `unhealthy` is a stop that nobody has asked the unit for: the health of the container has.
   */
  readonly stop: 'none' | 'asked' | 'in-time' | 'hurried' | 'unhealthy'
  /**
   * The Engine: `there` all the time; `gone`, and it took the container along; `replaced` by one that does not know of
   * the end and has no live-restore; or `silent`, so that systemd-docker ended the container init itself.
   */
  readonly engine: 'there' | 'gone' | 'replaced' | 'silent'
}

/**
 * How a container ended: the one answer of the process that stays and of `finish`. Each answer is a row of the table in
 * docs/supervision.md. The order of the questions matters: a stop that runs out of time explains SIGKILL before a lack
 * of memory does, and an Engine that was replaced is blamed only for an end that nothing else explains.
 */
export function howItEnded({code, sent, outOfMemory, stop, engine}: KnownEnd): ExitReport {
  if (engine === 'gone') return endedWithEngine(code)
  if (code === undefined) return {code: EXIT_OURS, why: 'unknown'}
  if (engine === 'silent') return {code, why: 'without-engine'}
  if (stop === 'unhealthy') return {code: failureOf(code), why: 'unhealthy'}
  const wasKilled = code === 128 + constants.signals.SIGKILL
  if (stop === 'in-time' && !wasKilled) return {code}
  if (stop === 'asked' || stop === 'hurried')
    return wasKilled ? {code, why: stop === 'hurried' ? 'hurried' : 'stop-timeout'} : {code}
  if (wasKilled && outOfMemory && !sent.has(constants.signals.SIGKILL)) return {code, why: 'out-of-memory'}
  if (engine === 'replaced') return endedWithEngine(code)
  return sent.has(code - 128) ? {code, why: 'somebody'} : {code}
}

function endedWithEngine(code = 0): ExitReport {
  return {code: failureOf(code), why: 'engine-gone'}
}

/** A service that went away with its Engine, or was unhealthy, did not end well, even if its status is 0. */
function failureOf(code: number): number {
  return code === 0 ? EXIT_OURS : code
}
