import {UNFINISHED_LINE_MS} from '../limits.js'
import type {OutputStream} from '../docker/demultiplexer.js'

/** How long an unfinished line may be before it is written as it is, in bytes: as long as a message of Docker's log. */
const LONGEST_BYTES = 16_384
const NEWLINE = 0x0a
const NOTHING = Buffer.alloc(0)

/**
 * Writes two streams line by line, as they may share one socket of the journal: what one says in the middle of a line
 * of the other would become a part of that line. A line that is not finished soon, as a prompt, is written as it is.
 */
export class WholeLines {
  readonly #write: (to: OutputStream, payload: Buffer) => void
  readonly #held: Record<OutputStream, Buffer> = {stdout: NOTHING, stderr: NOTHING}
  #timer: NodeJS.Timeout | undefined

  constructor(write: (to: OutputStream, payload: Buffer) => void) {
    this.#write = write
  }

  push(to: OutputStream, payload: Buffer): void {
    const held = this.#held[to]
    const all = held.length === 0 ? payload : Buffer.concat([held, payload])
    const finished = all.lastIndexOf(NEWLINE) + 1
    const isHeld = all.length - finished <= LONGEST_BYTES
    this.#held[to] = isHeld ? all.subarray(finished) : NOTHING
    const lines = isHeld ? all.subarray(0, finished) : all
    if (lines.length > 0) this.#write(to, lines)
    if (this.#held[to].length > 0)
      this.#timer ??= setTimeout(() => {
        this.flush()
      }, UNFINISHED_LINE_MS)
  }

  /** Writes what is held. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const to of ['stdout', 'stderr'] as const) {
      const held = this.#held[to]
      this.#held[to] = NOTHING
      if (held.length > 0) this.#write(to, held)
    }
  }
}
