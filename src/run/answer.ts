import type {Engine} from '../docker/engine.js'
import {EngineUnreachableError} from '../errors.js'
import {unlessAborted, withinReach} from './patience.js'

/**
 * The Engine's answer to what `ask` asks it. One that does not answer within so many milliseconds is as good as none, though somebody takes the question: it hangs, or
 * systemd listens in its place. Then the signal that `ask` is given aborts.
 *
 * @throws {EngineUnreachableError}
 */
export async function answerOf<T>(
  engine: Engine,
  milliseconds: number,
  ask: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const question = new AbortController()
  const patience = AbortSignal.timeout(withinReach(milliseconds))
  const over = signal === undefined ? patience : AbortSignal.any([signal, patience])
  try {
    return await unlessAborted(over, ask(question.signal))
  } catch (error) {
    question.abort()
    if (!patience.aborted || signal?.aborted) throw error
    throw new EngineUnreachableError(engine.address, new Error('it does not answer'))
  }
}
