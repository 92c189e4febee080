import type {OutputStream} from './demultiplexer.js'

const HEADER_BYTES = 8
const STDERR = 2
/**
 * What stands before each message: `2006-01-02T15:04:05.000000000Z ` in UTC, or with the host's offset from it, as
 * Docker's journald driver has it.
 */
const STAMP = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})(Z|[+-]\d\d:\d\d) /g
const LONGEST_STAMP_BYTES = 36
/** The longest line of a terminal that is kept together; Docker's messages hold a quarter of it. */
const MOST_BYTES = 64 * 1024
const NEWLINE = 10

/**
 * A message of Docker's log: a line with its end, or a part of one that is longer than 16 KiB or whose end has not
 * come.
 */
export interface LogMessage {
  readonly stream: OutputStream
  /**
   * When the Engine took it, in its own words; empty where it does not say. The parts of a line all bear the time of
   * the first.
   */
  readonly stamp: Buffer
  readonly text: Buffer
}

/**
 * Takes Docker's log apart that was asked for with times (Engine API, `GET /containers/{id}/logs`, `timestamps`): a
 * frame is a message. The log of a container with a terminal has no frames; there a message ends with its line, or
 * where what follows is the time of another: one that is not before its own, as what the container itself says of the
 * time is.
 */
export class LogMessages {
  readonly #emit: (message: LogMessage) => void
  readonly #isRaw: boolean
  #rest: Buffer = Buffer.alloc(0)

  constructor(raw: boolean, emit: (message: LogMessage) => void) {
    this.#emit = emit
    this.#isRaw = raw
  }

  /** Takes the next chunk, which must stay as it is. */
  push(chunk: Buffer): void {
    const all = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = all.subarray(this.#isRaw ? this.#takeLines(all) : this.#takeFrames(all))
  }

  /** The log has ended: what has come of a terminal's last line is a message, too. */
  end(): void {
    if (this.#isRaw && this.#rest.length > 0) this.#takeLine(this.#rest)
    this.#rest = Buffer.alloc(0)
  }

  /** How much of it was whole. */
  #takeFrames(all: Buffer): number {
    let from = 0
    while (all.length - from >= HEADER_BYTES) {
      const end = from + HEADER_BYTES + all.readUInt32BE(from + 4)
      if (end > all.length) break
      const stream = all[from] === STDERR ? 'stderr' : 'stdout'
      this.#take(stream, all.subarray(from + HEADER_BYTES, end))
      from = end
    }
    return from
  }

  #takeLines(all: Buffer): number {
    let from = 0
    for (;;) {
      const end = all.indexOf(NEWLINE, from) + 1
      if (end === 0) return all.length - from < MOST_BYTES ? from : from + this.#takeBegun(all.subarray(from))
      this.#takeLine(all.subarray(from, end))
      from = end
    }
  }

  #takeLine(line: Buffer): void {
    let from = 0
    for (const next of [...messageStarts(line), line.length]) {
      this.#take('stdout', line.subarray(from, next))
      from = next
    }
  }

  /** Takes of a line whose end has not come the messages that are whole; how much that was. */
  #takeBegun(line: Buffer): number {
    const whole = messageStarts(line).at(-1) ?? line.length
    this.#takeLine(line.subarray(0, whole))
    return whole
  }

  #take(stream: OutputStream, bytes: Buffer): void {
    const length = stampLength(bytes)
    this.#emit({stream, stamp: bytes.subarray(0, length), text: bytes.subarray(length)})
  }
}

/** Where in a terminal's line messages begin, but for the first. */
function messageStarts(line: Buffer): number[] {
  const starts: number[] = []
  let own: bigint | undefined
  // In latin1 each byte is one character, so that the places are the same.
  for (const {0: stamp, index} of line.toString('latin1').matchAll(STAMP)) {
    const next = momentOf(Buffer.from(stamp))
    if (index > 0 && (own === undefined || next < own)) continue
    if (index > 0) starts.push(index)
    own = next
  }
  return starts
}

/** When the Engine took a message, in nanoseconds since 1970; 0 where it does not say. */
export function momentOf(stamp: Buffer): bigint {
  const [match] = stamp.toString('latin1').matchAll(STAMP)
  const milliseconds = match === undefined ? NaN : Date.parse(`${match[1] ?? ''}${match[3] ?? ''}`)
  return Number.isNaN(milliseconds) ? 0n : BigInt(milliseconds) * 1_000_000n + BigInt(match?.[2] ?? 0)
}

/**
 * How many bytes of a message are its time, with the space behind it. By their places, as a log may have millions of
 * them.
 */
function stampLength(bytes: Buffer): number {
  const is = (at: number, characters: string): boolean => characters.includes(String.fromCharCode(bytes[at] ?? 0))
  if (!is(4, '-') || !is(10, 'T') || !is(13, ':') || !is(19, '.')) return 0
  if (is(29, 'Z') && is(30, ' ')) return 31
  return is(29, '+-') && is(35, ' ') ? LONGEST_STAMP_BYTES : 0
}
