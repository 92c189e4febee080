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

/** Takes one stream of a container's output apart into lines, which may be cut anywhere. */
export class LineSplitter {
  readonly #take: TakeLine
  /** What has come of a line whose end has not. */
  #held: Buffer[] = []
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
        if (from < piece.length) this.#hold(Buffer.from(piece.subarray(from)))
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

  /** Gives what is held as it is. */
  flush(): void {
    if (!this.isHolding) return
    this.#take(this.#release(), this.#isRest)
    this.#isRest = true
  }

  #finish(piece: Buffer): void {
    if (this.isHolding) this.#held.push(piece)
    const rest = this.#giveParts(this.isHolding ? this.#release() : piece)
    // The end alone of a line that was given is no line.
    if (rest.length > 0 || !this.#isRest) this.#take(rest, this.#isRest)
    this.#isRest = false
  }

  #hold(piece: Buffer): void {
    this.#held.push(piece)
    this.#heldBytes += piece.length
    if (this.#heldBytes <= LONGEST_LINE_BYTES) return
    const rest = this.#giveParts(this.#release())
    this.#held = [rest]
    this.#heldBytes = rest.length
  }

  #release(): Buffer {
    const [first = Buffer.alloc(0)] = this.#held
    const all = this.#held.length === 1 ? first : Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    return all
  }

  /** Gives a line that is too long in parts, but for the last one, which is returned. */
  #giveParts(line: Buffer): Buffer {
    let rest = line
    while (rest.length > LONGEST_LINE_BYTES) {
      const end = characterStart(rest, LONGEST_LINE_BYTES)
      this.#take(rest.subarray(0, end), this.#isRest)
      this.#isRest = true
      rest = rest.subarray(end)
    }
    return rest
  }
}

/** Where the character of UTF-8 begins that is at a place; the place itself where there is none. */
function characterStart(text: Buffer, place: number): number {
  for (let at = place; at > place - 4; at--) if (((text[at] ?? 0) & 0xc0) !== CONTINUES) return at
  return place
}
