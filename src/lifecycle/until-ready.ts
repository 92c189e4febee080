import {lastOutput} from '../docker/last-output.js'
import type {Engine, Watch} from '../docker/engine.js'
import {NotReadyError, reason} from '../errors.js'
import type {HostProcess} from '../kernel/process.js'
import {AWAITED_LOOK_MS, AWAITED_STATUS_MS} from '../limits.js'
import type {Log} from '../log.js'
import type {CreatedContainer, ExitReport} from '../pipeline/contract.js'
import type {Pipeline} from '../pipeline/pipeline.js'
import type {Notifier} from '../systemd/notifier.js'
import {abortable, sleep} from '../timing.js'
import {describeEnd} from './exit-status.js'
import {howItEnded} from './how-it-ended.js'
import {STATUS} from './status.js'

const MICROSECONDS_PER_MILLISECOND = 1000

/** A container that was started, and who is told of it. */
export interface ReadyInput {
  readonly container: CreatedContainer
  /** Whether it has not ended already. */
  readonly isRunning: boolean
  /** Its init as this host has it; nothing where the Engine's PIDs are not this host's. */
  readonly init: HostProcess | undefined
  /** Its end, which is waited for since before it was started. */
  readonly watch: Watch
  readonly engine: Engine
  readonly pipeline: Pipeline
  readonly notifier: Notifier
  /** Has something done once systemd was told that the container runs. */
  readonly afterwards: (act: () => void) => void
  readonly log: Log
  /** Aborts when the run is asked to stop. */
  readonly signal: AbortSignal
}

/**
 * Waits until the container is ready, as far as a plugin knows what makes it so; whether the container says it itself.
 * Where no plugin waits for anything, one that has ended by then was ready, as far as anybody can tell; else its end
 * fails the start at once.
 *
 * @throws {NotReadyError} and what the hooks throw
 */
export async function untilReady(input: ReadyInput): Promise<'delegated' | undefined> {
  const {container, isRunning, watch, pipeline, notifier, afterwards, log, signal} = input
  const awaited = pipeline.awaited().join(' and ')
  if (awaited === '') return isRunning ? await pipeline.ready(container, {afterwards}) : undefined
  if (!isRunning) {
    const code = await abortable(
      signal,
      watch.exitCode.catch(() => undefined),
    )
    throw await failureOf(code, STATUS.waiting(awaited), input)
  }
  const teller = new StatusTeller(notifier, log)
  const extend = (milliseconds: number): void => {
    teller.send(`EXTEND_TIMEOUT_USEC=${String(Math.round(milliseconds * MICROSECONDS_PER_MILLISECOND))}`)
  }
  let last: string | undefined
  const tell = (answer: string): void => {
    last = answer
    teller.tell(STATUS.waiting(awaited, answer))
  }
  const over = new AbortController()
  const waiting = new AbortController()
  let end: {readonly code: number | undefined} | undefined
  const stop = (): void => {
    waiting.abort(signal.reason)
  }
  signal.addEventListener('abort', stop)
  void endOf(input, over.signal).then((code) => {
    if (over.signal.aborted) return
    end = {code}
    waiting.abort(new Error('the container has ended'))
  })
  teller.tell(STATUS.waiting(awaited))
  // Where systemd hears nothing of this process, only the journal says why the start takes long.
  const timer = setTimeout(() => {
    log.info(STATUS.waiting(awaited, last))
  }, AWAITED_STATUS_MS)
  try {
    return await pipeline.ready(container, {signal: waiting.signal, tell, extend, afterwards})
  } catch (error) {
    signal.throwIfAborted()
    if (end === undefined) throw error
    throw await failureOf(end.code, STATUS.waiting(awaited, last), input)
  } finally {
    signal.removeEventListener('abort', stop)
    over.abort()
    teller.end()
    clearTimeout(timer)
  }
}

/**
 * The container's exit status, as soon as it has ended; nothing where the Engine goes away first, and does not tell it
 * by then. Never rejects.
 */
async function endOf({watch, engine, container, init}: ReadyInput, over: AbortSignal): Promise<number | undefined> {
  const told = await watch.exitCode.catch(() => undefined)
  if (told !== undefined) return told
  while (!over.aborted && (init === undefined || (await init.isThere()))) await sleep(AWAITED_LOOK_MS, over)
  if (over.aborted) return undefined
  const found = await engine.inspect(container.id, over).catch(() => undefined)
  return found?.pid === 0 ? found.exitCode : undefined
}

/** That the container has ended, and was waited for. What it has written comes into the journal before that. */
async function failureOf(
  code: number | undefined,
  waiting: string,
  {container, engine, pipeline, signal}: ReadyInput,
): Promise<NotReadyError> {
  const found = await engine.inspect(container.id, signal).catch(() => undefined)
  const outOfMemory = found?.outOfMemory === true
  const exit: ExitReport = howItEnded({code, sent: new Set(), outOfMemory, stop: 'none', engine: 'there'})
  // Of a container that is removed at its end, nobody can ask any more.
  const output = await lastOutput(engine, container, signal)
  await pipeline.exited(container, exit)
  return new NotReadyError(`it ${describeEnd(exit)} while systemd-docker was ${waiting}`, {
    output,
    exitStatus: exit.code,
  })
}

/** Tells systemd at most once a second what is waited for; the newest word wins. */
class StatusTeller {
  readonly #notifier: Notifier
  readonly #log: Log
  #last = -Infinity
  #newest = ''
  #timer: NodeJS.Timeout | undefined

  constructor(notifier: Notifier, log: Log) {
    this.#notifier = notifier
    this.#log = log
  }

  tell(status: string): void {
    this.#newest = `STATUS=${status}`
    if (this.#timer !== undefined) return
    const wait = this.#last + AWAITED_STATUS_MS - performance.now()
    if (wait <= 0) this.#tellNewest()
    else
      this.#timer = setTimeout(() => {
        this.#tellNewest()
      }, wait)
  }

  /** Sends another assignment, at once. */
  send(assignment: string): void {
    this.#notifier.send(assignment).catch((error: unknown) => {
      this.#log.warn(`could not tell systemd of the wait: ${reason(error)}`)
    })
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #tellNewest(): void {
    this.#timer = undefined
    this.#last = performance.now()
    this.send(this.#newest)
  }
}
