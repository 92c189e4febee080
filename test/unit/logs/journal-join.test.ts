import {Readable, Writable} from 'node:stream'
import {describe, expect, test} from 'vitest'
import {forwardLog} from '../../../src/logs/forward-output.js'
import {findJournalJoin} from '../../../src/logs/journal-join.js'
import {nothingWritten} from '../../../src/logs/output-tail.js'
import {dockerLog, numbered, type Logged} from '../../support/engine/docker-log.js'

/** When the container began, in milliseconds since 1970. */
const T0 = Date.UTC(2026, 0, 2, 3, 4, 5)
/** How long after the Engine journald takes a line, in milliseconds. */
const LATENCY_MS = 3

class Sink extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

interface Rest {
  readonly stdout: string
  readonly stderr: string
  readonly lost: readonly number[]
}

/** The lines of a journal that has taken these, in their order. */
function journal(lines: readonly Logged[], latency = LATENCY_MS): {at: number; text: Buffer}[] {
  return lines.map(({at, text}) => ({at: at + latency, text: Buffer.from(text.toString().replace(/\n$/, ''))}))
}

/** What is written of Docker's log once its place in the journal was found; nothing where it was not. */
async function restOf(
  entries: readonly {at: number; text: Buffer}[],
  log: readonly Logged[],
  {isAll = false, raw = false, before = 0} = {},
): Promise<Rest | undefined> {
  const read = (since: number, until: number): Promise<Readable> =>
    Promise.resolve(Readable.from(dockerLog(log, {since, until, raw})))
  const join = await findJournalJoin({entries, isAll}, raw, read, before)
  if (join === undefined) return undefined
  const lost: number[] = []
  const [stdout, stderr] = [new Sink(), new Sink()]
  const stream = Readable.from(dockerLog(log, {since: join.since, raw}))
  await forwardLog(stream, raw, stdout, stderr, nothingWritten(T0), join, (since) => lost.push(since))
  return {stdout: stdout.text, stderr: stderr.text, lost}
}

function textOf(outputs: readonly Logged[]): string {
  return outputs.map(({text}) => text.toString()).join('')
}

function onStderr(outputs: readonly Logged[]): Logged[] {
  return outputs.map((line) => ({...line, stream: 'stderr' as const}))
}

/** Both streams as the Engine has taken them. */
function byTime(...streams: readonly Logged[][]): Logged[] {
  return streams.flat().toSorted((one, other) => one.at - other.at)
}

/** The same text again and again, each tenth of a second. */
function same(count: number, text: string): Logged[] {
  return Array.from({length: count}, (_, index) => ({at: T0 + (index + 1) * 100 + 0.25, text}))
}

const LINES = numbered(1, 300, T0)
const ERRORS = onStderr(numbered(1, 300, T0 + 30)).map(({text, ...rest}) => ({
  ...rest,
  text: text.toString().replace('line', 'error'),
}))

