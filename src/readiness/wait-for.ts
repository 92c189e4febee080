import {READY_ENDING_MS} from '../limits.js'
import type {Host, RunHooks} from '../pipeline/contract.js'
import {commandDeadline} from '../systemd/deadline.js'
import type {Readiness} from './readiness.js'

/** What a line says of how the container is waited for, as it says it. */
export interface WaitWords {
  /** What makes it ready. */
  readonly what: string
  /** The time between two probes. */
  readonly interval: string | undefined
  /** How long one probe may take. */
  readonly probeTimeout: string | undefined
  /** How long all of them may take. */
  readonly timeout: string | undefined
}

/**
 * systemd-docker says that the container is ready as soon as a probe is answered. What the line says wrong is refused
 * before anything is made.
 */
export function waitFor(words: WaitWords, {env, engine, unit}: Host): Partial<RunHooks> {
  let readiness: Readiness | undefined
  let timeout: number | undefined
  let startsAt = Infinity
  return {
    async resolve() {
      // Few runs wait for anything.
      const {parseReadiness, parseTime} = await import('./probes.js')
      readiness = parseReadiness(words.what, {interval: words.interval, timeout: words.probeTimeout})
      timeout = words.timeout === undefined ? undefined : parseTime(words.timeout, '--ready-timeout')
    },
    async start({container, signal}) {
      await readiness?.check?.({engine, container, signal})
      startsAt = performance.now()
    },
    awaits: () => readiness?.what,
    async ready({container, signal, tell, extend}) {
      if (readiness === undefined) return
      const startTook = Math.max(0, performance.now() - startsAt)
      if (timeout !== undefined && unit !== undefined) {
        const needed = timeout + READY_ENDING_MS
        const {at = 0} = (await commandDeadline('start', unit, env, signal)) ?? {}
        if (performance.now() + needed > at) extend(needed)
      }
      const {waitUntilReady} = await import('./probes.js')
      await waitUntilReady(readiness, {engine, container, startTook, said: tell, signal}, timeout)
    },
    describe: () => (readiness === undefined ? [] : [`wait for ${readiness.what} before READY=1`]),
  }
}
