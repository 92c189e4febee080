import type {Health} from '../docker/engine.js'
import {plainWords} from '../docker/plain-words.js'
import {BadValueError} from '../errors.js'

/** What may happen when a container turns unhealthy while it runs (`--unhealthy`). */
export const WHEN_UNHEALTHY = ['ignore', 'log', 'stop', 'watchdog'] as const
/** One of {@link WHEN_UNHEALTHY}. */
export type WhenUnhealthy = (typeof WHEN_UNHEALTHY)[number]

/** How much of what a check has said is passed on, in characters. */
const SAID_MOST = 200

/** Reads the value of `--unhealthy`. @throws {BadValueError} */
export function whenUnhealthy(value: string): WhenUnhealthy {
  const known = WHEN_UNHEALTHY.find((one) => one === value)
  if (known === undefined) throw new BadValueError('--unhealthy', value, `use one of ${WHEN_UNHEALTHY.join(', ')}`)
  return known
}

/**
 * What a container's health is, in words that go behind `running` in the status text: of an unhealthy one with what the
 * last check has said, whatever the container has made it say.
 */
export function describeHealth(health: Health | undefined): string {
  switch (health?.status) {
    case undefined:
      return ''
    case 'starting':
      return ', health: starting'
    case 'healthy':
      return ', healthy'
    case 'unhealthy':
      return `, unhealthy: ${describeCheck(health)}`
  }
}

/** What the last check of a container has come to, on one line and without what a terminal would obey. */
export function describeCheck({last}: Health): string {
  if (last === undefined) return 'the Engine does not report what the check said'
  const words = plainWords(last.output, SAID_MOST)
  return words === '' ? `the check ended with status ${String(last.exitCode)}` : words
}

/** Whether a container has turned unhealthy, and was not so before, as far as anybody knew. */
export function turnsUnhealthy(before: Health | undefined, now: Health | undefined): boolean {
  return now?.status === 'unhealthy' && before?.status !== 'unhealthy'
}

/** Whether a container that was unhealthy is so no longer: it is healthy, or its check begins anew. */
export function recovers(before: Health | undefined, now: Health | undefined): boolean {
  return before?.status === 'unhealthy' && now?.status !== 'unhealthy'
}
