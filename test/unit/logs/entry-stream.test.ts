import {once} from 'node:events'
import {afterEach, describe, expect, test, vi} from 'vitest'
import type {Entry, EntrySink} from '../../../src/logs/entry.js'
import {EntryStream} from '../../../src/logs/entry-stream.js'
import {prefixPriority} from '../../../src/logs/priority-of.js'
import {UNFINISHED_LINE_MS} from '../../../src/limits.js'

/** What becomes of a stream, and the calls that its sink has yet to answer where it is slow. */
function streamTo({isSlow = false, tty = false, error}: {isSlow?: boolean; tty?: boolean; error?: Error} = {}) {
  const given: string[] = []
  const waiting: (() => void)[] = []
  const sink: EntrySink = {
    take: (entries: readonly Entry[], done) => {
      given.push(...entries.map(({stream, priority, text}) => `${stream} ${String(priority)} ${text.toString()}`))
      if (isSlow)
        waiting.push(() => {
          done()
        })
      else done(error)
    },
    close: () => undefined,
  }
  return {stream: new EntryStream('stderr', tty, prefixPriority(6, true), sink), given, waiting}
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
