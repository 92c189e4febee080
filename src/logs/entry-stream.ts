import {Writable} from 'node:stream'
import type {OutputStream} from '../docker/demultiplexer.js'
import {UNFINISHED_LINE_MS} from '../limits.js'
import type {Entry, EntrySink} from './entry.js'
import {LineSplitter} from './line-splitter.js'
import type {PriorityOf} from './priority-of.js'

const RETURN = 0x0d

type Done = (error?: Error | null) => void

/**
 * Makes entries of one stream of a container's output. A line whose end does not come, as that of a prompt, becomes an
 * entry as it is once nothing has come for a while. Takes no more than its sink does.
 */
export class EntryStream extends Writable {
  readonly #sink: EntrySink
  readonly #lines: LineSplitter
  #entries: Entry[] = []
  #timer: NodeJS.Timeout | undefined
  /** Counts what has come, to tell whether anything has. */
  #pieces = 0

  /** @param tty the container has a terminal, which ends its lines with CR LF */
  constructor(stream: OutputStream, tty: boolean, priorityOf: PriorityOf, sink: EntrySink) {
    super()
    this.#sink = sink
    this.#lines = new LineSplitter((line, isRest) => {
      const text = tty && line.at(-1) === RETURN ? line.subarray(0, -1) : line
      this.#entries.push({stream, ...priorityOf(text, isRest)})
    })
  }

  override _write(piece: Buffer, _encoding: string, done: Done): void {
    this.#pieces++
    clearTimeout(this.#timer)
    this.#lines.push(piece)
    this.#pass((error) => {
      if (this.#lines.isHolding) this.#letGoLater()
      done(error)
    })
  }

  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#timer)
    done(error)
  }

  /** Resolves when also what is held of a line was written, or can't be. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#lines.flush()
    await new Promise<void>((resolve) => {
      this.#pass((error) => {
        if (error) this.destroy(error)
        resolve()
      })
    })
  }

  #letGoLater(): void {
    const pieces = this.#pieces
    this.#timer = setTimeout(() => {
      // Where this process was held up, what came in the meantime is there only now.
      setImmediate(() => {
        if (this.#pieces === pieces && !this.destroyed) void this.flush()
      })
    }, UNFINISHED_LINE_MS)
  }

  #pass(done: Done): void {
    const entries = this.#entries
    this.#entries = []
    if (entries.length === 0 || this.destroyed) done()
    else this.#sink.take(entries, done)
  }
}
