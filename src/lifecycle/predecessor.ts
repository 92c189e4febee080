import {isRunning, type Engine, type ContainerInspection} from '../docker/engine.js'
import {reason} from '../errors.js'
import {wasMadeWithRm} from '../pipeline/labels.js'
import type {Log} from '../log.js'
import {NEVER_ABORTED, abortable} from '../timing.js'
import {CleanupStack} from '../pipeline/cleanup.js'

/** What a container is called that has made way for the one that now bears its name, until that is ready. */
export function asideName(name: string): string {
  return `${name}.replaced-by-systemd-docker`
}

/**
 * A container that is there and whose place another takes. It makes way step by step: its name is given up just before
 * the other is made, and what it holds while it runs, a port or an address, just before the other is started. It is
 * removed when the other is ready, and until then it can have all of that back.
 */
export class Predecessor {
  readonly #old: ContainerInspection
  readonly #engine: Engine
  readonly #log: Log
  readonly #steps = new CleanupStack()

  constructor(old: ContainerInspection, engine: Engine, log: Log) {
    this.#old = old
    this.#engine = engine
    this.#log = log
  }

  /**
   * Gives up its name, and runs on if it runs. What is killed after that leaves it to be found by that of
   * {@link asideName}.
   */
  async giveUpName(): Promise<void> {
    const {id, name} = this.#old
    // A question that is broken off might be answered all the same, and the name not be given back.
    await this.#engine.rename(id, asideName(name), NEVER_ABORTED)
    this.#steps.defer(`give container ${name} its name back`, () => this.#engine.rename(id, name, NEVER_ABORTED))
  }

  /** Stops it if it runs. */
  async makeWay(signal: AbortSignal): Promise<void> {
    const {id, name} = this.#old
    if (!isRunning(this.#old)) return
    const stopped = this.#engine.stop(id, NEVER_ABORTED)
    this.#steps.defer(`start container ${name} again`, async () => {
      // One that is still being stopped would end after it was started.
      await stopped.catch(() => undefined)
      await this.#engine.start(id, NEVER_ABORTED)
    })
    await abortable(signal, stopped)
  }

  /** Has its name again, and runs again if it was stopped for the other one. */
  async comeBack(): Promise<void> {
    const {id, name, autoRemove} = this.#old
    const there = autoRemove ? await this.#engine.inspect(id, NEVER_ABORTED).catch(() => this.#old) : this.#old
    if (there === undefined) {
      this.#log.warn(
        `container ${name} does not come back: it was created with --rm, and the Engine removed it when it was stopped`,
      )
      return
    }
    await this.#steps.unwind(this.#log.warn)
  }

  /** Removes it. What is left of it all the same is said, and is the next start's to remove. */
  async leave(signal: AbortSignal): Promise<void> {
    const {id, name} = this.#old
    try {
      await this.#engine.remove(id, wasMadeWithRm(this.#old) ? 'with-volumes' : 'without-volumes', signal)
    } catch (error) {
      signal.throwIfAborted()
      this.#log.warn(`container ${name}, ${id.slice(0, 12)}, which was replaced, is left behind: ${reason(error)}`)
    }
  }
}
