import {expect, test} from 'vitest'
import {finishOnAbort, askWithTimeout, abortable, withTimeout} from '../../src/timing.js'

test('an answer is what is waited for, and its failure the failure', async () => {
  const {signal} = new AbortController()
  await expect(abortable(signal, Promise.resolve(7))).resolves.toBe(7)
  await expect(abortable(signal, Promise.reject(new Error('no')))).rejects.toThrow('no')
  await expect(withTimeout(1000, Promise.resolve(7))).resolves.toBe(7)
})

test('a signal that aborts ends the waiting, with its own reason', async () => {
  const controller = new AbortController()
  const waiting = abortable(controller.signal, new Promise(() => undefined))
  controller.abort(new Error('stopped'))
  await expect(waiting).rejects.toThrow('stopped')
})

test('a promise that fails after it was given up fails silently, also when it was given up from the beginning', async () => {
  const unheard: unknown[] = []
  const listen = (reason: unknown): void => void unheard.push(reason)
  process.on('unhandledRejection', listen)
  const controller = new AbortController()
  controller.abort(new Error('stopped'))
  await expect(abortable(controller.signal, Promise.reject(new Error('late')))).rejects.toThrow('stopped')
  await new Promise(setImmediate)
  process.removeListener('unhandledRejection', listen)
  expect(unheard).toEqual([])
})

test('a wait that takes too long is an error that says for how long it was waited', async () => {
  await expect(withTimeout(20, new Promise(() => undefined))).rejects.toThrow('not done after 0.02 seconds')
})

test('a hook that is finished rather than broken off is told to hurry some time after the signal has aborted', async () => {
  const controller = new AbortController()
  const reasons: unknown[] = []
  const finished = finishOnAbort(controller.signal, 20, async (patience) => {
    controller.abort(new Error('stopped'))
    reasons.push(patience.aborted)
    await new Promise((resolve) => {
      patience.addEventListener('abort', resolve)
    })
    reasons.push(patience.reason)
    return 7
  })
  expect(await finished).toBe(7)
  expect(reasons).toEqual([false, controller.signal.reason])
})

test('a hook that is finished rather than broken off is not begun once the signal has aborted', async () => {
  let begun = false
  const finished = finishOnAbort(AbortSignal.abort(new Error('stopped')), 20, () =>
    Promise.resolve(void (begun = true)),
  )
  await expect(finished).rejects.toThrow('stopped')
  expect(begun).toBe(false)
})

test('a question that is answered in time gives the answer, and its failure the failure, which ends what was asked', async () => {
  const late = (): Error => new Error('late')
  const signals: AbortSignal[] = []
  const asking = (answer: Promise<number>) => (signal: AbortSignal) => {
    signals.push(signal)
    return answer
  }
  expect(await askWithTimeout(undefined, 1000, asking(Promise.resolve(7)), late)).toBe(7)
  await expect(askWithTimeout(undefined, 1000, asking(Promise.reject(new Error('no'))), late)).rejects.toThrow('no')
  expect(signals.map(({aborted}) => aborted)).toEqual([false, true])
})

test('a question that is not answered in time, or before a stop, is given up', async () => {
  const late = (): Error => new Error('late')
  const signals: AbortSignal[] = []
  const never = (signal: AbortSignal): Promise<never> => {
    signals.push(signal)
    return new Promise(() => undefined)
  }
  await expect(askWithTimeout(undefined, 20, never, late)).rejects.toThrow('late')
  const stop = new AbortController()
  const asking = askWithTimeout(stop.signal, 10_000, never, late)
  stop.abort(new Error('stopped'))
  await expect(asking).rejects.toThrow('stopped')
  await expect(askWithTimeout(stop.signal, 10_000, never, late)).rejects.toThrow('stopped')
  expect(signals.map(({aborted}) => aborted)).toEqual([true, true, true])
})
