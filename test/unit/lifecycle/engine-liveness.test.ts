import {describe, expect, test} from 'vitest'
import {EngineRefusedError, EngineUnreachableError, StoppedError} from '../../../src/errors.js'
import {withLivenessProbe} from '../../../src/lifecycle/engine-liveness.js'
import {NEVER_ABORTED} from '../../../src/timing.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'

/** Never answers, and gives up when it is told to. */
const silent = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })

describe('a question that takes the Engine long', () => {
  test('a question that takes long is waited for as long as the Engine answers to others', async () => {
    let pings = 0
    let answer: (value: string) => void = () => undefined
    const engine = fakeEngine({
      ping: () => {
        if (++pings === 2) answer('done')
        return Promise.resolve()
      },
    })
    const asked = withLivenessProbe(
      engine,
      10,
      () => new Promise<string>((resolve) => (answer = resolve)),
      NEVER_ABORTED,
    )
    await expect(asked).resolves.toBe('done')
    expect(pings).toBe(2)
  })

  test('a question that takes long is given up when the Engine answers nothing', async () => {
    let question: AbortSignal | undefined
    const asked = withLivenessProbe(
      fakeEngine({ping: silent}),
      10,
      (signal) => {
        question = signal
        return silent(signal)
      },
      NEVER_ABORTED,
    )
    await expect(asked).rejects.toBeInstanceOf(EngineUnreachableError)
    expect(question?.aborted).toBe(true)
  })

  test('a question that takes long is not given up for an Engine that refuses to answer', async () => {
    const ping = () => Promise.reject(new EngineRefusedError('answer', 500, 'busy', undefined))
    const later = new Promise<string>((resolve) => setImmediate(resolve, 'done'))
    await expect(withLivenessProbe(fakeEngine({ping}), 10, () => later, NEVER_ABORTED)).resolves.toBe('done')
  })

  test('a question that takes long is given up when nobody wants to know any more', async () => {
    const over = new AbortController()
    const asked = withLivenessProbe(fakeEngine(), 10, silent, over.signal)
    over.abort(new StoppedError('SIGTERM'))
    await expect(asked).rejects.toBe(over.signal.reason)
    await expect(withLivenessProbe(fakeEngine(), 10, silent, over.signal)).rejects.toBe(over.signal.reason)
  })
})
