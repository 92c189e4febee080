import type {Readable, Writable} from 'node:stream'
import {Demultiplexer, type OutputStream} from './demultiplexer.js'

/**
 * Copies an attached container's output until its stream ends or is destroyed, and resolves when all of it was written. Reads no faster than
 * the sinks take it. A sink that breaks (journald restarts, a pipe's reader is gone) loses its share of the output; the container goes on.
 *
 * @param raw the container has a terminal, so its output is one unframed stream
 */
export async function forwardOutput(stream: Readable, raw: boolean, stdout: Writable, stderr: Writable): Promise<void> {
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
  const write = (to: OutputStream, payload: Buffer): void => {
    const sink = sinks[to]
    if (broken.has(sink) || sink.destroyed) return
    unwritten++
    if (sink.write(payload, written) || full.has(sink)) return
    full.add(sink)
    stream.pause()
  }
  for (const sink of [stdout, stderr]) {
    sink.on('drain', () => {
      freed(sink)
    })
    sink.on('error', () => {
      broken.add(sink)
      freed(sink)
    })
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
}
