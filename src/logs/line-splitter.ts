/**
 * The longest text of an entry that is one line, in bytes: what journald takes of a line of standard output before it
 * breaks it (journald.conf(5), `LineMax=`), with room for the priority before it.
 */
export const LONGEST_LINE_BYTES = 48 * 1024 - '<6>\n'.length
const NEWLINE = 0x0a
/** Of a byte of UTF-8 that begins no character, the two bits that say so. */
const CONTINUES = 0x80

/**
 * Is given a line without its newline, or a part of one.
 *
 * @param isRest whether it goes on a line whose beginning was given before
 */
export type TakeLine = (text: Buffer, isRest: boolean) => void

/**
 * Takes one stream of a container's output apart into lines, which may be cut anywhere. What it gives stays as it is as
 * long as the piece does.
 */
export class LineSplitter {
  readonly #take: TakeLine
  /** What has come of a line whose end has not, with room for the byte that makes it too long. */
  #held = Buffer.allocUnsafeSlow(LONGEST_LINE_BYTES + 1)
  /** What was given of the one before. */
  #other = Buffer.allocUnsafeSlow(LONGEST_LINE_BYTES + 1)
  #heldBytes = 0
  /** Whether the beginning of the line was given already. */
  #isRest = false

  constructor(take: TakeLine) {
    this.#take = take
  }

  /**
   * Takes the next piece, of which nothing is kept, or so much of it as ends `most` lines.
   *
   * @returns how many bytes that was
   */
  push(piece: Buffer, most = Infinity): number {
    let from = 0
    for (let count = 0; count < most; count++) {
      const end = piece.indexOf(NEWLINE, from)
      if (end === -1) {
        this.#hold(piece.subarray(from))
        return piece.length
      }
      this.#finish(piece.subarray(from, end))
      from = end + 1
    }
    return from
  }

  /** Whether there is a line whose end has not come. */
  get isHolding(): boolean {
    return this.#heldBytes > 0
  }

  /** Gives what is held as it is, for good. */
  flush(): void {
    if (!this.isHolding) return
    this.#give(Buffer.from(this.#held.subarray(0, this.#heldBytes)))
    this.#heldBytes = 0
  }

  #finish(piece: Buffer): void {
    if (this.isHolding) {
      this.#hold(piece)
      this.#take(this.#held.subarray(0, this.#heldBytes), this.#isRest)
      this.#heldBytes = 0
      ;[this.#held, this.#other] = [this.#other, this.#held]
    } else {
      let rest = piece
      while (rest.length > LONGEST_LINE_BYTES) {
        const end = characterStart(rest, LONGEST_LINE_BYTES)
        this.#give(rest.subarray(0, end))
        rest = rest.subarray(end)
      }
      // The end alone of a line that was given is no line.
      if (rest.length > 0 || !this.#isRest) this.#take(rest, this.#isRest)
    }
    this.#isRest = false
  }

  /** Holds a piece of a line; of one that is too long all parts but the last are given. */
  #hold(piece: Buffer): void {
    for (let rest = piece; rest.length > 0;) {
      const taken = rest.copy(this.#held, this.#heldBytes)
      this.#heldBytes += taken
      rest = rest.subarray(taken)
      if (this.#heldBytes <= LONGEST_LINE_BYTES) continue
      const end = characterStart(this.#held, LONGEST_LINE_BYTES)
      this.#give(Buffer.from(this.#held.subarray(0, end)))
      this.#held.copyWithin(0, end, this.#heldBytes)
      this.#heldBytes -= end
    }
  }

  /** Gives a part of a line that goes on. */
  #give(part: Buffer): void {
    this.#take(part, this.#isRest)
    this.#isRest = true
  }
}

/** Where the character of UTF-8 begins that is at a place; the place itself where there is none. */
function characterStart(text: Buffer, place: number): number {
  for (let at = place; at > place - 4; at--) if (((text[at] ?? 0) & 0xc0) !== CONTINUES) return at
  return place
}
