import type {Readable} from 'node:stream'
import type {Engine} from '../docker/engine.js'
import {EngineRefusedError} from '../errors.js'

/**
 * Holds up a running container whose output is read from Docker's log: who follows a log, however slowly, holds up
 * nobody. So the container is attached to as well, and what comes there is thrown away, as all of it is in the log.
 * While nothing is taken there, the container's writes block once Docker's buffer for an attachment is full (1 MB;
 * moby, ioutils/bytespipe.go).
 */
export class ContainerBrake {
  readonly #engine: Pick<Engine, 'attach'>
  readonly #id: string
  #attachment: Readable | undefined

  /** @param id of the container */
  constructor(engine: Pick<Engine, 'attach'>, id: string) {
    this.#engine = engine
    this.#id = id
  }

  /**
   * Is able to hold up the container from then on, and does so at first. A container that the Engine lets nobody attach
   * to, as it is paused, is not held up.
   *
   * @throws EngineUnreachableError
   */
  async attach(signal: AbortSignal): Promise<void> {
    if (this.#attachment?.closed === false) return
    try {
      const attachment = await this.#engine.attach(this.#id, 'output', signal)
      // Its end is nobody's concern: the log ends when the container does.
      attachment.on('error', () => undefined)
      this.#attachment = attachment.pause()
    } catch (error) {
      if (!(error instanceof EngineRefusedError)) throw error
    }
  }

  hold(): void {
    this.#attachment?.pause()
  }

  letGo(): void {
    this.#attachment?.resume()
  }

  detach(): void {
    this.#attachment?.destroy()
  }
}
