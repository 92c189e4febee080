import {clampTimer, sleep} from '../timing.js'
import {inSeconds} from './poll.js'
import type {Readiness} from './readiness.js'

/** The container is ready when it has run for so long, in milliseconds. */
export function delayReadiness(milliseconds: number): Readiness {
  return {
    what: `delay:${inSeconds(milliseconds)}`,
    async wait({signal}) {
      await sleep(clampTimer(milliseconds), signal)
      signal.throwIfAborted()
    },
  }
}
