import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {EngineRefusedError, EngineUnreachableError, StoppedError} from '../../../src/errors.js'
import {withEngineTimeout} from '../../../src/lifecycle/engine-timeout.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'

const DAY_MS = 86_400_000

/**
 * Asks what is never answered, within so many milliseconds; what came of it, and the signal that the question was
 * given.
 */
function asked(milliseconds: number, signal?: AbortSignal) {
  let question: AbortSignal | undefined
  const settled = vi.fn()
  const answer = withEngineTimeout(
    fakeEngine(),
    milliseconds,
    (given) => {
      question = given
      return new Promise<never>(() => undefined)
    },
    signal,
  )
  answer.then(settled, settled)
  return {answer, settled, isQuestionOver: () => question?.aborted}
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('a question to the Engine', () => {
  test('a question that is answered in time has its answer, and its signal stays as it was', async () => {
    let question: AbortSignal | undefined
    const answer = withEngineTimeout(fakeEngine(), 1000, async (signal) => {
      question = signal
      await new Promise((resolve) => setTimeout(resolve, 999))
      return 'answer'
    })
    await vi.advanceTimersByTimeAsync(999)
    await expect(answer).resolves.toBe('answer')
    expect(question?.aborted).toBe(false)
  })

  test('a question is given up when its time is over, not before, and the error names the Engine', async () => {
    const {answer, settled, isQuestionOver} = asked(1000)
    await vi.advanceTimersByTimeAsync(999)
    expect(settled).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(settled).toHaveBeenCalledOnce()
    await expect(answer).rejects.toBeInstanceOf(EngineUnreachableError)
    await expect(answer).rejects.toThrow(/unix:\/\/\/fake\/docker\.sock.*it does not answer/)
    expect(isQuestionOver()).toBe(true)
  })

  test.each([0, -5, -Infinity])('a question with %d ms left is given up at once', async (milliseconds) => {
    const {answer, settled} = asked(milliseconds)
    await vi.advanceTimersByTimeAsync(1)
    expect(settled).toHaveBeenCalledOnce()
    await expect(answer).rejects.toBeInstanceOf(EngineUnreachableError)
  })

  test('a question with for ever left is waited for', async () => {
    const over = new AbortController()
    const {answer, settled} = asked(Infinity, over.signal)
    await vi.advanceTimersByTimeAsync(DAY_MS)
    expect(settled).not.toHaveBeenCalled()
    over.abort(new StoppedError('SIGTERM'))
    await expect(answer).rejects.toBe(over.signal.reason)
  })

  test.each([
    ['the Engine refuses', new EngineRefusedError('answer', 500, 'busy', undefined)],
    ['does not reach the Engine', new EngineUnreachableError('unix:///x', new Error('ENOENT'))],
  ])('a question that %s fails as it did', async (_, error) => {
    await expect(withEngineTimeout(fakeEngine(), 1000, () => Promise.reject(error))).rejects.toBe(error)
  })

  test('a question that nobody wants answered any more ends with their reason, and so does one that was never wanted', async () => {
    const over = new AbortController()
    const {answer, isQuestionOver} = asked(1000, over.signal)
    over.abort(new StoppedError('SIGTERM'))
    await expect(answer).rejects.toBe(over.signal.reason)
    expect(isQuestionOver()).toBe(true)
    await expect(asked(1000, over.signal).answer).rejects.toBe(over.signal.reason)
  })
})
