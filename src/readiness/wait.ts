import {lastOutput} from '../docker/last-output.js'
import {NotReadyError} from '../errors.js'
import {askWithTimeout} from '../timing.js'
import {failWhenUnhealthy} from './healthy.js'
import {inSeconds} from './poll.js'
import type {Readiness, WaitContext} from './readiness.js'

/**
 * Waits until the container is ready. One that turns unhealthy, or takes longer than `timeout` milliseconds, is given
 * up, with what it said last.
 *
 * @throws {NotReadyError} and the signal's reason
 */
export async function waitUntilReady(
  readiness: Readiness,
  context: WaitContext,
  timeout: number | undefined,
): Promise<void> {
  const {engine, container, signal} = context
  let last = ''
  const said = (answer: string): void => {
    last = `: ${answer}`
    context.said(answer)
  }
  const late = (): Error =>
    new NotReadyError(
      `${inSeconds(timeout ?? 0)} have passed (--ready-timeout) while systemd-docker was waiting for ${readiness.what}${last}`,
    )
  try {
    await askWithTimeout(
      signal,
      timeout ?? Infinity,
      (over) => first(readiness, {...context, said, signal: over}),
      late,
    )
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof NotReadyError)) throw error
    throw new NotReadyError(error.why, {output: await lastOutput(engine, container, signal), cause: error})
  }
}

/** Whatever comes first: that the container is ready, or unhealthy. */
async function first(readiness: Readiness, context: WaitContext): Promise<void> {
  const {signal} = context
  const over = new AbortController()
  const stop = (): void => {
    over.abort(signal.reason)
  }
  signal.addEventListener('abort', stop)
  try {
    await new Promise<void>((resolve, reject) => {
      readiness.wait({...context, signal: over.signal}).then(resolve, reject)
      failWhenUnhealthy({...context, signal: over.signal}).catch(reject)
    })
  } finally {
    signal.removeEventListener('abort', stop)
    over.abort()
  }
}
