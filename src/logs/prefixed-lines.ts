import type {Writable} from 'node:stream'
import type {OutputStream} from '../docker/demultiplexer.js'
import type {Entry, EntrySink} from './entry.js'

const NEWLINE = 0x0a
/** journald ends a line there, too (systemd, src/journal/journald-stream.c). */
const NUL = 0
const [OPENING, ZERO, CLOSING] = [0x3c, 0x30, 0x3e]
/** How many bytes a prefix takes, such as `<6>`, and how many a line besides its text. */
const PREFIX_BYTES = 3
const LINE_BYTES = PREFIX_BYTES + 1

/**
 * Writes entries to a stream of the journal's (sd-daemon(3)): their priority stands before each of their lines. A line
 * is an entry there.
 */
export class PrefixedLines implements EntrySink {
  readonly #outputs: Readonly<Record<OutputStream, Writable>>

  /** Memory that nothing is written from at the moment. */
  #room: Buffer | undefined

  constructor(outputs: Readonly<Record<OutputStream, Writable>>) {
    this.#outputs = outputs
  }

  take(entries: readonly Entry[], done: (error?: Error | null) => void): void {
    const [first] = entries
    if (first === undefined) {
      done()
      return
    }
    const texts = entries.map(({priority, text}) =>
      text.includes(NEWLINE) || text.includes(NUL) ? prefixedWithin(text, priority) : text,
    )
    const bytes = texts.reduce((most, {length}) => most + length + LINE_BYTES, 0)
    const room = this.#room !== undefined && this.#room.length >= bytes ? this.#room : Buffer.allocUnsafeSlow(bytes)
    this.#room = undefined
    let at = 0
    for (const [index, {priority}] of entries.entries()) {
      room[at] = OPENING
      room[at + 1] = ZERO + priority
      room[at + 2] = CLOSING
      at += PREFIX_BYTES
      at += texts[index]?.copy(room, at) ?? 0
      room[at++] = NEWLINE
    }
    this.#outputs[first.stream].write(room.subarray(0, bytes), (error) => {
      this.#room = room
      done(error)
    })
  }

  close(): void {
    // The outputs are this process's own.
  }
}

/** A text of several lines with the priority before each but the first. */
function prefixedWithin(text: Buffer, priority: number): Buffer {
  return Buffer.from(text.toString('latin1').replace(/[\n\0]/g, `\n<${String(priority)}>`), 'latin1')
}
