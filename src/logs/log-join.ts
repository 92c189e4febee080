import type {Readable} from 'node:stream'
import type {OutputStream} from '../docker/demultiplexer.js'
import {LogMessages, momentOf, type LogMessage} from '../docker/log-messages.js'
import {OutputTail, type OutputTails} from './output-tail.js'

/**
 * How long before what was written last the log is read from, in milliseconds: what a busy journal held up was taken by
 * the Engine much earlier.
 */
export const MARGINS_MS = [1000, 30_000, 900_000] as const
/** How much later than we had it the Engine may put something into its log. */
export const LAG_MS = 2000
/** How much later it does so as a rule: less than it takes an Engine to come back and take what is new. */
const USUAL_LAG_MS = 250
/** How many lines one after another leave no doubt, and how many places of a line that recurs are looked at. */
export const SURE_LINES = 16
/** How much is kept of a line whose end has not come. */
export const LONGEST_LINE = 64 * 1024
const NEWLINE = 10
export const NANOSECONDS = 1_000_000n

/** Where one stream's part of Docker's log goes on after what was written. */
export interface StreamJoin {
  /**
   * When the Engine took the last message that was written, in nanoseconds since 1970, and how many messages of the
   * stream it took at that moment.
   */
  readonly at: bigint
  readonly count: number
  /** What was written of a line whose end had not come. */
  readonly begun: Buffer
  /** When that was written, in milliseconds since 1970, which the log ought to have and has not. */
  readonly lostSince?: number
  /** Whether that message was read from the log, so that something is missing where it is not there any more. */
  readonly wasRead?: boolean
}

/**
 * Where Docker's log goes on after what was written, and from when on it is to be read for that, in milliseconds since
 * 1970.
 */
export interface LogJoin {
  readonly since: number
  readonly streams: Readonly<Record<OutputStream, StreamJoin>>
}

/**
 * Finds what was written last in Docker's log. What was written bears no times of the Engine, and the log may lack
 * lines that were written (an Engine that is killed), or lines that were not (it was truncated, or drops what is too
 * much): so lines are compared, those around them decide between equal ones and, where these are equal too, the time.
 *
 * @param raw the container has a terminal
 * @param read Docker's log with its times, from the first moment to the second, both in milliseconds since 1970
 */
export async function findJoin(
  tails: OutputTails,
  raw: boolean,
  read: (since: number, until: number) => Promise<Readable>,
): Promise<LogJoin> {
  const last = Math.max(tails.stdout.at, tails.stderr.at)
  const stdout = new Search(tails.stdout)
  const stderr = new Search(tails.stderr)
  for (const margin of MARGINS_MS) {
    const since = last - margin
    for (const search of [stdout, stderr]) search.begin(since)
    if (!stdout.isOpen && !stderr.isOpen) break
    const messages = new LogMessages(raw, (message) => {
      const search = message.stream === 'stdout' ? stdout : stderr
      if (search.isOpen) search.take(message)
    })
    for await (const chunk of await read(since, last + LAG_MS)) messages.push(chunk as Buffer)
    messages.end()
    for (const search of [stdout, stderr]) search.settle()
  }
  const streams = {stdout: stdout.result(), stderr: stderr.result()}
  const found = [streams.stdout, streams.stderr].flatMap(({at, count, lostSince}) =>
    count === Infinity && lostSince === undefined ? [] : [Number(at / NANOSECONDS)],
  )
  return {since: Math.min(last - MARGINS_MS[0], ...found) - MARGINS_MS[0], streams}
}

/** What an earlier run has written, as far as is known: everything behind the join is new. */
export function writtenUpTo({streams: {stdout, stderr}}: LogJoin): OutputTails {
  const at = (join: StreamJoin): number => Number(join.at / NANOSECONDS)
  return {stdout: new OutputTail(at(stdout)), stderr: new OutputTail(at(stderr))}
}

/** Leaves out of one stream's part of Docker's log what was written. */
export class UnwrittenMessages {
  readonly #join: StreamJoin
  readonly #lost: (since: number, until: bigint) => void
  #isReached = false
  #isThere = false
  #left: number
  #begun: Buffer
  /** The stamp of the last message, and how many there were with it. */
  #stamp: Buffer = Buffer.alloc(0)
  #sameStamp = 0

  /**
   * `lost` is told when something is missing: since when, in milliseconds since 1970, and until when, in nanoseconds.
   */
  constructor(join: StreamJoin, lost: (since: number, until: bigint) => void) {
    this.#join = join
    this.#lost = lost
    this.#left = join.count
    this.#begun = join.begun
  }

