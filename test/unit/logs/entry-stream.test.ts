import {once} from 'node:events'
import {afterEach, describe, expect, test, vi} from 'vitest'
import type {Entry, EntrySink} from '../../../src/logs/entry.js'
import {EntryStream} from '../../../src/logs/entry-stream.js'
import type {JoinRules} from '../../../src/logs/line-joiner.js'
import {priorityFrom} from '../../../src/logs/priority-of.js'
import {UNFINISHED_ENTRY_MS, UNFINISHED_LINE_MS} from '../../../src/limits.js'

/** What becomes of a stream, and the calls that its sink has yet to answer where it is slow. */
function streamTo({
  isSlow = false,
  tty = false,
  joins,
  error,
}: {isSlow?: boolean; tty?: boolean; joins?: JoinRules; error?: Error} = {}) {
  const given: string[] = []
  const calls: number[] = []
  const waiting: (() => void)[] = []
  const sink: EntrySink = {
    take: (entries: readonly Entry[], done) => {
      calls.push(entries.length)
      given.push(...entries.map(({stream, priority, text}) => `${stream} ${String(priority)} ${text.toString()}`))
      if (isSlow)
        waiting.push(() => {
          done()
        })
      else done(error)
    },
    close: () => undefined,
  }
  const priorityOf = priorityFrom({
    otherwise: 6,
    takesPrefix: true,
    readLevel: (text) => (text.includes('failed') ? 3 : undefined),
  })
  return {stream: new EntryStream('stderr', {tty, joins, priorityOf}, sink), given, calls, waiting}
}

describe('a stream of which entries are made', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('gives each line with the priority that stands before it', async () => {
    const {stream, given} = streamTo()
    stream.write('one\n<3>tw')
    stream.write('o\n<4>\n<30>three\nfour')
    await stream.flush()
    expect(given).toEqual(['stderr 6 one', 'stderr 3 two', 'stderr 4 ', 'stderr 6 <30>three', 'stderr 6 four'])
  })

  test("gives a terminal's lines without the CR at their ends", async () => {
    const {stream, given} = streamTo({tty: true})
    stream.write('one\rtwo\r\n\r\nthree')
    await stream.flush()
    expect(given).toEqual(['stderr 6 one\rtwo', 'stderr 6 ', 'stderr 6 three'])
  })

  test('lets go of a line whose end does not come, and gives the rest of it the same priority', async () => {
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'setImmediate']})
    const {stream, given} = streamTo()
    stream.write('<4>name: ')
    await vi.advanceTimersByTimeAsync(UNFINISHED_LINE_MS - 1)
    expect(given).toEqual([])
    await vi.advanceTimersByTimeAsync(2)
    expect(given).toEqual(['stderr 4 name: '])
    stream.write('<3>web\nnext\n')
    await vi.advanceTimersByTimeAsync(0)
    expect(given.slice(1)).toEqual(['stderr 4 <3>web', 'stderr 6 next'])
  })

  test('holds a line as long as more of it comes', async () => {
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'setImmediate']})
    const {stream, given} = streamTo()
    for (const piece of ['one, ', 'two, ', 'three']) {
      stream.write(piece)
      await vi.advanceTimersByTimeAsync(UNFINISHED_LINE_MS - 1)
    }
    expect(given).toEqual([])
    stream.write('\n')
    await vi.advanceTimersByTimeAsync(0)
    expect(given).toEqual(['stderr 6 one, two, three'])
  })

  test('has the priority that the text says, where none stands before it', async () => {
    const {stream, given} = streamTo()
    stream.write('it failed\n<4>it failed\n<7>\n')
    await stream.flush()
    expect(given).toEqual(['stderr 3 it failed', 'stderr 4 it failed', 'stderr 7 '])
  })

  test('joins lines, and lets go of an entry that may have more of them later than of a line', async () => {
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'setImmediate']})
    const joins = {beginsEntry: (line: Buffer) => line[0] !== 0x20, takesPrefix: true}
    const {stream, given} = streamTo({joins})
    stream.write('one\n<4>it failed\n<6> at one\n at t')
    await vi.advanceTimersByTimeAsync(UNFINISHED_LINE_MS + 1)
    expect(given).toEqual(['stderr 6 one'])
    stream.write('wo\n at three\n')
    await vi.advanceTimersByTimeAsync(UNFINISHED_ENTRY_MS - 1)
    expect(given).toEqual(['stderr 6 one'])
    await vi.advanceTimersByTimeAsync(2)
    expect(given).toEqual(['stderr 6 one', 'stderr 4 it failed\n at one\n at two\n at three'])
    stream.write(' at four\nend')
    await stream.flush()
    expect(given.slice(2)).toEqual(['stderr 6  at four', 'stderr 6 end'])
  })

  test('gives the entries of thousands of lines that come at once few at a time, in order', async () => {
    const {stream, given, calls} = streamTo()
    const numbers = Array.from({length: 5000}, (_, index) => String(index))
    stream.write(`${numbers.join('\n')}\n`)
    await stream.flush()
    expect(given).toEqual(numbers.map((number) => `stderr 6 ${number}`))
    expect(Math.max(...calls)).toBeLessThanOrEqual(1024)
  })

  test('takes no more than its sink does', async () => {
    const {stream, given, waiting} = streamTo({isSlow: true})
    expect(stream.write(`${'x'.repeat(70_000)}\n`)).toBe(false)
    stream.write('next\n')
    expect(given).toHaveLength(2)
    waiting.shift()?.()
    await vi.waitFor(() => {
      expect(given).toHaveLength(3)
    })
    const drained = once(stream, 'drain')
    waiting.shift()?.()
    await drained
    expect(waiting).toEqual([])
  })

  test('breaks when its sink does, and then gives nothing more', async () => {
    const {stream, given} = streamTo({error: new Error('broken')})
    const broken = once(stream, 'error')
    stream.write('one\ntwo')
    expect(await broken).toMatchObject([{message: 'broken'}])
    await stream.flush()
    expect(given).toEqual(['stderr 6 one'])
  })

  test('breaks when its sink does as what is held is let go', async () => {
    const {stream, given} = streamTo({error: new Error('broken')})
    const broken = once(stream, 'error')
    stream.write('one')
    await stream.flush()
    expect(await broken).toMatchObject([{message: 'broken'}])
    expect(given).toEqual(['stderr 6 one'])
  })
})
