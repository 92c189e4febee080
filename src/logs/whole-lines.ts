import {UNFINISHED_LINE_MS} from '../limits.js'
import type {OutputStream} from '../docker/demultiplexer.js'
import {LONGEST_LINE_BYTES} from './line-splitter.js'

const NEWLINE = 0x0a

/** The beginning of a line whose end has not come. */
class UnfinishedLine {
  readonly #bytes = Buffer.allocUnsafeSlow(LONGEST_LINE_BYTES)
  readonly #late: () => void
  #timer: NodeJS.Timeout | undefined
  length = 0

  /** `late` is called when nothing has come of it for too long. */
  constructor(late: () => void) {
    this.#late = late
  }

  add(bytes: Buffer): void {
    this.length += bytes.copy(this.#bytes, this.length)
    clearTimeout(this.#timer)
    const timer = (this.#timer = setTimeout(() => {
      // Where this process was held up, what came in the meantime is there only now.
      setImmediate(() => {
        if (this.#timer === timer) this.#late()
      })
    }, UNFINISHED_LINE_MS))
  }

  /** Nothing is held any more. */
  moveTo(target: Buffer): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#bytes.copy(target, 0, 0, this.length)
    this.length = 0
  }
}

/**
 * Writes two streams line by line, as they may share one socket of the journal: what one says in the middle of a line
 * of the other would become a part of that line. A line of which nothing more comes, as a prompt, is written as it is.
 */
export class WholeLines {
  readonly #write: (to: OutputStream, payload: Buffer) => void
  readonly #held: Readonly<Record<OutputStream, UnfinishedLine>>
  #room = Buffer.alloc(0)
  #roomUsed = 0

  /** `write` gets what stays as it is until the next chunk is begun. */
  constructor(write: (to: OutputStream, payload: Buffer) => void) {
    this.#write = write
    const unfinished = (to: OutputStream): UnfinishedLine =>
      new UnfinishedLine(() => {
        this.#letGo(to)
      })
    this.#held = {stdout: unfinished('stdout'), stderr: unfinished('stderr')}
  }

  /** All that was written is where it goes, so that its memory can be used again, for the next so many bytes. */
  begin(bytes: number): void {
    this.#roomUsed = 0
    const most = bytes + 2 * LONGEST_LINE_BYTES
    if (this.#room.length < most) this.#room = Buffer.allocUnsafeSlow(most)
  }

  /** Takes what comes next; a part of it that is not written at once is copied. */
  readonly push = (to: OutputStream, payload: Buffer): void => {
    const held = this.#held[to]
    const finished = payload.lastIndexOf(NEWLINE) + 1
    const unfinished = payload.length - finished + (finished === 0 ? held.length : 0)
    const end = unfinished > LONGEST_LINE_BYTES ? payload.length : finished
    if (end > 0)
      this.#write(to, held.length === 0 ? payload.subarray(0, end) : this.#joined(held, payload.subarray(0, end)))
    if (end < payload.length) held.add(payload.subarray(end))
  }

  /** Writes what is held. */
  flush(): void {
    this.#letGo('stdout')
    this.#letGo('stderr')
  }

  #letGo(to: OutputStream): void {
    const held = this.#held[to]
    if (held.length === 0) return
    const bytes = Buffer.allocUnsafe(held.length)
    held.moveTo(bytes)
    this.#write(to, bytes)
  }

  #joined(held: UnfinishedLine, rest: Buffer): Buffer {
    const length = held.length + rest.length
    const inRoom = this.#room.subarray(this.#roomUsed, this.#roomUsed + length)
    const all = inRoom.length < length ? Buffer.allocUnsafeSlow(length) : inRoom
    this.#roomUsed += length
    rest.copy(all, held.length)
    held.moveTo(all)
    return all
  }
}
