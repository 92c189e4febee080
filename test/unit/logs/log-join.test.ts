import {Readable, Writable} from 'node:stream'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {forwardLog} from '../../../src/logs/forward-output.js'
import {findJoin} from '../../../src/logs/log-join.js'
import {nothingWritten, type OutputTails} from '../../../src/logs/output-tail.js'
import {dockerLog, numbered, type Logged} from '../../support/engine/docker-log.js'

/** When the container began, in milliseconds since 1970. */
const T0 = Date.UTC(2026, 0, 2, 3, 4, 5)

class Sink extends Writable {
  readonly #chunks: Buffer[] = []

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString()
  }
}

beforeEach(() => {
  vi.useFakeTimers({toFake: ['Date']})
})
afterEach(() => {
  vi.useRealTimers()
})

/** What was written of a container that began at T0, with the times at which it was. */
function written(...outputs: readonly Logged[]): OutputTails {
  const tails = nothingWritten(T0)
  for (const {at, text, stream = 'stdout'} of outputs) {
    vi.setSystemTime(at)
    tails[stream].add(Buffer.from(text))
  }
  return tails
}

interface Rest {
  readonly stdout: string
  readonly stderr: string
  readonly lost: readonly {since: number; until: bigint}[]
  /** From and to when the log was read, in milliseconds since T0. */
  readonly reads: readonly (readonly [number, number])[]
}

/** What is written once the log is read. */
async function restOf(
  tails: OutputTails,
  log: readonly Logged[],
  how: {raw?: boolean; chunk?: number; offset?: string} = {},
): Promise<Rest> {
  const lost: {since: number; until: bigint}[] = []
  const reads: [number, number][] = []
  const join = await findJoin(tails, how.raw ?? false, (since, until) => {
    reads.push([since - T0, until - T0])
    return Promise.resolve(Readable.from(dockerLog(log, {since, until, ...how})))
  })
  const stdout = new Sink()
  const stderr = new Sink()
  const stream = Readable.from(dockerLog(log, {since: join.since, ...how}))
  await forwardLog(stream, how.raw ?? false, stdout, stderr, tails, join, (since, until) => lost.push({since, until}))
  return {stdout: stdout.text, stderr: stderr.text, lost, reads}
}

function textOf(outputs: readonly Logged[]): string {
  return outputs.map(({text}) => text.toString()).join('')
}

/** The same text again and again, each tenth of a second. */
function same(count: number, text: string): Logged[] {
  return Array.from({length: count}, (_, index) => ({at: T0 + (index + 1) * 100 + 0.25, text}))
}

/** What Docker makes of a line that is longer than its messages: parts with the time of the first. */
function parted(text: string, at: number): Logged[] {
  const size = 16_384
  return Array.from({length: Math.ceil(text.length / size)}, (_, index) => ({
    at,
    text: text.slice(index * size, (index + 1) * size),
  }))
}

const LINES = numbered(1, 1000, T0)

