import {Writable} from 'node:stream'
import type {OutputStream} from '../docker/demultiplexer.js'
import {UNFINISHED_ENTRY_MS, UNFINISHED_LINE_MS} from '../limits.js'
import type {Entry, EntrySink} from './entry.js'
import {LineJoiner, type JoinRules} from './line-joiner.js'
import {LineSplitter} from './line-splitter.js'
import type {PriorityOf} from './priority-of.js'

const RETURN = 0x0d
/**
 * How many lines are entries at a time. A chunk of short ones has thousands, and V8 enlarges its young generation, up
 * to 48 MiB, for what a collection of it finds in use.
 */
const MOST_AT_ONCE = 16

type Done = (error?: Error | null) => void

/** What becomes of the lines of a stream. */
export interface EntryMaking {
  /** Whether the container has a terminal, which ends its lines with CR LF. */
  readonly tty: boolean
  /** Which lines are one entry; absent where each is one. */
  readonly joins: JoinRules | undefined
  readonly priorityOf: PriorityOf
}

/**
 * Makes entries of one stream of a container's output. A line whose end does not come, as that of a prompt, goes as it
 * is once nothing has come for a while, and so does an entry that may have more lines. Takes no more than its sink.
 */
export class EntryStream extends Writable {
  readonly #sink: EntrySink
  readonly #lines: LineSplitter
  readonly #joiner: LineJoiner | undefined
  #entries: Entry[] = []
  #timer: NodeJS.Timeout | undefined
  /** Counts what has come, to tell whether anything has. */
  #pieces = 0

  constructor(stream: OutputStream, {tty, joins, priorityOf}: EntryMaking, sink: EntrySink) {
    super()
    this.#sink = sink
    const make = (line: Buffer, isRest: boolean): void => {
      const {priority, text} = priorityOf(line, isRest)
      this.#entries.push({stream, priority, text})
    }
    const joiner = (this.#joiner = joins === undefined ? undefined : new LineJoiner(joins, make))
    const take = joiner?.take ?? make
    this.#lines = new LineSplitter((line, isRest) => {
      take(tty && line.at(-1) === RETURN ? line.subarray(0, -1) : line, isRest)
    })
  }

  override _write(piece: Buffer, _encoding: string, done: Done): void {
    this.#pieces++
    clearTimeout(this.#timer)
    this.#take(piece, (error) => {
      this.#letGoLater()
      done(error)
    })
  }

  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#timer)
    done(error)
  }

  /** Resolves when also what is held was written, or can't be. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#lines.flush()
    this.#joiner?.flush()
    await this.#passHeld()
  }

  #letGoLater(): void {
    const {isHolding} = this.#lines
    if (!isHolding && this.#joiner?.isHolding !== true) return
    const pieces = this.#pieces
    this.#timer = setTimeout(
      () => {
        // Where this process was held up, what came in the meantime is there only now.
        setImmediate(() => {
          if (this.#pieces !== pieces || this.destroyed) return
          if (isHolding) this.#lines.flush()
          else this.#joiner?.flush()
          void this.#passHeld()
          this.#letGoLater()
        })
      },
      isHolding ? UNFINISHED_LINE_MS : UNFINISHED_ENTRY_MS,
    )
  }

  async #passHeld(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#pass((error) => {
        if (error) this.destroy(error)
        resolve()
      })
    })
  }

  #take(piece: Buffer, done: Done): void {
    const taken = this.#lines.push(piece, MOST_AT_ONCE)
    this.#pass((error) => {
      if (error || taken === piece.length) done(error)
      else this.#take(piece.subarray(taken), done)
    })
  }

  #pass(done: Done): void {
    const entries = this.#entries
    this.#entries = []
    if (entries.length === 0 || this.destroyed) done()
    else this.#sink.take(entries, done)
  }
}
