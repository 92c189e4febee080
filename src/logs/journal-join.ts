import type {Readable} from 'node:stream'
import type {OutputStream} from '../docker/demultiplexer.js'
import {LogMessages, momentOf, type LogMessage} from '../docker/log-messages.js'
import type {LastEntries} from '../systemd/journal-entries.js'
import {
  LAG_MS,
  LONGEST_LINE,
  MARGINS_MS,
  NANOSECONDS,
  SURE_LINES,
  keyOf,
  type LogJoin,
  type StreamJoin,
} from './log-join.js'

const NEWLINE = '\n'
/** Makes any match in the past better than one that the Engine took after the journal. */
const MUCH_LATER_MS = 1_000_000

/** A line of the journal. */
interface Written {
  readonly key: string
  /** When journald took it, in milliseconds since 1970. */
  readonly at: number
}

/** A line of Docker's log that is in the journal, too. */
interface Match {
  /** Where in the journal. */
  readonly place: number
  /** How many lines of the stream up to there are in the journal, one after the other. */
  readonly run: number
  /** How much later the journal has it, in milliseconds; very much where it has it before the Engine does. */
  readonly distance: number
  readonly at: bigint
  readonly count: number
}

/**
 * Finds in Docker's log what an earlier run has written last to the journal. There both streams of the container are
 * one list, with our own words in between and nothing that says whose a line is; neither are empty lines in it, nor
 * what stands before a line as its priority. Each stream of the log is looked for in that list by itself: its lines are
 * in it in their order, however many of others are between them. A line of the journal is one line of one stream, so of
 * two streams that end with the same one, that has it which said it first. Of a stream that has no line there, what is
 * new begins where the other was written: one attachment brings both.
 *
 * @param raw the container has a terminal
 * @param read Docker's log with its times, from the first moment to the second, both in milliseconds since 1970
 * @param before when the container's life before this one ended, in milliseconds since 1970: what it said is new only
 * behind what of it is in these entries
 * @returns nothing where the journal does not reach back far enough to tell
 */
export async function findJournalJoin(
  {entries, isAll}: LastEntries,
  raw: boolean,
  read: (since: number, until: number) => Promise<Readable>,
  before = 0,
): Promise<LogJoin | undefined> {
  const written = entries.flatMap(({at, text}) =>
    keyOf(text)
      .split(NEWLINE)
      .map((line) => ({key: asInJournal(line), at})),
  )
  const lines = written.filter(({key}) => key !== '')
  const [first, last] = [entries[0], entries.at(-1)]
  if (first === undefined || last === undefined) return undefined
  let since = last.at
  let oldest = Infinity
  for (const margin of MARGINS_MS) {
    since = last.at - margin
    const searches = {stdout: new JournalSearch(lines), stderr: new JournalSearch(lines)}
    const messages = new LogMessages(raw, (message) => {
      oldest = Math.min(oldest, Number(momentOf(message.stamp) / NANOSECONDS))
      searches[message.stream].take(message)
    })
    for await (const chunk of await read(since, last.at + LAG_MS)) messages.push(chunk as Buffer)
    messages.end()
    const found = ends(searches)
    const known = found.stdout ?? found.stderr
    if (known === undefined) continue
    const span = isAll ? LAG_MS : Math.min(LAG_MS, (lines[known.place]?.at ?? 0) - first.at)
    const knownAt = Number(known.at / NANOSECONDS)
    // What was written late of the life before is in these entries, too.
    const other = from(Math.max(knownAt - span, knownAt < before ? 0 : before))
    return joinOf({stdout: joinAt(found.stdout) ?? other, stderr: joinAt(found.stderr) ?? other})
  }
  // What the log has of the time that the journal knows all of is not in there.
  if (!isAll && first.at > since) return undefined
  const all = from(Math.max(since, before), oldest <= last.at ? undefined : last.at)
  return joinOf({stdout: all, stderr: all})
}

function joinOf(streams: Readonly<Record<OutputStream, StreamJoin>>): LogJoin {
  const earliest = Math.min(Number(streams.stdout.at / NANOSECONDS), Number(streams.stderr.at / NANOSECONDS))
  return {since: earliest - MARGINS_MS[0], streams}
}

