import {describe, expect, test} from 'vitest'
import {Demultiplexer, type OutputStream} from '../../../src/docker/demultiplexer.js'
import {frame} from '../../support/engine/frames.js'

interface Piece {
  readonly stream: OutputStream
  readonly text: string
}

/** What comes out when the chunks are pushed one after the other, as it was emitted, read when all is over. */
function emitted(chunks: readonly Buffer[]): Piece[] {
  const pieces: {stream: OutputStream; payload: Buffer}[] = []
  const demultiplexer = new Demultiplexer((stream, payload) => pieces.push({stream, payload}))
  for (const chunk of chunks) demultiplexer.push(Buffer.from(chunk))
  return pieces.map(({stream, payload}) => ({stream, text: payload.toString('latin1')}))
}

/** The same with neighbours of one stream put together, as a reader of both streams would see them. */
function seen(chunks: readonly Buffer[]): string[] {
  const runs: string[] = []
  let last: OutputStream | undefined
  for (const {stream, text} of emitted(chunks)) {
    if (stream === last) runs.push(`${runs.pop() ?? ''}${text}`)
    else runs.push(`${stream}: ${text}`)
    last = stream
  }
  return runs
}

/** `bytes` cut before each of the offsets. */
function cut(bytes: Buffer, ...offsets: readonly number[]): Buffer[] {
  const bounds = [0, ...offsets, bytes.length]
  return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end))
}

const WIRE = Buffer.concat([
  frame(1, 'out one\n'),
  frame(1, 'out two\n'),
  frame(2, 'err one\n'),
  frame(1, ''),
  frame(2, 'err two\n'),
  frame(1, 'out three\n'),
  frame(2, 'e'),
  frame(1, 'o'),
])
const SEEN = [
  'stdout: out one\nout two\n',
  'stderr: err one\nerr two\n',
  'stdout: out three\n',
  'stderr: e',
  'stdout: o',
]
const OFFSETS = Array.from({length: WIRE.length + 1}, (_, offset) => offset)

describe('the output of a container without a terminal', () => {
  test('the output is taken apart into its streams, in order', () => {
    expect(seen([WIRE])).toEqual(SEEN)
  })

  test('the output is the same wherever it is cut in two', () => {
    for (const offset of OFFSETS) expect(seen(cut(WIRE, offset)), `cut at ${String(offset)}`).toEqual(SEEN)
  })

  test('the output is the same wherever it is cut in three', () => {
    for (const first of OFFSETS)
      for (const second of OFFSETS.slice(first))
        expect(seen(cut(WIRE, first, second)), `cut at ${String(first)} and ${String(second)}`).toEqual(SEEN)
  })

  test.each([1, 2, 3, 5, 7, 8, 9, 16])('the output is the same in chunks of %i bytes', (size) => {
    expect(seen(cut(WIRE, ...OFFSETS.filter((offset) => offset > 0 && offset % size === 0)))).toEqual(SEEN)
  })

  test('the output is the same with empty chunks in it', () => {
    expect(seen([Buffer.alloc(0), ...cut(WIRE, 20).flatMap((chunk) => [chunk, Buffer.alloc(0)])])).toEqual(SEEN)
  })
})

describe('a chunk', () => {
  test('a chunk of many lines of one stream is one piece', () => {
    const lines = Array.from({length: 1000}, (_, index) => `line ${String(index)}\n`)
    expect(emitted([Buffer.concat(lines.map((line) => frame(1, line)))])).toEqual([
      {stream: 'stdout', text: lines.join('')},
    ])
  })

  test('a chunk of both streams is one piece for each turn', () => {
    expect(emitted([Buffer.concat([frame(1, 'a'), frame(1, 'b'), frame(2, 'c'), frame(1, 'd')])])).toEqual([
      {stream: 'stdout', text: 'ab'},
      {stream: 'stderr', text: 'c'},
      {stream: 'stdout', text: 'd'},
    ])
  })

  test('a chunk that ends in the middle of a frame gives what it has of it at once', () => {
    expect(emitted([frame(1, 'hello').subarray(0, 10)])).toEqual([{stream: 'stdout', text: 'he'}])
  })

  test('a chunk that begins in the middle of a frame of one stream and goes on with another is two pieces', () => {
    const wire = Buffer.concat([frame(2, 'error'), frame(1, 'out')])
    expect(emitted(cut(wire, 10))).toEqual([
      {stream: 'stderr', text: 'er'},
      {stream: 'stderr', text: 'ror'},
      {stream: 'stdout', text: 'out'},
    ])
  })

  test.each([
    ['of nothing', Buffer.alloc(0)],
    ['of half a header', frame(1, 'x').subarray(0, 4)],
    ['of a header', frame(1, 'x').subarray(0, 8)],
    ['of empty frames', Buffer.concat([frame(1, ''), frame(2, ''), frame(1, '')])],
  ])('a chunk %s is no piece', (_, chunk) => {
    expect(emitted([chunk])).toEqual([])
  })
})

describe('a frame', () => {
  test.each([
    [0, 'stdout'],
    [1, 'stdout'],
    [2, 'stderr'],
  ] as const)('a frame of stream %i goes to %s', (stream, name) => {
    expect(emitted([frame(stream, 'x')])).toEqual([{stream: name, text: 'x'}])
  })

  test('a frame has its length in four bytes, the most significant first', () => {
    const payload = Buffer.alloc(0x01_02_03, 'x')
    const wire = Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 1, 2, 3]), payload, frame(2, 'next')])
    expect(emitted([wire])).toEqual([
      {stream: 'stdout', text: payload.toString()},
      {stream: 'stderr', text: 'next'},
    ])
  })

  test('a frame may hold any byte, what looks like a header too', () => {
    const payload = Buffer.from([2, 0, 0, 0, 0, 0, 0, 1, 255, 0, 10])
    expect(emitted([frame(1, payload)])).toEqual([{stream: 'stdout', text: payload.toString('latin1')}])
  })
})
