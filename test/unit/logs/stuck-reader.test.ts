import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {STUCK_READER_MS} from '../../../src/limits.js'
import {watchForStuckReader} from '../../../src/logs/stuck-reader.js'

describe('a reader of the output while the unit stops', () => {
  let moves: number | undefined
  let givenUp: number
  let stop: AbortController
  let unwatch: () => void

  beforeEach(() => {
    vi.useFakeTimers()
    moves = 1
    givenUp = 0
    stop = new AbortController()
    unwatch = watchForStuckReader(
      stop.signal,
      () => moves,
      () => {
        givenUp++
        moves = undefined
      },
    )
  })

  afterEach(() => {
    unwatch()
    vi.useRealTimers()
  })

  test('a reader that takes nothing has all the time that it wants as long as no stop was asked for', () => {
    vi.advanceTimersByTime(100 * STUCK_READER_MS)
    expect(givenUp).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a reader that takes nothing during a stop is given up, once', () => {
    stop.abort()
    vi.advanceTimersByTime(STUCK_READER_MS - 1)
    expect(givenUp).toBe(0)
    vi.advanceTimersByTime(10 * STUCK_READER_MS)
    expect(givenUp).toBe(1)
  })

  test('a reader that takes something now and then is not given up', () => {
    stop.abort()
    for (let taken = 2; taken < 20; taken++) {
      moves = taken
      vi.advanceTimersByTime(STUCK_READER_MS)
    }
    expect(givenUp).toBe(0)
  })

  test('a reader that is given nothing is not given up', () => {
    moves = undefined
    stop.abort()
    vi.advanceTimersByTime(10 * STUCK_READER_MS)
    expect(givenUp).toBe(0)
  })

  test('a reader is watched from the beginning where the stop came before, and not after the end', () => {
    stop.abort()
    const late = vi.fn()
    const end = watchForStuckReader(
      stop.signal,
      () => 1,
      () => void late(),
    )
    vi.advanceTimersByTime(STUCK_READER_MS)
    expect(late).toHaveBeenCalledOnce()
    end()
    vi.advanceTimersByTime(STUCK_READER_MS)
    expect(late).toHaveBeenCalledOnce()
  })
})
