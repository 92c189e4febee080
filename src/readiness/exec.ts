import type {ExecResult} from '../docker/engine.js'
import {plainWords} from '../docker/plain-words.js'
import {poll, type Pace} from './poll.js'
import type {Readiness} from './readiness.js'

/** How much of what the command said is said, in characters. */
const SAID_MOST = 80

/**
 * The container is ready when this command in it ends with 0. One that takes too long is not run once more beside
 * itself: it is waited for on.
 */
export function execReadiness(command: string, words: readonly string[], pace: Pace): Readiness {
  return {
    what: `exec:${plainWords(command, SAID_MOST)}`,
    async wait({engine, container, said, signal}) {
      let running: Promise<ExecResult> | undefined
      const probe = async (): Promise<string | undefined> => {
        running ??= engine.exec(container.id, words, signal).finally(() => (running = undefined))
        const {exitCode, output} = await running
        if (exitCode === 0) return undefined
        const last = plainWords(output, SAID_MOST)
        return `status ${String(exitCode)}${last === '' ? '' : `, ${last}`}`
      }
      await poll(probe, pace, said, signal)
    },
  }
}
