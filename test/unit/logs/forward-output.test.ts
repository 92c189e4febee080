import {once} from 'node:events'
import {PassThrough, Readable, Writable} from 'node:stream'
import {setImmediate as nextTurn} from 'node:timers/promises'
import {describe, expect, onTestFinished, test, vi} from 'vitest'
import {STUCK_READER_MS} from '../../../src/limits.js'
import {forwardLog, forwardOutput} from '../../../src/logs/forward-output.js'
import {nothingWritten} from '../../../src/logs/output-tail.js'
import {frame} from '../../support/engine/frames.js'

/** Takes everything at once. What was taken is copied, as its memory may be used again then. */
class Sink extends Writable {
  readonly #chunks: Buffer[] = []

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#chunks.push(Buffer.from(chunk))
    done()
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString()
  }
}

/** Is full with every byte, and has room again in the next turn of the event loop. */
class SlowSink extends Writable {
  readonly #chunks: Buffer[] = []

  constructor() {
    super({highWaterMark: 1})
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    setImmediate(() => {
      this.#chunks.push(Buffer.from(chunk))
      done()
    })
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString()
  }
}

/** Is full with every byte until the test lets go of it. */
class GatedSink extends Writable {
  readonly #taken: string[] = []
  #done: ((error?: Error) => void) | undefined

  constructor() {
    super({highWaterMark: 1})
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#taken.push(chunk.toString())
    this.#done = done
    this.emit('taken')
  }

  /** Every write there was, once there were `count`. */
  async taken(count: number): Promise<string[]> {
    while (this.#taken.length < count) await once(this, 'taken')
    return this.#taken
  }

  letGo(error?: Error): void {
    this.#done?.(error)
  }
}

/** Breaks at its first write, as a pipe does whose reader is gone. */
class BrokenSink extends Writable {
  writes = 0

