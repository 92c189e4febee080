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
  #isWhole = true
  #isAtLineStart = true

  constructor(since: number) {
    this.at = since
  }

  /** Takes note of what is written, and keeps a copy of its last bytes. */
  add(payload: Buffer): void {
    if (payload.length === 0) return
    this.at = Date.now()
    this.#isAtLineStart = payload[payload.length - 1] === NEWLINE
    const from = Math.max(0, payload.length - SIZE)
    const first = payload.copy(this.#ring, this.#end, from)
    const left = payload.length - from - first
    if (left > 0) payload.copy(this.#ring, 0, from + first)
    if (from > 0 || left > 0) this.#isWhole = false
    this.#end = left > 0 ? left : this.#end + first
  }

  /** Whether the last line of it is finished, or there is none. */
  get isAtLineStart(): boolean {
    return this.#isAtLineStart
  }

  /** The last bytes, and whether they are all that there ever were. */
  read(): {text: Buffer; isWhole: boolean} {
    const isWhole = this.#isWhole
    const latest = this.#ring.subarray(0, this.#end)
    return {text: isWhole ? Buffer.from(latest) : Buffer.concat([this.#ring.subarray(this.#end), latest]), isWhole}
  }
}

/** What was written of each of a container's streams. */
export type OutputTails = Readonly<Record<OutputStream, OutputTail>>

/** Nothing was written yet, and everything from `since` on is new, in milliseconds since 1970. */
export function nothingWritten(since: number): OutputTails {
  return {stdout: new OutputTail(since), stderr: new OutputTail(since)}
}

/** Of which stream the line is unfinished that was written last, where one is. */
export function unfinishedStream({stdout, stderr}: OutputTails): OutputStream | undefined {
  if (stderr.isAtLineStart) return stdout.isAtLineStart ? undefined : 'stdout'
  return stdout.isAtLineStart || stderr.at >= stdout.at ? 'stderr' : 'stdout'
}
