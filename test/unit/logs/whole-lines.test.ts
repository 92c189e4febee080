import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {WholeLines} from '../../../src/logs/whole-lines.js'
import {UNFINISHED_LINE_MS} from '../../../src/limits.js'

describe('output that is written line by line', () => {
  let written: string[]
  let lines: WholeLines

  beforeEach(() => {
    vi.useFakeTimers()
    written = []
    lines = new WholeLines((to, payload) => written.push(`${to} ${payload.toString()}`))
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  const push = (to: 'stdout' | 'stderr', text: string): void => {
    lines.push(to, Buffer.from(text))
  }

  test('a line of one stream does not come into the middle of a line of the other', () => {
    push('stdout', '999\n10')
    push('stderr', 'second\n')
    push('stdout', '00\n1001\n')
    expect(written).toEqual(['stdout 999\n', 'stderr second\n', 'stdout 1000\n1001\n'])
  })

  test('a line that is not finished soon is written as it is, and once', () => {
    push('stdout', 'login: ')
    expect(written).toEqual([])
    vi.advanceTimersByTime(UNFINISHED_LINE_MS + 1)
    push('stdout', 'root\n')
    lines.flush()
    expect(written).toEqual(['stdout login: ', 'stdout root\n'])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a line of which more comes is held for longer, and what was before it does not count', () => {
    for (const piece of ['first\none, ', 'two, ', 'three']) {
      push('stdout', piece)
      vi.advanceTimersByTime(UNFINISHED_LINE_MS - 1)
    }
    push('stdout', '\nfour')
    vi.advanceTimersByTime(UNFINISHED_LINE_MS - 1)
    expect(written).toEqual(['stdout first\n', 'stdout one, two, three\n'])
  })

  test('a line that is longer than an entry of the journal is not held', () => {
    push('stdout', 'x'.repeat(50_000))
    expect(written.join('')).toHaveLength('stdout '.length + 50_000)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('what is unfinished at the end is written, and nothing waits any more', () => {
    push('stdout', 'out')
    push('stderr', 'err')
    lines.flush()
    expect(written).toEqual(['stdout out', 'stderr err'])
    expect(vi.getTimerCount()).toBe(0)
  })
})
