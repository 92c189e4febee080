import type {ContainerInspection, Engine} from '../docker/engine.js'
import {EARLY_LOOK_MS} from '../limits.js'
import {asideName} from './predecessor.js'

/** What has to do with a container's name. */
export interface OfName {
  /** The container that has it. */
  readonly bearer: ContainerInspection | undefined
  /** The one that was to give it up for another one, where a start was killed meanwhile. */
  readonly aside: ContainerInspection | undefined
}

/** The Engine takes a name with a slash before it, and without. */
export function bareName(name: string): string {
  return name.replace(/^\//, '')
}

/** Looks up what has to do with a name, without a slash. */
export async function lookUpName(engine: Engine, name: string, signal: AbortSignal): Promise<OfName> {
  const named = async (name: string): Promise<ContainerInspection | undefined> => {
    const found = await engine.inspect(name, signal)
    // The Engine also finds a container whose id begins so: a stranger.
    return found?.name === name ? found : undefined
  }
  const [bearer, aside] = await Promise.all([named(name), named(asideName(name))])
  return {bearer, aside}
}

/**
 * Looks a name up as soon as a run has its line, while the Engine still says what it is, which takes it far longer:
 * a start waits for one of the two.
 */
export class EarlyLook {
  readonly #name: string
  readonly #at = performance.now()
  readonly #found: Promise<OfName | undefined>

  /** @param name without a slash */
  constructor(engine: Engine, name: string, signal: AbortSignal) {
    this.#name = name
    // An Engine that is not there yet is waited for, and then looks again.
    this.#found = engine
      .apiVersion(signal)
      .then(() => lookUpName(engine, name, signal))
      .catch(() => undefined)
  }

  /** What has to do with a name; nothing where another one was looked up, or this one cannot be gone by. */
  async of(name: string): Promise<OfName | undefined> {
    return name === this.#name && performance.now() - this.#at < EARLY_LOOK_MS ? await this.#found : undefined
  }
}