describe("Docker's log after what was written", () => {
  test('the log goes on behind the last line that was written', async () => {
    const rest = await restOf(written(...LINES.slice(0, 600)), LINES)
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(600)), stderr: '', lost: []})
  })

  test('the log is read from shortly before the last line that was written', async () => {
    const {reads} = await restOf(written(...LINES.slice(0, 600)), LINES)
    expect(reads).toEqual([[59_000, 62_000]])
  })

  test('the log goes on the same where it comes byte by byte', async () => {
    const log = LINES.slice(0, 70)
    const rest = await restOf(written(...LINES.slice(0, 60)), log, {chunk: 1})
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(60, 70)), lost: []})
  })

  test('the log goes on where it has lost its beginning, too', async () => {
    const rest = await restOf(written(...LINES.slice(0, 600)), LINES.slice(598))
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(600)), lost: []})
  })

  test('a log that has lost the last that was written says from when to when something may be missing', async () => {
    const rest = await restOf(written(...LINES.slice(0, 600)), LINES.slice(649))
    expect(rest.stdout).toBe(textOf(LINES.slice(649)))
    expect(rest.lost).toEqual([{since: T0 + 60_000, until: BigInt(T0 + 65_000) * 1_000_000n}])
  })

  test('the log goes on where an Engine that was killed left out the last of it', async () => {
    const log = [...LINES.slice(0, 597), ...LINES.slice(600)]
    const rest = await restOf(written(...LINES.slice(0, 600)), log)
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(600)), lost: []})
  })

  test('the log goes on where a driver that does not block has dropped lines', async () => {
    const log = [...LINES.slice(0, 595), LINES[599], ...LINES.slice(605)].filter((line) => line !== undefined)
    const rest = await restOf(written(...LINES.slice(0, 600)), log)
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(605)), lost: []})
  })

  test('the log of a container that had said nothing has all that is new', async () => {
    const rest = await restOf(written(), LINES.slice(0, 10))
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(0, 10)), lost: [], reads: []})
  })

  test('the log gives nothing of what a container said before it was taken over', async () => {
    vi.setSystemTime(T0 + 5050)
    const rest = await restOf(nothingWritten(Date.now()), LINES.slice(0, 60))
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(50, 60)), lost: []})
  })

  test('the log is read from earlier where a busy journal held up the output', async () => {
    const late = LINES.slice(0, 600).map((line) => ({...line, at: line.at + 20_000}))
    const rest = await restOf(written(...late), LINES)
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(600)), lost: []})
    expect(rest.reads).toEqual([
      [79_000, 82_000],
      [50_000, 82_000],
    ])
  })

  test('the log goes on in each stream by itself', async () => {
    const errors = numbered(1, 100, T0 + 30).map((line) => ({...line, stream: 'stderr' as const}))
    const log = [...LINES.slice(0, 100), ...errors].toSorted((one, other) => one.at - other.at)
    const before = log.slice(0, 120)
    const after = log.slice(120)
    // What one of the streams said last did not come.
    const rest = await restOf(written(...before.slice(0, -1)), log)
    const missed = before.slice(-1)
    const of = (stream: 'stdout' | 'stderr'): string =>
      textOf([...missed, ...after].filter((line) => (line.stream ?? 'stdout') === stream))
    expect(rest).toMatchObject({stdout: of('stdout'), stderr: of('stderr'), lost: []})
  })

  test('the log goes on in a stream that was silent for long, and in one that never said anything', async () => {
    const old: Logged = {at: T0 + 1, text: 'again\n', stream: 'stderr'}
    const anew: Logged = {at: T0 + 60_050, text: 'again\n', stream: 'stderr'}
    const before = LINES.slice(0, 600)
    const rest = await restOf(written(old, ...before), [old, ...before, anew])
    expect(rest).toMatchObject({stdout: '', stderr: 'again\n', lost: []})
    const first = await restOf(written(...before), [...before, anew])
    expect(first).toMatchObject({stdout: '', stderr: 'again\n', lost: []})
  })

  test('a last line that the Engine has put into the log a little later is not new where the other stream has gone on', async () => {
    const last: Logged = {at: T0 + 58_500, text: 'last\n', stream: 'stderr'}
    const inLog: Logged = {...last, at: last.at + 5}
    const rest = await restOf(written(last, ...LINES.slice(0, 600)), [
      ...LINES.slice(0, 585),
      inLog,
      ...LINES.slice(585),
    ])
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(600)), stderr: '', lost: []})
  })

  test('lines that came at once are not new where the Engine has put them into the log a little later, and lost the last ones', async () => {
    const batch = Array.from({length: 100}, (_, index) => `batch ${String(index)}\n`)
    const came = {at: T0 + 60_000, text: batch.join('')}
    const inLog = batch.slice(0, 90).map((text, index) => ({at: came.at + 1 + index / 20, text}))
    const back = numbered(1, 3, T0 + 62_000).map(({at, text}) => ({at, text: `after ${String(text)}`}))
    const before = LINES.slice(0, 590)
    const rest = await restOf(written(...before, came), [...before, ...inLog, ...back])
    expect(rest).toMatchObject({stdout: textOf(back), lost: []})
  })

  test("the log is taken with the host's own time, as the journald driver has it", async () => {
    const rest = await restOf(written(...LINES.slice(0, 600)), LINES, {offset: '+02:00'})
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(600)), lost: []})
  })
})

describe('lines that are the same', () => {
  test('the same line again is told apart by the time', async () => {
    const ticks = same(200, 'tick\n')
    const rest = await restOf(written(...ticks.slice(0, 120)), ticks)
    expect(rest).toMatchObject({stdout: textOf(ticks.slice(120)), lost: []})
  })

  test('the same line again is told apart from one that waited for the Engine', async () => {
    const ticks = same(120, 'tick\n')
    const waiting = Array.from({length: 9}, (_, index) => ({at: T0 + 12_900 + index / 100, text: 'tick\n'}))
    const rest = await restOf(written(...ticks), [...ticks, ...waiting])
    expect(rest).toMatchObject({stdout: 'tick\n'.repeat(9), lost: []})
  })

  test('the same line again is told apart by the lines around it', async () => {
    const lines = LINES.slice(0, 100).flatMap((line) => [line, {at: line.at + 0.5, text: '\n'}])
    const rest = await restOf(written(...lines.slice(0, 120)), lines)
    expect(rest).toMatchObject({stdout: textOf(lines.slice(120)), lost: []})
  })

  test('a line of another life is told apart by the time', async () => {
    const life = (begin: number): Logged[] =>
      ['starting\n', 'ready\n'].map((text, index) => ({at: begin + index, text}))
    const rest = await restOf(written(...life(T0 + 10)), [...life(T0 + 10), ...life(T0 + 600)])
    expect(rest).toMatchObject({stdout: 'starting\nready\n', lost: []})
  })
})

