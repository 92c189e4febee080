import type {Health} from '../docker/engine.js'
import {plainWords} from '../docker/plain-words.js'
import {NotReadyError, RefusedOptionError} from '../errors.js'
import {AWAITED_LOOK_MS} from '../limits.js'
import {sleep} from '../timing.js'
import {poll, type Pace} from './poll.js'
import type {Readiness, WaitContext} from './readiness.js'

/** How much of what a check said is said, in characters. */
const SAID_MOST = 100

/** The container is ready when Docker's own health check of it has passed (Engine API, `Health`). */
export function healthyReadiness(pace: Pace): Readiness {
  return {
    what: 'its health check',
    async check({engine, container, signal}) {
      const found = await engine.inspect(container.id, signal)
      if (found?.checksHealth === false)
        throw new RefusedOptionError(
          '--ready healthy',
          'neither the image nor the line has a health check; set --health-cmd after `run`, or HEALTHCHECK in the image',
        )
    },
    async wait({engine, container, said, signal}) {
      const probe = async (question: AbortSignal): Promise<string | undefined> => {
        const health = (await engine.inspect(container.id, question))?.health
        if (health?.status === 'healthy') return undefined
        if (health?.status === 'unhealthy') throw turnedUnhealthy(health)
        return health?.last === undefined ? 'no check has ended' : wordsOf(health.last)
      }
      await poll(probe, pace, said, signal)
    },
  }
}

/**
 * Fails when the container turns unhealthy, whatever else is waited for. Returns when it has no health check, and waits
 * for the signal otherwise.
 *
 * @throws {NotReadyError}
 */
export async function failWhenUnhealthy({
  engine,
  container,
  signal,
}: Pick<WaitContext, 'engine' | 'container' | 'signal'>): Promise<void> {
  while (!signal.aborted) {
    // An Engine that is away says nothing of it.
    const found = await engine.inspect(container.id, signal).catch(() => 'away' as const)
    if (found !== 'away') {
      if (found?.health === undefined) return
      if (found.health.status === 'unhealthy') throw turnedUnhealthy(found.health)
    }
    await sleep(AWAITED_LOOK_MS, signal)
  }
}

function turnedUnhealthy({last}: Health): NotReadyError {
  return new NotReadyError(
    `it is unhealthy${last === undefined ? '' : `: the health check ended with ${wordsOf(last)}`}`,
  )
}

function wordsOf({exitCode, output}: NonNullable<Health['last']>): string {
  const words = plainWords(output, SAID_MOST)
  return `status ${String(exitCode)}${words === '' ? '' : `, ${words}`}`
}
