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

  const freed = (sink: Writable): void => {
    if (full.delete(sink) && full.size === 0) stream.resume()
  }
  const write = (to: OutputStream, payload: Buffer): void => {
    const sink = sinks[to]
    if (broken.has(sink) || sink.write(payload) || full.has(sink)) return
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
  await Promise.all([stdout, stderr].map((sink) => flushed(sink, broken)))
}

async function flushed(sink: Writable, broken: ReadonlySet<Writable>): Promise<void> {
  if (broken.has(sink) || sink.destroyed || sink.writableLength === 0) return
  await new Promise<void>((resolve) => {
    sink.once('drain', resolve)
    sink.once('error', () => {
      resolve()
    })
  })
}