describe('a line whose end had not come', () => {
  const before = LINES.slice(0, 10)
  const begun = {at: T0 + 1050, text: 'begun, '}

  test('an unfinished line goes on with what the log has of it after the Engine took its beginning along', async () => {
    const rest = await restOf(written(...before, begun), [...before, {at: T0 + 3000, text: 'ended\n'}])
    expect(rest).toMatchObject({stdout: 'ended\n', lost: []})
  })

  test('an unfinished line goes on behind what was written of it where the log has it whole', async () => {
    const rest = await restOf(written(...before, begun), [...before, {at: T0 + 1060, text: 'begun, ended\n'}])
    expect(rest).toMatchObject({stdout: 'ended\n', lost: []})
  })

  test('an unfinished line that is all that there was goes on, too', async () => {
    const rest = await restOf(written(begun), [{at: T0 + 1060, text: 'begun, ended\n'}])
    expect(rest).toMatchObject({stdout: 'ended\n', lost: []})
  })

  test.each([5000, 16_384, 20_000])('an unfinished line goes on in the middle after %i bytes', async (cut) => {
    const long = `${'0123456789'.repeat(4000)}\n`
    const after = LINES.slice(15, 20)
    const log = [...before, ...parted(long, T0 + 1050), ...after]
    const rest = await restOf(written(...before, {at: T0 + 1050, text: long.slice(0, cut)}), log)
    expect(rest).toMatchObject({stdout: long.slice(cut) + textOf(after), lost: []})
  })

  test('an unfinished line of which the log has a first part alone goes on with the rest', async () => {
    const long = 'x'.repeat(20_000)
    const log = [...before, ...parted(long, T0 + 1050).slice(0, 1), {at: T0 + 3000, text: 'ended\n'}]
    const rest = await restOf(written(...before, {at: T0 + 1050, text: long}), log)
    expect(rest).toMatchObject({stdout: 'ended\n', lost: []})
  })
})

test('a line that is no text is found in a log that holds text alone', async () => {
  const wire = [0, 1].map((index) => ({at: T0 + 100 * index, text: Buffer.from([97, 0xff, 0xfe, 98, 48 + index, 10])}))
  const log = wire.map(({at, text}) => ({at, text: text.toString('utf8')}))
  const rest = await restOf(written(...wire), [...log, {at: T0 + 500, text: 'next\n'}])
  expect(rest).toMatchObject({stdout: 'next\n', lost: []})
})

describe('the log of a container with a terminal', () => {
  const raw = true
  const lines = LINES.slice(0, 100).map((line) => ({
    ...line,
    text: `\u001B[1m${line.text.toString().trim()}\u001B[m\r\n`,
  }))

  test.each([65_536, 7])(
    'the log of a terminal goes on behind the last line of it, in pieces of %i bytes',
    async (chunk) => {
      const rest = await restOf(written(...lines.slice(0, 60)), lines, {raw, chunk})
      expect(rest).toMatchObject({stdout: textOf(lines.slice(60)), lost: []})
    },
  )

  test('the log of a terminal has no time of the Engine in the middle of a line', async () => {
    const long = `${'x'.repeat(40_000)}\r\n`
    const prompt = {at: T0 + 12_000, text: '$ '}
    const log = [...lines, ...parted(long, T0 + 11_000), prompt, {at: T0 + 13_000, text: 'restarted\r\n'}]
    const rest = await restOf(written(...lines), log, {raw})
    expect(rest).toMatchObject({stdout: `${long}$ restarted\r\n`, lost: []})
  })

  test('the log of a terminal keeps what the container itself says of the time', async () => {
    const own = '2026-01-02T03:04:00.123456789Z says 2026-01-02T03:04:00.123456789Z it\r\n'
    const rest = await restOf(written(...lines), [...lines, {at: T0 + 11_000, text: own}], {raw})
    expect(rest.stdout).toBe(own)
  })

  test('a log of a terminal that never ends a line is written all the same', async () => {
    const long = 'progress '.repeat(50_000)
    const rest = await restOf(written(...lines), [...lines, ...parted(long, T0 + 11_000)], {raw, chunk: 4096})
    expect(rest.stdout).toBe(long)
  })
})
