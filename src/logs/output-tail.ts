import type {OutputStream} from '../docker/demultiplexer.js'

/** As much as holds a whole message of Docker's log (16 KiB) wherever it begins. */
const SIZE = 32 * 1024
const NEWLINE = 0x0a

/** The last 32 KiB of what was written of one of a container's streams, and when that came. */
export class OutputTail {
  /** When the last of it came, in milliseconds since 1970; before anything came, from when on everything is new. */
  at: number
  readonly #ring = Buffer.allocUnsafeSlow(SIZE)
  /** Where the next byte goes. */
  #end = 0
  #hasWrapped = false
  /** What came last is not copied before it is known that it is not soon overwritten. */
  #latest: Buffer = Buffer.alloc(0)

  constructor(since: number) {
    this.at = since
  }

  /** Takes note of what was written; it must stay as it is. */
  add(payload: Buffer): void {
    this.at = Date.now()
    if (payload.length < SIZE) this.#copy(this.#latest)
    else this.#hasWrapped = true
    this.#latest = payload
  }

  /** Whether the last line of it is finished, or there is none. */
  get isAtLineStart(): boolean {
    return this.#latest.length === 0 || this.#latest.at(-1) === NEWLINE
  }

  /** The last bytes, and whether they are all that there ever were. */
  read(): {text: Buffer; isWhole: boolean} {
    const isWhole = !this.#hasWrapped
    if (this.#latest.length >= SIZE) return {text: this.#latest.subarray(-SIZE), isWhole: false}
    const before = isWhole
      ? this.#ring.subarray(0, this.#end)
      : Buffer.concat([this.#ring.subarray(this.#end), this.#ring.subarray(0, this.#end)])
    const all = Buffer.concat([before, this.#latest])
    return {text: all.subarray(-SIZE), isWhole: isWhole && all.length <= SIZE}
  }

  #copy(payload: Buffer): void {
    const bytes = payload.subarray(-SIZE)
    const first = bytes.copy(this.#ring, this.#end)
    if (first < bytes.length || this.#end + first === SIZE) this.#hasWrapped = true
    bytes.copy(this.#ring, 0, first)
    this.#end = (this.#end + bytes.length) % SIZE
  }
}

/** What was written of each of a container's streams. */
export type OutputTails = Readonly<Record<OutputStream, OutputTail>>

/** Nothing was written yet, and everything from `since` on is new, in milliseconds since 1970. */
export function nothingWritten(since: number): OutputTails {
  return {stdout: new OutputTail(since), stderr: new OutputTail(since)}
}
