import type {Engine} from '../docker/engine.js'
import {EngineUnreachableError} from '../errors.js'
import {askWithTimeout} from '../timing.js'

/**
 * The Engine's answer to what `ask` asks it. One that does not answer within so many milliseconds is as good as none,
 * though somebody takes the question: it hangs, or systemd listens in its place. Then the signal that `ask` is given
 * aborts.
 *
 * @throws {EngineUnreachableError}
 */
export async function withEngineTimeout<T>(
  engine: Engine,
  milliseconds: number,
  ask: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const late = (): Error => new EngineUnreachableError(engine.address, new Error('it does not answer'))
  return await askWithTimeout(signal, milliseconds, ask, late)
}
