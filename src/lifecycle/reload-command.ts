import type {Engine} from '../docker/engine.js'
import {plainWords} from '../docker/plain-words.js'
import {reason} from '../errors.js'
import {RELOAD_LATE_MS} from '../limits.js'
import type {Log} from '../log.js'
import {askWithTimeout, clampTimer} from '../timing.js'

/** How much of what a command has said is passed on, in characters. */
const SAID_MOST = 500

/** What a container is reloaded with. */
export interface ReloadCommandInput {
  readonly engine: Engine
  /** The container's id. */
  readonly id: string
  readonly words: readonly string[]
  /** How long systemd waits for a reload, in milliseconds; Infinity for as long as it takes. */
  readonly limit: number
  /** Aborts when the container has ended. */
  readonly over: AbortSignal
  readonly log: Log
}

/**
 * Runs the command of `--reload-exec` in the container and waits for its end. systemd knows no reload that has failed
 * (systemd.service(5), `Type=notify-reload`), so one that does is a warning.
 *
 * One that takes too long is waited for until systemd has given it up, which takes the reload for done if it hears of
 * the end before that, and gives it up again and again if it never does (seen on 257).
 */
export async function runReloadCommand({engine, id, words, limit, over, log}: ReloadCommandInput): Promise<void> {
  const late = (): Error =>
    new Error('it takes longer than TimeoutStartSec= allows, and goes on without being waited for')
  try {
    const {exitCode, output} = await askWithTimeout(
      over,
      clampTimer(limit + RELOAD_LATE_MS),
      (signal) => engine.exec(id, words, signal),
      late,
    )
    if (exitCode === 0 || over.aborted) return
    const said = plainWords(output, SAID_MOST)
    log.warn(`the command of --reload-exec ended with status ${String(exitCode)}${said === '' ? '' : `: ${said}`}`)
  } catch (error) {
    if (!over.aborted) log.warn(`could not run the command of --reload-exec: ${reason(error)}`)
  }
}