  /** What of a message was not written yet. */
  rest({stamp, text}: LogMessage): Buffer {
    this.#sameStamp = stamp.equals(this.#stamp) ? this.#sameStamp + 1 : 1
    this.#stamp = stamp
    if (!this.#isReached && !this.#reach(momentOf(stamp))) return text.subarray(text.length)
    if (this.#begun.length === 0) return text
    const common = Math.min(this.#begun.length, text.length)
    if (this.#begun.compare(text, 0, common, 0, common) !== 0) {
      // An Engine that ends takes with it what it had of a line, and the next one has the rest alone.
      this.#begun = this.#begun.subarray(this.#begun.length)
      return text
    }
    this.#begun = this.#begun.subarray(common)
    return text.subarray(common)
  }

  /** Where the log goes on after what was taken. */
  get join(): StreamJoin {
    if (!this.#isReached) return this.#join
    return {at: momentOf(this.#stamp), count: this.#sameStamp, begun: this.#begun, wasRead: true}
  }

  #reach(at: bigint): boolean {
    if (at < this.#join.at) return false
    if (at === this.#join.at) {
      this.#isThere = true
      if (this.#left-- > 0) return false
    }
    this.#isReached = true
    const {lostSince, wasRead = false} = this.#join
    if (lostSince !== undefined) this.#lost(lostSince, at)
    else if (wasRead && !this.#isThere) this.#lost(Number(this.#join.at / NANOSECONDS), at)
    return true
  }
}

/**
 * Where the log goes on after what was taken of both streams. One that was silent for long is not read from its own
 * last message on, as the other's are behind that.
 */
export function joinAfter({stdout, stderr}: Readonly<Record<OutputStream, UnwrittenMessages>>): LogJoin {
  const joins = {stdout: stdout.join, stderr: stderr.join}
  const last = joins.stdout.at > joins.stderr.at ? joins.stdout.at : joins.stderr.at
  const least = last - BigInt(LAG_MS) * NANOSECONDS
  const atLeast = (join: StreamJoin): StreamJoin => (join.at < least ? {at: least, count: 0, begun: join.begun} : join)
  const streams = {stdout: atLeast(joins.stdout), stderr: atLeast(joins.stderr)}
  const earliest = streams.stdout.at < streams.stderr.at ? streams.stdout.at : streams.stderr.at
  // The Engine is asked for milliseconds.
  return {since: Number(earliest / NANOSECONDS) - 1, streams}
}

/** A place in what was written that is in Docker's log, too. */
interface Match {
  /** How many lines up to there are the same in both. */
  readonly run: number
  readonly place: number
  /** How long after the Engine took it the last was written, or before, in milliseconds. */
  readonly distance: number
  readonly at: bigint
  readonly count: number
}

/** Looks for what was written of one stream in a window of Docker's log. */
class Search {
  isOpen = true
  readonly #tail: OutputTail
  /** The lines that were written last, with their places among them. */
  readonly #places = new Map<string, number[]>()
  readonly #lastPlace: number
  readonly #begun: Buffer
  #join: StreamJoin | undefined
  /** The line of the log whose end has not come. */
  #line = ''
  #isFirst = true
  /** By places of what was written: how many lines up to there are those up to the last one of the log. */
  #runs = new Map<number, number>()
  #stamp = 0n
  #sameStamp = 0
  #best: Match | undefined

  constructor(tail: OutputTail) {
    this.#tail = tail
    const {text, isWhole} = tail.read()
    const end = text.lastIndexOf(NEWLINE) + 1
    // A beginning that is not known cannot be left out.
    this.#begun = isWhole || end > 0 ? Buffer.from(text.subarray(end)) : Buffer.alloc(0)
    const lines = keyOf(text.subarray(0, end)).split('\n').slice(0, -1)
    this.#lastPlace = lines.length - 1
    for (const [place, line] of lines.entries()) {
      // The first one was cut.
      if (place > 0 || isWhole) this.#places.set(line, [...(this.#places.get(line) ?? []), place].slice(-SURE_LINES))
    }
  }

  /**
   * Before a window that begins at `since`: of a stream that was silent for so long all that is read is new, also where
   * the Engine has put its last line into the log later than we had it.
   */
  begin(since: number): void {
    if (this.#tail.at < since - MARGINS_MS[0] - LAG_MS || this.#places.size === 0) this.#close(this.#byTime())
    this.#line = ''
    this.#isFirst = true
    this.#runs = new Map()
    this.#stamp = 0n
  }

  take({stamp, text}: LogMessage): void {
    const at = momentOf(stamp)
    this.#sameStamp = at === this.#stamp ? this.#sameStamp + 1 : 1
    this.#stamp = at
    if (this.#line.length < LONGEST_LINE) this.#line += keyOf(text)
    if (text.at(-1) !== NEWLINE) return
    this.#takeLine(this.#line.slice(0, -1))
    this.#line = ''
    this.#isFirst = false
  }

  /** After a window. */
  settle(): void {
    if (this.isOpen && this.#best !== undefined)
      this.#close({at: this.#best.at, count: this.#best.count, begun: this.#begun})
  }

  result(): StreamJoin {
    return this.#join ?? {...this.#byTime(), lostSince: this.#tail.at}
  }

  #close(join: StreamJoin): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#join = join
  }

  /** Our clock shows the Engine's milliseconds without their fraction. */
  #byTime(): StreamJoin {
    return {at: BigInt(Math.floor(this.#tail.at) + 1) * NANOSECONDS, count: Infinity, begun: this.#begun}
  }

  #takeLine(line: string): void {
    const runs = new Map<number, number>()
    const places = this.#places.get(line) ?? []
    const later = Number(this.#stamp / NANOSECONDS) - this.#tail.at
    for (const place of places) {
      // What came before the last was taken before that was written, or a moment later; which of equal lines is the one
      // that was written then, nobody could tell.
      if (place < this.#lastPlace && later > (places.length === 1 ? USUAL_LAG_MS : 0)) continue
      const isSure = this.#isFirst || place === 0 || places.length === 1
      const run = isSure ? SURE_LINES : Math.min(SURE_LINES, (this.#runs.get(place - 1) ?? 0) + 1)
      runs.set(place, run)
      const match = {run, place, distance: Math.abs(later), at: this.#stamp, count: this.#sameStamp}
      if (this.#best === undefined || isBetter(match, this.#best)) this.#best = match
    }
    this.#runs = runs
  }
}

/**
 * More lines that are the same; then what was written later; then what came when it was written, as a container may say
 * the same again and again.
 */
function isBetter(one: Match, other: Match): boolean {
  if (one.run !== other.run) return one.run > other.run
  if (one.place !== other.place) return one.place > other.place
  return one.distance <= other.distance
}

/** A text as it is compared: Docker's `json-file` log has U+FFFD for what is not UTF-8. */
export function keyOf(text: Buffer): string {
  return text.toString('utf8').replace(/\uFFFD+/g, '\uFFFD')
}
