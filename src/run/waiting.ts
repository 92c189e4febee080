import type {Engine} from '../docker/engine.js'
import {EngineUnreachableError} from '../errors.js'
import type {Notifier} from '../systemd/notifier.js'
import {timeoutOf} from '../systemd/timeouts.js'
import {answerOf} from './answer.js'
import {pauseFor} from './patience.js'
import type {StopRequests} from './stop.js'
import type {UnitName} from '../systemd/unit.js'

const RETRY_FIRST_MS = 100
const RETRY_MOST_MS = 1000
/** How long an Engine in which somebody listens may take to answer: it may hang, or be about to come up, with systemd listening in its place. */
const ANSWER_PATIENCE_MS = 2000
/** How much of the unit's start timeout is left when the Engine is given up, so that systemd hears why. */
const LEFT_MS = 1000

/** What is needed to wait for the Engine. */
export interface Waiting {
  readonly engine: Engine
  readonly openNotifier: () => Notifier
  readonly stop: StopRequests
  readonly unit: UnitName | undefined
}

/**
 * Returns when the Engine answers. In a unit, one that is not up or hangs is waited for nearly as long as systemd lets the unit start or stop; else nothing is
 * waited for, as `docker run` does not.
 *
 * @throws {EngineUnreachableError}
 */
export async function waitForEngine(
  during: 'start' | 'stop',
  {engine, openNotifier, stop: {signal}, unit}: Waiting,
): Promise<void> {
  const begun = performance.now()
  let limit: number | undefined
  for (let wait = RETRY_FIRST_MS; ; wait = Math.min(2 * wait, RETRY_MOST_MS)) {
    try {
      const left = (limit ?? Infinity) - LEFT_MS - (performance.now() - begun)
      await (unit === undefined
        ? engine.ping(signal)
        : answerOf(engine, Math.min(left, ANSWER_PATIENCE_MS), (question) => engine.ping(question), signal))
      return
    } catch (error) {
      if (!(error instanceof EngineUnreachableError) || unit === undefined) throw error
      if (limit === undefined) {
        await openNotifier().send(`STATUS=waiting for the Docker Engine at ${engine.address}`)
        limit = (await timeoutOf(during, unit, signal)) ?? 0
      }
      if (performance.now() - begun + wait > limit - LEFT_MS) throw error
    }
    await pauseFor(wait, signal)
    signal.throwIfAborted()
  }
}
