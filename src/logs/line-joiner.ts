import {LONGEST_LINE_BYTES, type TakeLine} from './line-splitter.js'
import {levelPrefix} from './priority/level-prefix.js'

/** How many lines an entry may have. */
const MOST_LINES = 1000
const NEWLINE = 0x0a

/** Which lines begin an entry. */
export interface JoinRules {
  /** Is given a line without its prefix. The first line of all begins one, whatever this says. */
  readonly beginsEntry: (line: Buffer) => boolean
  /** Whether a prefix is one, and not text (systemd.exec(5), `SyslogLevelPrefix=`). */
  readonly takesPrefix: boolean
}

/**
 * Joins the lines of one stream to entries: a line that begins none goes on the entry before it, without its prefix. An
 * entry that gets too long goes on in another, which is its rest. Holds the last entry until the next one begins.
 */
export class LineJoiner {
  readonly #rules: JoinRules
  readonly #give: TakeLine
  readonly #held = Buffer.allocUnsafeSlow(LONGEST_LINE_BYTES)
  #bytes = 0
  #lines = 0
  #isRest = false

  constructor(rules: JoinRules, give: TakeLine) {
    this.#rules = rules
    this.#give = give
  }

  /** Takes the next line, of which nothing is kept, or a part of one. */
  readonly take: TakeLine = (line, isRest) => {
    if (isRest) {
      if (this.isHolding && this.#bytes + line.length <= LONGEST_LINE_BYTES) this.#add(line)
      else this.#begin(line, true)
      return
    }
    const prefix = this.#rules.takesPrefix ? levelPrefix(line) : undefined
    const text = prefix === undefined ? line : line.subarray(prefix.length)
    if (!this.isHolding || this.#rules.beginsEntry(text)) this.#begin(line, false)
    else if (this.#lines === MOST_LINES || this.#bytes + 1 + text.length > LONGEST_LINE_BYTES) this.#begin(text, true)
    else {
      this.#held[this.#bytes++] = NEWLINE
      this.#add(text)
      this.#lines++
    }
  }

  /** Whether there is an entry that may go on. */
  get isHolding(): boolean {
    return this.#lines > 0
  }

  /** Gives what is held. */
  flush(): void {
    if (!this.isHolding) return
    this.#give(Buffer.from(this.#held.subarray(0, this.#bytes)), this.#isRest)
    this.#lines = 0
  }

  #begin(line: Buffer, isRest: boolean): void {
    this.flush()
    this.#isRest = isRest
    this.#bytes = 0
    this.#lines = 1
    this.#add(line)
  }

  #add(text: Buffer): void {
    this.#bytes += text.copy(this.#held, this.#bytes)
  }
}
