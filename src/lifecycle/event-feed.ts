import type {ContainerEvent} from '../docker/engine.js'
import {sleep} from '../timing.js'

/** The next that is told: an event, that there will be none, or that there was none for so long. */
export type NextEvent = ContainerEvent | 'cut' | 'late'

/** What the Engine tells of a container, taken in as it comes, so that its end is seen whatever else is waited for. */
export class EventFeed {
  readonly #waiting: ContainerEvent[] = []
  #isCut = false
  #told: () => void = () => undefined
  /** Resolves when the Engine tells nothing more. */
  readonly cut: Promise<void>

  constructor(events: AsyncIterable<ContainerEvent>) {
    this.cut = this.#takeIn(events)
  }

  /** What comes next, waited for at most `patience` milliseconds where that is given. */
  async next(patience?: number): Promise<NextEvent> {
    const over = new AbortController()
    const late = patience === undefined ? undefined : sleep(patience, over.signal).then(() => 'late' as const)
    try {
      for (;;) {
        const event = this.#waiting.shift()
        if (event !== undefined) return event
        if (this.#isCut) return 'cut'
        const told = new Promise<'told'>((resolve) => {
          this.#told = () => {
            resolve('told')
          }
        })
        if ((await Promise.race([told, ...(late === undefined ? [] : [late])])) === 'late') return 'late'
      }
    } finally {
      over.abort()
    }
  }

  async #takeIn(events: AsyncIterable<ContainerEvent>): Promise<void> {
    try {
      for await (const event of events) {
        this.#waiting.push(event)
        this.#told()
      }
    } catch {
      // One that fails tells nothing more either.
    }
    this.#isCut = true
    this.#told()
  }
}
