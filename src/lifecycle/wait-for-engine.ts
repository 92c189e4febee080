import type {Engine} from '../docker/engine.js'
import {EngineUnreachableError} from '../errors.js'
import type {Deadline} from '../systemd/deadline.js'
import type {Notifier} from '../systemd/notifier.js'
import {withEngineTimeout} from './engine-timeout.js'
import {START_ANSWER_MS, START_RETRY_FIRST_MS, START_RETRY_MOST_MS} from '../limits.js'
import {sleep} from '../timing.js'

/** What is needed to wait for the Engine. */
export interface WaitInput {
  readonly engine: Engine
  readonly openNotifier: () => Notifier
  readonly stop: {readonly signal: AbortSignal}
  /** Asks systemd until when it waits for this process; absent outside of any unit. */
  readonly askDeadline: (() => Promise<Deadline | undefined>) | undefined
}

/**
 * Returns when the Engine answers. In a unit, one that is not up or hangs is waited for nearly as long as systemd waits
 * for us; else, and where systemd does not say how long that is, nothing is waited for, as `docker run` does not.
 *
 * @throws {EngineUnreachableError}
 */
export async function waitForEngine({engine, openNotifier, stop: {signal}, askDeadline}: WaitInput): Promise<void> {
  let leave: number | undefined
  for (let wait = START_RETRY_FIRST_MS; ; wait = Math.min(2 * wait, START_RETRY_MOST_MS)) {
    try {
      const patience = Math.min((leave ?? Infinity) - performance.now(), START_ANSWER_MS)
      await (askDeadline === undefined
        ? engine.ping(signal)
        : withEngineTimeout(engine, patience, (question) => engine.ping(question), signal))
      return
    } catch (error) {
      if (!(error instanceof EngineUnreachableError) || askDeadline === undefined) throw error
      if (leave === undefined) {
        await openNotifier().send(`STATUS=waiting for the Docker Engine at ${engine.address}`)
        leave = (await askDeadline())?.leave ?? 0
      }
      if (performance.now() + wait > leave) throw error
    }
    await sleep(wait, signal)
    signal.throwIfAborted()
  }
}
