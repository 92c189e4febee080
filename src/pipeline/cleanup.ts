import {reason} from '../errors.js'
import {UNDO_MS} from '../limits.js'
import {withTimeout} from '../timing.js'

/**
 * What a run has acquired and how to let go of it, last in, first out. One undo that fails does not keep the others
 * from running.
 */
export class CleanupStack {
  readonly #undos: {label: string; undo: () => void | Promise<void>}[] = []

  /** Remembers how to undo what was just done. */
  defer(label: string, undo: () => void | Promise<void>): void {
    this.#undos.push({label, undo})
  }

  /** Undoes everything, once, and tells `warn` of each undo that failed. */
  async unwind(warn: (line: string) => void): Promise<void> {
    for (let last = this.#undos.pop(); last !== undefined; last = this.#undos.pop()) {
      try {
        await withTimeout(UNDO_MS, Promise.resolve(last.undo()))
      } catch (error) {
        warn(`could not ${last.label}: ${reason(error)}`)
      }
    }
  }
}
