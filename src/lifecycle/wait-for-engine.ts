import type {Engine} from '../docker/engine.js'
import {EngineUnreachableError, reason} from '../errors.js'
import type {Deadline} from '../systemd/deadline.js'
import type {Notifier} from '../systemd/notifier.js'
import {withEngineTimeout} from './engine-timeout.js'
import {STATUS} from './status.js'
import {ENGINE_TIMEOUT_MS, START_ANSWER_MS, START_RETRY_FIRST_MS, START_RETRY_MOST_MS} from '../limits.js'
import type {Log} from '../log.js'
import {sleep} from '../timing.js'

/** What is needed to wait for the Engine. */
export interface WaitInput {
  readonly engine: Engine
  readonly openNotifier: () => Notifier
  readonly stop: {readonly signal: AbortSignal}
  /** Asks systemd until when it waits for this process; absent outside of any unit. */
  readonly askDeadline: (() => Promise<Deadline | undefined>) | undefined
  /** How long to wait at most, in milliseconds, as somebody has set it. */
  readonly engineTimeout?: number | undefined
  readonly log: Log
}

/**
 * Returns when the Engine answers. In a unit, one that is not up or hangs is waited for nearly as long as systemd waits
 * for us, and a minute where it waits for ever, as for a `Type=oneshot`: what waits for the unit, a timer too, would
 * wait with it. Else, and where systemd does not say how long that is, nothing is waited for, as `docker run` does not,
 * unless somebody has set a time.
 *
 * @throws {EngineUnreachableError}
 */
export async function waitForEngine(waiting: WaitInput): Promise<void> {
  const {engine, openNotifier, stop, askDeadline, engineTimeout, log} = waiting
  const {signal} = stop
  const begun = performance.now()
  const waits = askDeadline !== undefined || engineTimeout !== undefined
  let leave: number | undefined
  for (let wait = START_RETRY_FIRST_MS; ; wait = Math.min(2 * wait, START_RETRY_MOST_MS)) {
    try {
      const patience = Math.min((leave ?? begun + (engineTimeout ?? Infinity)) - performance.now(), START_ANSWER_MS)
      await (waits
        ? withEngineTimeout(engine, patience, (question) => engine.ping(question), signal)
        : engine.ping(signal))
      return
    } catch (error) {
      if (!(error instanceof EngineUnreachableError) || !waits) throw error
      const isFirst = leave === undefined
      leave ??= await givingUp(waiting, begun)
      const now = performance.now()
      if (now + wait > leave) throw error
      if (isFirst) {
        const seconds = Math.round((leave - begun) / 1000)
        log.warn(
          `waiting up to ${String(seconds)} s for the Docker Engine at ${engine.address}: ${reason(error.cause ?? error)}`,
        )
        await openNotifier().send(`STATUS=${STATUS.waitingForEngine(engine.address)}`)
      }
    }
    await sleep(wait, signal)
    signal.throwIfAborted()
  }
}

/** When the Engine is given up that was first asked at `begun`. */
async function givingUp({askDeadline, engineTimeout}: WaitInput, begun: number): Promise<number> {
  const set = begun + (engineTimeout ?? Infinity)
  if (askDeadline === undefined) return set
  const told = (await askDeadline())?.leave
  if (told === undefined) return engineTimeout === undefined ? 0 : set
  return Math.min(told, engineTimeout === undefined && told === Infinity ? begun + ENGINE_TIMEOUT_MS : set)
}
