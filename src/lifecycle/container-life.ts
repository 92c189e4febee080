import type {ContainerEvent, ContainerInspection, Engine, Watch} from '../docker/engine.js'
import {EngineRefusedError} from '../errors.js'
import type {HostProcess} from '../kernel/process.js'

/** What the Engine has told of one life of a container, from a start of it to the end that follows. */
export class ContainerLife {
  /** The container init as this host has it; nothing if it was never seen, or the Engine's PIDs are not this host's. */
  readonly init: HostProcess | undefined
  readonly #pid: number | undefined
  readonly #startedAt: number | undefined
  readonly #sent = new Set<number>()
  #watch: Watch | undefined
  #code: number | undefined
  #isSignalled = false
  #outOfMemory = false

  /**
   * @param pid the PID of the container init as the Engine has it; nothing if it was never seen
   * @param startedAt when it began by the Engine's clock, in milliseconds since 1970; nothing if it was never seen
   */
  constructor(init: HostProcess | undefined, pid: number | undefined, startedAt: number | undefined) {
    this.init = init
    this.#pid = pid
    this.#startedAt = startedAt
  }

  /** When it began by the Engine's clock, in milliseconds since 1970; nothing if it was never seen. */
  get startedAt(): number | undefined {
    return this.#startedAt
  }

  /** Whether the Engine was asked to send it any signal. */
  get isSignalled(): boolean {
    return this.#isSignalled
  }

  /** The signals that the Engine was asked to send it, by number, as far as the events say which. */
  get sent(): ReadonlySet<number> {
    return this.#sent
  }

  /** Whether the Engine has told that it ran out of memory. */
  get outOfMemory(): boolean {
    return this.#outOfMemory
  }

  /** The exit status, once the Engine has given it. */
  get code(): number | undefined {
    return this.#code
  }

  /** The exit status, as soon as the Engine gives it; nothing if it goes away, or nobody waits for the end. */
  async ended(): Promise<number | undefined> {
    return await this.#watch?.exitCode.catch(() => undefined)
  }

  /** Takes the exit status from what waits for the end; nothing if the Engine refuses to wait. */
  watch(watch: Watch | undefined): void {
    this.#watch = watch
    watch?.exitCode.then(
      (code) => (this.#code = code),
      () => undefined,
    )
  }

  /** Keeps what says why it will end. An event may come late: what happened before this life says nothing of it. */
  note({action, at, signal}: ContainerEvent): void {
    if (at < (this.#startedAt ?? 0)) return
    if (action === 'oom') this.#outOfMemory = true
    if (action !== 'kill') return
    this.#isSignalled = true
    if (signal !== undefined) this.#sent.add(signal)
  }

  /** Whether the container that was found is in this life. One that was never seen is not known again. */
  isThatOf({pid, startedAt}: ContainerInspection): boolean {
    const isSame = (this.#pid ?? pid) === pid && (this.#startedAt ?? startedAt) === startedAt
    return isSame && (this.#pid !== undefined || this.#startedAt !== undefined)
  }
}

/**
 * The container's end from now on; nothing if the Engine refuses to wait for one.
 *
 * @throws {EngineUnreachableError}
 */
export async function watchNextExit(engine: Engine, id: string, signal: AbortSignal): Promise<Watch | undefined> {
  try {
    return await engine.watch(id, 'next-exit', signal)
  } catch (error) {
    if (error instanceof EngineRefusedError) return undefined
    throw error
  }
}
