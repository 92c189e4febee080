import type {Readable, Writable} from 'node:stream'
import {Demultiplexer, type OutputStream} from './demultiplexer.js'

/** How far a container's output was copied, in bytes of each of its streams. */
export interface OutputPosition {
  readonly copied: Record<OutputStream, number>
  /** What a stream that begins before that has to leave out. */
  readonly skip: Readonly<Record<OutputStream, number>>
}

/** Nothing was copied, and nothing is left out. */
export function beginning(): OutputPosition {
  return {copied: {stdout: 0, stderr: 0}, skip: {stdout: 0, stderr: 0}}
}

/** For a stream that goes on where another has ended. */
export function fromHereOn({copied}: OutputPosition): OutputPosition {
  return {copied, skip: beginning().skip}
}

/** For a stream that begins anew with output that was copied up to here. */
export function goingOn({copied}: OutputPosition): OutputPosition {
  return {copied, skip: {...copied}}
}

/**
 * Copies an attached container's output until its stream ends or is destroyed, and resolves when all of it was written. Reads no faster than
 * the sinks take it. A sink that breaks (journald restarts, a pipe's reader is gone) loses its share of the output; the container goes on.
 *
 * @param raw the container has a terminal, so its output is one unframed stream
 * @param position counts on what was copied; a stream that begins before that is skipped up to there
 */
export async function forwardOutput(
  stream: Readable,
  raw: boolean,
  stdout: Writable,
  stderr: Writable,
  position: OutputPosition = beginning(),
): Promise<void> {
  const sinks: Record<OutputStream, Writable> = {stdout, stderr}
  const full = new Set<Writable>()
  const broken = new Set<Writable>()
  let unwritten = 0
  let allWritten: () => void = () => undefined

  const freed = (sink: Writable): void => {
    if (full.delete(sink) && full.size === 0) stream.resume()
  }
  const written = (): void => {
    if (--unwritten === 0) allWritten()
  }
  const toSkip = {...position.skip}
  const write = (to: OutputStream, whole: Buffer): void => {
    const skipped = Math.min(toSkip[to], whole.length)
    toSkip[to] -= skipped
    if (skipped === whole.length) return
    const payload = whole.subarray(skipped)
    position.copied[to] += payload.length
    const sink = sinks[to]
    if (broken.has(sink) || sink.destroyed) return
    unwritten++
    if (sink.write(payload, written) || full.has(sink)) return
    full.add(sink)
    stream.pause()
  }
  const ears = [stdout, stderr].map((sink) => ({
    sink,
    drain: () => {
      freed(sink)
    },
    error: () => {
      broken.add(sink)
      freed(sink)
    },
  }))
  for (const {sink, drain, error} of ears) {
    sink.on('drain', drain).on('error', error)
    // It can break at any time later.
    if (!sink.listeners('error').includes(ignore)) sink.on('error', ignore)
  }

  if (raw) {
    stream.on('data', (chunk: Buffer) => {
      write('stdout', chunk)
    })
  } else {
    const demultiplexer = new Demultiplexer(write)
    stream.on('data', (chunk: Buffer) => {
      demultiplexer.push(chunk)
    })
  }
  // An Engine that dies cuts the stream; whether the container lives on is not for its output to say.
  stream.on('error', () => undefined)
  await new Promise<void>((resolve) => stream.once('close', resolve))
  if (unwritten > 0) await new Promise<void>((resolve) => (allWritten = resolve))
  // The sinks outlive the stream, and are given others.
  for (const {sink, drain, error} of ears) sink.off('drain', drain).off('error', error)
}

function ignore(): void {
  return undefined
}
