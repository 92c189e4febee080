import type {Readable, Writable} from 'node:stream'
import type {ContainerBrake} from './container-brake.js'
import {Demultiplexer, type OutputStream} from '../docker/demultiplexer.js'
import {UnwrittenMessages, joinAfter, type LogJoin} from './log-join.js'
import {LogMessages, momentOf} from '../docker/log-messages.js'
import {OutputConnection} from '../docker/output-connection.js'
import {nothingWritten, unfinishedStream, type OutputTails} from './output-tail.js'
import {watchForStuckReader} from './stuck-reader.js'
import {WholeLines} from './whole-lines.js'
import {NEVER_ABORTED} from '../timing.js'

/** How much later than the soonest of its messages a log may come. */
const LATE_MS = 500
const NEWLINE = 0x0a

type Sinks = Readonly<Record<OutputStream, Writable>>
type Write = (to: OutputStream, payload: Buffer) => void

/** What is known of where the output goes. */
export interface SinkTraits {
  /** Is told when a sink breaks, which takes nothing more then. */
  readonly broke?: ((error: Error) => void) | undefined
  /**
   * Once it aborts, sinks that take nothing for long are given up, because Docker does not report the end of a
   * container whose output is not read.
   */
  readonly stopping?: AbortSignal | undefined
}

/** What takes a stream of the Engine apart, chunk by chunk, and its last part. */
interface Splitter {
  push(chunk: Buffer): void
  end(): void
}

/**
 * Copies an attached container's output until its stream ends or is destroyed, and resolves when all of it was written.
 * Reads no further before the sinks have taken what was read, so that nothing is kept of it and the source is held up
 * by a slow sink. A sink that breaks (journald restarts, a pipe's reader is gone) loses its share of the output; the
 * container goes on.
 *
 * Where both streams go to one sink, a line is an entry there, and what one says never comes into a line of the other.
 *
 * @param raw the container has a terminal, so its output is one unframed stream
 * @param tails take note of what is written, when it comes
 */
export async function forwardOutput(
  stream: Readable,
  raw: boolean,
  stdout: Writable,
  stderr: Writable,
  tails: OutputTails = nothingWritten(Date.now()),
  traits: SinkTraits = {},
): Promise<void> {
  if (stream instanceof OutputConnection) stream.overwriteChunks()
  await forward(stream, {stdout, stderr}, {...traits, tails}, (write) => {
    const {take, lines} = noting(tails, write, stdout === stderr && !raw)
    const split = raw ? undefined : new Demultiplexer(take)
    return {
      push: (chunk) => {
        lines?.begin(chunk.length)
        if (split === undefined) take('stdout', chunk)
        else split.push(chunk)
      },
      end: () => lines?.flush(),
    }
  })
}

/**
 * Does the same with Docker's log, which has its times and begins at or before `join`: what was written up to there is
 * left out. A log that is followed comes with a `brake`, which holds up its container while the sinks take nothing.
 *
 * @param lost is told once of each stream of which something is missing: since when, in milliseconds since 1970, and
 * until when, in nanoseconds
 * @returns where the log goes on after that, how many bytes were not written before, and whether it was left off
 * because it was read too late: an Engine that rotates a log twice before who follows it has read it skips what was in
 * between (moby, loggerutils/follow.go)
 */
export async function forwardLog(
  stream: Readable,
  raw: boolean,
  stdout: Writable,
  stderr: Writable,
  tails: OutputTails,
  {streams}: LogJoin,
  lost: (since: number, until: bigint) => void,
  traits: SinkTraits & {readonly brake?: ContainerBrake} = {},
): Promise<{readonly join: LogJoin; readonly isLate: boolean; readonly bytes: number}> {
  const unwritten = {
    stdout: new UnwrittenMessages(streams.stdout, lost),
    stderr: new UnwrittenMessages(streams.stderr, lost),
  }
  const delay = new Delay()
  let bytes = 0
  await forward(stream, {stdout, stderr}, {...traits, tails}, (write) => {
    const {take, lines} = noting(tails, write, stdout === stderr && !raw)
    // A chunk of a thousand lines is one write.
    let texts: Buffer[] = []
    let to: OutputStream = 'stdout'
    let last: Buffer = Buffer.alloc(0)
    const flush = (): void => {
      if (texts.length > 0) take(to, Buffer.concat(texts))
      texts = []
    }
    const messages = new LogMessages(raw, (message) => {
      last = message.stamp
      const text = unwritten[message.stream].rest(message)
      if (text.length === 0) return
      if (message.stream !== to) flush()
      to = message.stream
      bytes += text.length
      texts.push(text)
    })
    return {
      push: (chunk) => {
        messages.push(chunk)
        flush()
        if (traits.brake !== undefined && delay.isLate(last)) stream.destroy()
      },
      end: () => {
        // Of a message that was cut the rest is read again.
        if (!delay.wasLate) messages.end()
        flush()
        lines?.flush()
      },
    }
  })
  return {join: joinAfter(unwritten), isLate: delay.wasLate, bytes}
}