describe("Docker's log after what an earlier run has written to the journal", () => {
  test('the log goes on behind the last line in the journal', async () => {
    const rest = await restOf(journal(LINES.slice(0, 200)), LINES)
    expect(rest).toEqual({stdout: textOf(LINES.slice(200)), stderr: '', lost: []})
  })

  test('each stream goes on behind its own last line, in whatever order the journal has them', async () => {
    const written = byTime(LINES.slice(0, 200), ERRORS.slice(0, 190))
    const times = written.map(({at}) => at)
    // The last of one stream come before the last of the other, which are older.
    const order = [...written.slice(0, -30), ...LINES.slice(180, 200), ...ERRORS.slice(180, 190)]
    const entries = journal(order.map((line, index) => ({...line, at: times[index] ?? 0})))
    const rest = await restOf(entries, byTime(LINES, ERRORS))
    expect(rest).toEqual({stdout: textOf(LINES.slice(200)), stderr: textOf(ERRORS.slice(190)), lost: []})
  })

  test("words of our own between a container's lines, and behind them, are none of its lines", async () => {
    const words = [
      {at: T0 + 5055, text: 'the Engine is back'},
      {at: T0 + 20_040, text: 'the Engine went away'},
    ]
    const rest = await restOf(journal(byTime(LINES.slice(0, 200), words)), LINES)
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(200)), lost: []})
  })

  test('a stream that has said the same as the other has what is its own', async () => {
    const twice = byTime(LINES, onStderr(LINES.map((line) => ({...line, at: line.at + 0.5}))))
    const all = await restOf(journal(twice.slice(0, 400)), twice)
    expect(all).toEqual({stdout: textOf(LINES.slice(200)), stderr: textOf(LINES.slice(200)), lost: []})
    const odd = await restOf(journal(twice.slice(0, 399)), twice)
    expect(odd).toEqual({stdout: textOf(LINES.slice(200)), stderr: textOf(LINES.slice(199)), lost: []})
  })

  test('a stream that says the same again and again goes on where the journal had it last', async () => {
    const ticks = same(300, 'tick\n')
    const rest = await restOf(journal(byTime(ticks.slice(0, 200), ERRORS.slice(0, 200))), byTime(ticks, ERRORS))
    expect(rest).toEqual({stdout: textOf(ticks.slice(200)), stderr: textOf(ERRORS.slice(200)), lost: []})
  })

  test('a stream that was silent says what is new when it speaks at last', async () => {
    const late: Logged[] = [
      {at: T0 + 20_010, text: 'one\n', stream: 'stderr'},
      {at: T0 + 20_020, text: 'two\n', stream: 'stderr'},
    ]
    const early: Logged[] = [{at: T0 + 50, text: 'zero\n', stream: 'stderr'}]
    const entries = journal(byTime(LINES.slice(150, 200)))
    expect(await restOf(entries, byTime(early, LINES, late))).toEqual({
      stdout: textOf(LINES.slice(200)),
      stderr: 'one\ntwo\n',
      lost: [],
    })
  })

  test('what journald takes off a line makes no difference', async () => {
    const said = ['\n', '<3>bad\n', 'blank \t\n', '\n', 'caf\uFFFD\n', '\n', 'next\n', '\n', 'last\n']
    const log = said.map((text, index) => ({at: T0 + index, text}))
    const entries = ['bad', 'blank', 'caf\xE9'].map((text, index) => ({
      at: T0 + 5 + index,
      text: Buffer.from(text, 'latin1'),
    }))
    expect(await restOf(entries, log)).toMatchObject({stdout: '\nnext\n\nlast\n', lost: []})
  })

  test('a line of several parts is one', async () => {
    const long = 'x'.repeat(40_000)
    const log = [
      {at: T0 + 1, text: long.slice(0, 16_384)},
      {at: T0 + 1, text: long.slice(16_384, 32_768)},
      {at: T0 + 1, text: `${long.slice(32_768)}\n`},
      {at: T0 + 2, text: 'next\n'},
    ]
    expect(await restOf([{at: T0 + 3, text: Buffer.from(long)}], log)).toMatchObject({stdout: 'next\n', lost: []})
  })

  test('an entry of several lines is as many', async () => {
    const entries = [{at: T0 + 2003, text: Buffer.from('line 18\nline 19\nline 20')}]
    expect(await restOf(entries, LINES)).toMatchObject({stdout: textOf(LINES.slice(20))})
  })

  test('the output of a terminal goes on behind the last line, too', async () => {
    const log = LINES.map(({at, text}) => ({at, text: text.toString().replace('\n', '\r\n')}))
    const rest = await restOf(journal(log.slice(0, 200)), log, {raw: true})
    expect(rest).toEqual({stdout: textOf(log.slice(200)), stderr: '', lost: []})
  })

  test('the log goes on where a busy journal was late', async () => {
    const rest = await restOf(journal(LINES.slice(0, 200), 20_000), LINES)
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(200)), lost: []})
  })

  test('the log goes on where it lacks the last that was written', async () => {
    const log = [...LINES.slice(0, 195), ...LINES.slice(200)]
    expect(await restOf(journal(LINES.slice(0, 200)), log)).toMatchObject({stdout: textOf(LINES.slice(200)), lost: []})
  })

  test('the log goes on where the journal has dropped lines', async () => {
    const entries = journal(LINES.slice(0, 200).filter((_, index) => index % 3 === 0))
    expect(await restOf(entries, LINES)).toMatchObject({stdout: textOf(LINES.slice(199))})
  })

  test('of a container that the journal has no line of, though it has all, everything is new', async () => {
    const entries = [{at: T0, text: Buffer.from('the container was born in its unit')}]
    expect(await restOf(entries, LINES, {isAll: true})).toMatchObject({stdout: textOf(LINES), lost: [T0]})
  })

  test('what the container has said in the life before is not new where the journal has no line of this one', async () => {
    const entries = [{at: T0 + 20_400, text: Buffer.from('container web was started again')}]
    const rest = await restOf(entries, byTime(LINES, ERRORS), {isAll: true, before: T0 + 20_050})
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(200)), stderr: textOf(ERRORS.slice(200))})
  })

  test('the log goes on behind the life before where that was written late, and nothing of this one', async () => {
    const late = journal(LINES.slice(100, 200), 3000)
    const rest = await restOf(late, LINES, {before: T0 + 20_050})
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(200)), lost: []})
  })

  test('a line of the life before, which this one has said again, is not taken for it', async () => {
    const log = [...same(200, 'ready\n'), ...LINES.slice(200)]
    const entries = [{at: T0 + 20_000 + LATENCY_MS, text: Buffer.from('ready')}]
    const rest = await restOf(entries, log, {isAll: true, before: T0 + 19_950})
    expect(rest).toMatchObject({stdout: textOf(LINES.slice(200))})
  })

  test('a log that has lost what the journal had last says from when on something may be missing', async () => {
    const rest = await restOf(journal(LINES.slice(0, 200)), LINES.slice(240), {isAll: true})
    expect(rest).toEqual({stdout: textOf(LINES.slice(240)), stderr: '', lost: [T0 + 20_000 + LATENCY_MS]})
  })

  test('a journal that has other lines only, and does not reach back far enough, tells nothing', async () => {
    const entries = [{at: T0 + 20_000, text: Buffer.from('something else')}]
    expect(await restOf(entries, LINES)).toBeUndefined()
    expect(await restOf([], LINES, {isAll: true})).toBeUndefined()
  })
})
