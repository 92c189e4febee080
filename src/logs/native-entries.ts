import {JOURNAL_RETRY_FIRST_MS, JOURNAL_RETRY_MOST_MS} from '../limits.js'
import type {NativeJournal} from '../systemd/native-journal.js'
import {sleep} from '../timing.js'
import type {Entry, EntrySink} from './entry.js'

/**
 * Writes entries to the journal one by one. One that has no room, or is not there, is waited for, and with it the
 * container that has more to say.
 */
export class NativeEntries implements EntrySink {
  readonly #journal: NativeJournal
  readonly #closed = new AbortController()
  /** Settles when what was taken so far was written. */
  #written: Promise<void> = Promise.resolve()
  /** How many calls wait for their turn, as the journal has not taken all at once. */
  #waiting = 0

  constructor(journal: NativeJournal) {
    this.#journal = journal
  }

  take(entries: readonly Entry[], done: (error?: Error | null) => void): void {
    // What the journal takes at once is not kept, however many entries there are.
    const sent = this.#waiting === 0 ? this.#sendAtOnce(entries) : 0
    const isLeft = sent < entries.length
    if (isLeft) {
      this.#waiting++
      const left = entries.slice(sent)
      this.#written = this.#written.then(() => this.#write(left))
    }
    const settle = (error?: Error): void => {
      if (isLeft) this.#waiting--
      // In the next turn, so that others have theirs, and what was sent is collected.
      setImmediate(done, error)
    }
    this.#written.then(
      () => {
        settle()
      },
      (error: unknown) => {
        settle(error as Error)
      },
    )
  }

  close(): void {
    this.#closed.abort(new Error('the journal does not take it'))
    this.#journal.close()
  }

  /** How many of them were sent. */
  #sendAtOnce(entries: readonly Entry[]): number {
    let sent = 0
    try {
      for (const {priority, text} of entries) {
        if (this.#closed.signal.aborted || this.#journal.send(priority, text) !== 'sent') break
        sent++
      }
    } catch {
      // The next try fails as well, and says why.
    }
    return sent
  }

  async #write(entries: readonly Entry[]): Promise<void> {
    const {signal} = this.#closed
    let patience = JOURNAL_RETRY_FIRST_MS
    for (const {priority, text} of entries) {
      signal.throwIfAborted()
      while (this.#journal.send(priority, text) !== 'sent') {
        await sleep(patience, signal)
        signal.throwIfAborted()
        patience = Math.min(patience * 2, JOURNAL_RETRY_MOST_MS)
      }
      patience = JOURNAL_RETRY_FIRST_MS
    }
  }
}