/** What takes note of output as it comes, and writes it, line by line where that is asked. */
function noting(
  tails: OutputTails,
  write: Write,
  isByLine: boolean,
): {readonly take: Write; readonly lines: WholeLines | undefined} {
  const lines = isByLine ? new WholeLines(write) : undefined
  const pass = lines?.push ?? write
  const take: Write = (to, payload) => {
    tails[to].add(payload)
    pass(to, payload)
  }
  return {take, lines}
}

/** How long after the Engine took them the messages of a log come, compared with the soonest: its clock may differ. */
class Delay {
  wasLate = false
  #least = Infinity

  /** Whether the message with this stamp comes too late. */
  isLate(stamp: Buffer): boolean {
    if (stamp.length === 0) return false
    const delay = Date.now() - Number(momentOf(stamp) / 1_000_000n)
    this.#least = Math.min(this.#least, delay)
    this.wasLate ||= delay - this.#least > LATE_MS
    return this.wasLate
  }
}

async function forward(
  stream: Readable,
  sinks: Sinks,
  {
    tails,
    broke,
    stopping = NEVER_ABORTED,
    brake,
  }: SinkTraits & {readonly tails: OutputTails; readonly brake?: ContainerBrake},
  splitterTo: (write: Write) => Splitter,
): Promise<void> {
  const broken = new Set<Writable>()
  let unwritten = 0
  let isHeldUp = false
  let moves = 0
  /** The stream of whose line the sink of both has the beginning alone. */
  let inLineOf = unfinishedStream(tails)
  let allWritten: () => void = () => undefined

  const goOn = (): void => {
    if (isHeldUp) {
      stream.resume()
      brake?.letGo()
    }
    isHeldUp = false
    allWritten()
  }
  const written = (): void => {
    moves++
    if (--unwritten === 0) goOn()
  }
  const unwatch = watchForStuckReader(
    stopping,
    () => (unwritten > 0 ? moves : undefined),
    () => {
      for (const sink of Object.values(sinks)) broken.add(sink)
      broke?.(new Error('whoever reads it takes nothing, and the unit stops'))
      unwritten = 0
      goOn()
    },
  )
  const splitter = splitterTo((to, payload) => {
    const sink = sinks[to]
    if (broken.has(sink) || sink.destroyed) return
    if (sinks.stdout === sinks.stderr) {
      if (inLineOf !== undefined && inLineOf !== to) sink.write('\n')
      inLineOf = payload.at(-1) === NEWLINE ? undefined : to
    }
    unwritten++
    moves++
    sink.write(payload, written)
    // What a sink has taken at once is written, though it says so later.
    if (isHeldUp || sink.writableLength === 0) return
    isHeldUp = true
    stream.pause()
    brake?.hold()
  })
  const ears = Object.values(sinks).map((sink) => ({
    sink,
    error: (error: Error) => {
      broken.add(sink)
      broke?.(error)
    },
  }))
  for (const {sink, error} of ears) {
    sink.on('error', error)
    // It can break at any time later.
    if (!sink.listeners('error').includes(ignore)) sink.on('error', ignore)
  }

  // An Engine that dies cuts the stream; whether the container lives on is not for its output to say.
  stream.on('error', ignore)
  stream.on('data', (chunk: Buffer) => {
    splitter.push(chunk)
  })
  if (!stream.closed) await new Promise<void>((resolve) => stream.once('close', resolve))
  splitter.end()
  if (unwritten > 0) await new Promise<void>((resolve) => (allWritten = resolve))
  unwatch()
  // The sinks outlive the stream, and are given others.
  for (const {sink, error} of ears) sink.off('error', error)
}

function ignore(): void {
  return undefined
}