  override _write(_chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.writes++
    done(brokenPipe())
  }
}

function brokenPipe(): Error {
  return Object.assign(new Error('write EPIPE'), {code: 'EPIPE'})
}

describe('the output of a container without a terminal', () => {
  test('the output goes to the sink of its stream, in order', async () => {
    const stdout = new Sink()
    const stderr = new Sink()
    const source = Readable.from([
      Buffer.concat([frame(1, 'out one\n'), frame(2, 'err one\n'), frame(1, 'out two\n')]),
      Buffer.concat([frame(2, 'err two\n'), frame(2, 'err three\n')]),
    ])
    await forwardOutput(source, false, stdout, stderr)
    expect(stdout.text).toBe('out one\nout two\n')
    expect(stderr.text).toBe('err one\nerr two\nerr three\n')
  })

  test('the output is put together again when it comes byte by byte', async () => {
    const stdout = new Sink()
    const stderr = new Sink()
    const wire = Buffer.concat([frame(1, 'out\n'), frame(2, 'err\n'), frame(1, 'out\n')])
    await forwardOutput(Readable.from(Array.from(wire, (byte) => Buffer.from([byte]))), false, stdout, stderr)
    expect(stdout.text).toBe('out\nout\n')
    expect(stderr.text).toBe('err\n')
  })

  test('the output may be nothing', async () => {
    const stdout = new Sink()
    const stderr = new Sink()
    await forwardOutput(Readable.from([]), false, stdout, stderr)
    expect([stdout.text, stderr.text]).toEqual(['', ''])
  })

  test('an output of 200,000 short lines arrives whole', async () => {
    const stdout = new Sink()
    const stderr = new Sink()
    const count = 200_000
    const frames: Buffer[] = []
    const expected = {out: '', err: ''}
    for (let line = 0; line < count; line++) {
      const text = `${String(line)}\n`
      frames.push(frame(line % 3 === 0 ? 2 : 1, text))
      expected[line % 3 === 0 ? 'err' : 'out'] += text
    }
    const wire = Buffer.concat(frames)
    const size = 65_536
    const chunks = Array.from({length: Math.ceil(wire.length / size)}, (_, index) =>
      Buffer.from(wire.subarray(index * size, (index + 1) * size)),
    )
    await forwardOutput(Readable.from(chunks), false, stdout, stderr)
    expect(stdout.text.length + stderr.text.length).toBe(1_288_890)
    expect(stdout.text === expected.out).toBe(true)
    expect(stderr.text === expected.err).toBe(true)
  })
})

describe('the output of a container with a terminal', () => {
  test('the output of a terminal goes to standard output as it is, what looks like frames too', async () => {
    const stdout = new Sink()
    const stderr = new Sink()
    await forwardOutput(Readable.from([Buffer.from('$ \u001B[1mls\r\n'), frame(2, 'x')]), true, stdout, stderr)
    expect(stdout.text).toBe('$ \u001B[1mls\r\n\u0002\0\0\0\0\0\0\u0001x')
    expect(stderr.text).toBe('')
  })
})

describe('a sink that is full', () => {
  test.each([
    ['standard output', 1],
    ['standard error', 2],
  ] as const)('a full %s holds up the source until it has room', async (_, stream) => {
    const gated = new GatedSink()
    const other = new Sink()
    const source = new PassThrough()
    const forwarded = forwardOutput(source, false, stream === 1 ? gated : other, stream === 1 ? other : gated)

    source.write(frame(stream, 'one'))
    expect(await gated.taken(1)).toEqual(['one'])
    expect(source.isPaused()).toBe(true)
    source.write(frame(stream, 'two'))
    await nextTurn()
    expect(await gated.taken(1)).toEqual(['one'])

    gated.letGo()
    expect(await gated.taken(2)).toEqual(['one', 'two'])
    gated.letGo()
    source.end()
    await forwarded
  })

  test('a full sink holds up the source though the other one has room', async () => {
    const gated = new GatedSink()
    const slow = new SlowSink()
    const source = new PassThrough()
    const forwarded = forwardOutput(source, false, gated, slow)

    source.write(Buffer.concat([frame(1, 'one'), frame(2, 'error')]))
    await gated.taken(1)
    await once(slow, 'drain')
    expect(source.isPaused()).toBe(true)

    gated.letGo()
    source.end(frame(1, 'two'))
    expect(await gated.taken(2)).toEqual(['one', 'two'])
    gated.letGo()
    await forwarded
    expect(slow.text).toBe('error')
  })

  test('a full sink loses and reorders nothing of its stream', async () => {
    const stdout = new SlowSink()
    const stderr = new SlowSink()
    const chunks: Buffer[] = []
    const expected = {out: '', err: ''}
    for (let chunk = 0; chunk < 300; chunk++) {
      const out = `out ${String(chunk)}\n`
      const err = `err ${String(chunk)}\n`
      chunks.push(Buffer.concat([frame(1, out), ...(chunk % 2 === 0 ? [frame(2, err)] : []), frame(1, out)]))
      expected.out += out + out
      if (chunk % 2 === 0) expected.err += err
    }
    await forwardOutput(Readable.from(chunks), false, stdout, stderr)
    expect(stdout.text).toBe(expected.out)
    expect(stderr.text).toBe(expected.err)
  })

  test('a full sink is waited for at the end', async () => {
    const gated = new GatedSink()
    const source = new PassThrough()
    let finished = false
    const forwarded = forwardOutput(source, true, gated, new Sink()).then(() => {
      finished = true
    })
    source.write('last words')
    await gated.taken(1)
    source.destroy()
    await once(source, 'close')
    await nextTurn()
    expect(finished).toBe(false)
    gated.letGo()
    await forwarded
    expect(finished).toBe(true)
  })
})

describe('a sink that breaks', () => {
  test.each([
    ['standard output', 1, 2],
    ['standard error', 2, 1],
  ] as const)('a broken %s does not stop the other one, and is written to no more', async (_, stream, otherStream) => {
    const broken = new BrokenSink()
    const other = new Sink()
    const source = new PassThrough()
    const forwarded = forwardOutput(source, false, stream === 1 ? broken : other, stream === 1 ? other : broken)
    source.write(frame(stream, 'lost'))
    await once(broken, 'error')
    for (const text of ['one ', 'two ']) {
      source.write(frame(stream, 'lost'))
      source.write(frame(otherStream, text))
    }
    source.end()
    await forwarded
    expect(other.text).toBe('one two ')
    expect(broken.writes).toBe(1)
  })

  test('a sink that breaks while it is full lets the source go on', async () => {
    const gated = new GatedSink()
    const stderr = new Sink()
    const source = new PassThrough()
    const forwarded = forwardOutput(source, false, gated, stderr)
    source.write(frame(1, 'stuck'))
    await gated.taken(1)
    source.write(frame(2, 'error'))
    gated.letGo(brokenPipe())
    source.end()
    await forwarded
    expect(stderr.text).toBe('error')
  })

  test('a sink that breaks while it is waited for at the end is waited for no longer', async () => {
    const gated = new GatedSink()
    const source = new PassThrough()
    const forwarded = forwardOutput(source, true, gated, new Sink())
    source.write('last words')
    await gated.taken(1)
    source.destroy()
    await once(source, 'close')
    await nextTurn()
    gated.letGo(brokenPipe())
    await expect(forwarded).resolves.toBeUndefined()
  })

  test('two broken sinks let the container go on to its end', async () => {
    const stdout = new BrokenSink()
    const stderr = new BrokenSink()
    const source = new PassThrough()
    const forwarded = forwardOutput(source, false, stdout, stderr)
    source.write(Buffer.concat([frame(1, 'lost'), frame(2, 'lost')]))
    await Promise.all([once(stdout, 'error'), once(stderr, 'error')])
    source.end(Buffer.concat([frame(1, 'lost'), frame(2, 'lost')]))
    await forwarded
    expect([stdout.writes, stderr.writes]).toEqual([1, 1])
  })
})

test('a stop does not wait for a sink that takes nothing: the rest of the output is read and lost', async () => {
  vi.useFakeTimers({toFake: ['setInterval', 'clearInterval']})
  onTestFinished(() => void vi.useRealTimers())
  const gated = new GatedSink()
  const source = new PassThrough()
  const stop = new AbortController()
  const errors: string[] = []
  const broke = (error: Error): void => void errors.push(error.message)
  const traits = {broke, stopping: stop.signal}
  const forwarded = forwardOutput(source, false, gated, new Sink(), undefined, traits)
  source.write(frame(1, 'stuck'))
  await gated.taken(1)
  stop.abort()
  vi.advanceTimersByTime(STUCK_READER_MS)
  source.end(frame(1, 'lost'))
  await forwarded
  expect(await gated.taken(1)).toEqual(['stuck'])
  expect(errors).toEqual(['whoever reads it takes nothing, and the unit stops'])
})

describe('a source', () => {
  test('a source that is cut off by an error ends the forwarding, and what came before it is kept', async () => {
    const stdout = new Sink()
    const source = new PassThrough()
    const forwarded = forwardOutput(source, false, stdout, new Sink())
    const read = once(source, 'data')
    source.write(frame(1, 'before'))
    await read
    source.destroy(new Error('read ECONNRESET'))
    await forwarded
    expect(stdout.text).toBe('before')
  })

  test('a source that is destroyed in the middle of a frame ends the forwarding', async () => {
    const stdout = new Sink()
    const source = new PassThrough()
    const forwarded = forwardOutput(source, false, stdout, new Sink())
    const read = once(source, 'data')
    source.write(frame(1, 'before').subarray(0, 11))
    await read
    source.destroy()
    await forwarded
    expect(stdout.text).toBe('bef')
  })
})

test('the forwarding ends when the last of the output is written, also where that did not fill the sink', async () => {
  /** Has room for more, and takes its time. */
  class UnhurriedSink extends Writable {
    text = ''
    override _write(chunk: Buffer, _encoding: string, done: () => void): void {
      setImmediate(() => {
        this.text += chunk.toString()
        done()
      })
    }
  }
  const sink = new UnhurriedSink()
  await forwardOutput(Readable.from([frame(1, 'last words')]), false, sink, new Sink())
  expect(sink.text).toBe('last words')
})

/** Says of which of several sinks what is, in the order that it comes. */
class NamedSink extends Writable {
  readonly #name: string
  readonly #all: string[]