function joinAt(match: Match | undefined): StreamJoin | undefined {
  return match && {at: match.at, count: match.count, begun: Buffer.alloc(0)}
}

/** Everything from then on, in milliseconds since 1970. */
function from(since: number, lostSince?: number): StreamJoin {
  const at = BigInt(Math.floor(since)) * NANOSECONDS
  return {at, count: 0, begun: Buffer.alloc(0), ...(lostSince === undefined ? {} : {lostSince})}
}

/** The last line of each stream that is in the journal. */
function ends({
  stdout,
  stderr,
}: Readonly<Record<OutputStream, JournalSearch>>): Readonly<Record<OutputStream, Match | undefined>> {
  const found = {stdout: stdout.best(), stderr: stderr.best()}
  if (found.stdout === undefined || found.stdout.place !== found.stderr?.place) return found
  return found.stdout.at <= found.stderr.at
    ? {...found, stderr: stderr.best(found.stderr.place)}
    : {...found, stdout: stdout.best(found.stdout.place)}
}

/** Looks for one stream of Docker's log in the journal. */
class JournalSearch {
  readonly #written: readonly Written[]
  /** The lines of the journal, with their places in it. */
  readonly #places = new Map<string, number[]>()
  /** By places of the journal: what is best there. */
  readonly #matches = new Map<number, Match>()
  /** By places of the journal: how many lines up to there are those up to the last one of the log. */
  #runs = new Map<number, number>()
  /** The line of the log whose end has not come. */
  #line = ''
  /** Nobody knows what came before it. */
  #isFirst = true
  #stamp = 0n
  #sameStamp = 0

  constructor(written: readonly Written[]) {
    this.#written = written
    for (const [place, {key}] of written.entries()) {
      const places = this.#places.get(key)
      if (places === undefined) this.#places.set(key, [place])
      else places.push(place)
    }
  }

  take({stamp, text}: LogMessage): void {
    const at = momentOf(stamp)
    this.#sameStamp = at === this.#stamp ? this.#sameStamp + 1 : 1
    this.#stamp = at
    if (this.#line.length < LONGEST_LINE) this.#line += keyOf(text)
    if (text.at(-1) !== NEWLINE.charCodeAt(0)) return
    const line = asInJournal(this.#line)
    this.#line = ''
    if (line === '') return
    this.#takeLine(line)
    this.#isFirst = false
  }

  /** The last line that is in the journal, at another place than this; nothing where none is. */
  best(without?: number): Match | undefined {
    let best: Match | undefined
    for (const match of this.#matches.values())
      if (match.place !== without && (best === undefined || isBetter(match, best))) best = match
    return best
  }

  #takeLine(line: string): void {
    const at = Number(this.#stamp / NANOSECONDS)
    const runs = new Map<number, number>()
    const places = this.#places.get(line) ?? []
    for (const place of places.slice(-SURE_LINES)) {
      const later = (this.#written[place]?.at ?? 0) - at
      if (later < -LAG_MS) continue
      const before = [...this.#runs].filter(([earlier]) => earlier < place).map(([, run]) => run)
      const isSure = this.#isFirst || places.length === 1
      const run = isSure ? SURE_LINES : Math.min(SURE_LINES, Math.max(0, ...before) + 1)
      runs.set(place, run)
      const distance = later >= 0 ? later : MUCH_LATER_MS - later
      const match = {place, run, distance, at: this.#stamp, count: this.#sameStamp}
      const known = this.#matches.get(place)
      if (known === undefined || isBetter(match, known)) this.#matches.set(place, match)
    }
    this.#runs = runs
  }
}

/** More lines that are the same; then what was written later; then what came when it was written. */
function isBetter(one: Match, other: Match): boolean {
  if (one.run !== other.run) return one.run > other.run
  if (one.place !== other.place) return one.place > other.place
  return one.distance <= other.distance
}

/**
 * A line without what journald takes off it: a priority (sd-daemon(3)), and white space at its end (systemd,
 * src/journal/journald-stream.c).
 */
function asInJournal(line: string): string {
  return line.replace(/^<[0-7]>/, '').trimEnd()
}