  constructor(name: string, all: string[]) {
    super()
    this.#name = name
    this.#all = all
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#all.push(`${this.#name}: ${chunk.toString()}`)
    done()
  }
}

test('what goes to two places goes as it comes, unfinished lines too', async () => {
  const all: string[] = []
  const chunks = [frame(1, 'name: '), frame(2, 'a warning\n'), frame(1, 'x\n'), frame(2, 'end')]
  await forwardOutput(Readable.from(chunks), false, new NamedSink('out', all), new NamedSink('err', all))
  expect(all).toEqual(['out: name: ', 'err: a warning\n', 'out: x\n', 'err: end'])
})

describe('what goes to one place where a line is an entry', () => {
  const LONG = 'x'.repeat(40_000)
  const LONGER = 'x'.repeat(60_000)

  test.each([
    ['a line that is cut', [frame(1, 'na'), frame(2, 'error\n'), frame(1, 'me\n')], ['error', 'name']],
    [
      'a long line',
      [frame(1, LONG.slice(0, 32_768)), frame(2, 'error\n'), frame(1, `${LONG.slice(32_768)}\n`)],
      ['error', LONG],
    ],
    [
      'a line that is longer than an entry',
      [frame(1, LONGER), frame(2, 'one\ntwo\n'), frame(1, 'rest\n'), frame(2, 'three')],
      [LONGER, 'one', 'two', 'rest', 'three'],
    ],
  ])('a line of one stream does not come into the middle of %s of the other', async (_what, frames, lines) => {
    const sink = new Sink()
    await forwardOutput(Readable.from(frames), false, sink, sink)
    expect(sink.text.split('\n').filter((line) => line !== '')).toEqual(lines)
  })

  test('nor does it in the log', async () => {
    const sink = new Sink()
    const at = '2026-01-02T03:04:05.000000000Z '
    const frames = [
      frame(1, at + LONG.slice(0, 16_384)),
      frame(2, `${at}error\n`),
      frame(1, `${at}${LONG.slice(16_384)}\n`),
    ]
    const tails = nothingWritten(0)
    const everything = {at: 0n, count: 0, begun: Buffer.alloc(0)}
    const join = {since: 0, streams: {stdout: everything, stderr: everything}}
    await forwardLog(Readable.from(frames), false, sink, sink, tails, join, () => undefined)
    expect(sink.text).toBe(`error\n${LONG}\n`)
  })

  test('what is held of a line counts from when it came', async () => {
    vi.useFakeTimers({now: 1000, toFake: ['Date']})
    onTestFinished(() => void vi.useRealTimers())
    const sink = new Sink()
    const tails = nothingWritten(0)
    const source = new PassThrough()
    const forwarded = forwardOutput(source, false, sink, sink, tails)
    source.write(frame(1, 'one\ntwo'))
    await nextTurn()
    vi.setSystemTime(4000)
    source.end()
    await forwarded
    expect(sink.text).toBe('one\ntwo')
    expect(tails.stdout.at).toBe(1000)
  })

  test('what another has left unfinished there stands by itself', async () => {
    const sink = new Sink()
    const tails = nothingWritten(0)
    await forwardOutput(Readable.from([frame(1, 'one')]), false, sink, sink, tails)
    await forwardOutput(Readable.from([frame(2, 'two\n'), frame(1, 'three\n')]), false, sink, sink, tails)
    expect(sink.text).toBe('one\ntwo\nthree\n')
  })
})

test('whose sink breaks is told why', async () => {
  const errors: string[] = []
  const broke = (error: Error): void => void errors.push(error.message)
  await forwardOutput(
    Readable.from([frame(1, 'a\n'), frame(1, 'b\n')]),
    false,
    new BrokenSink(),
    new Sink(),
    undefined,
    {
      broke,
    },
  )
  expect(errors).toEqual(['write EPIPE'])
})
