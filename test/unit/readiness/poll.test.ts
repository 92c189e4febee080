import {describe, expect, test} from 'vitest'
import {NotReadyError} from '../../../src/errors.js'
import {inSeconds, ordinal, poll, type Pace, type Probe} from '../../../src/readiness/poll.js'

const PACE: Pace = {interval: 1, isEager: false, timeout: 1000}

/** Polls with these answers, one after the other, and the last one again; what was said, and what came of it. */
async function polled(answers: readonly (string | Error | undefined)[], pace = PACE) {
  const said: string[] = []
  let tries = 0
  const probe: Probe = () => {
    const answer = answers[Math.min(tries++, answers.length - 1)]
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  }
  const controller = new AbortController()
  const outcome = await poll(probe, pace, (answer) => said.push(answer), controller.signal).catch(
    (error: unknown) => error,
  )
  return {said, outcome}
}

describe('a probe that is made again and again', () => {
  test('each answer is said, with what try it was, until the container is ready', async () => {
    const {said, outcome} = await polled(['503', '503', new Error('nobody is there'), undefined])
    expect(outcome).toBeUndefined()
    expect(said).toEqual(['503, 1st try', '503, 2nd try', 'nobody is there, 3rd try'])
  })

  test('what a socket fails with is said by its code', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
    })
    expect((await polled([refused, undefined])).said).toEqual(['ECONNREFUSED, 1st try'])
  })

  test('an answer is said on one line, without what a terminal would obey, and not endlessly', async () => {
    const {said} = await polled([`one\ntwo\u001B[2J${'x'.repeat(1000)}`, undefined])
    expect(said[0]).toMatch(/^one two [^\n\u001B]{1,130}$/)
  })

  test('a container that never will be ready is waited for no longer', async () => {
    const never = new NotReadyError('it is unhealthy')
    expect((await polled(['starting', never])).outcome).toBe(never)
  })

  test('a probe that takes too long is given up, told so, and made again', async () => {
    const said: string[] = []
    let tries = 0
    const aborted: boolean[] = []
    const probe: Probe = async (signal) => {
      if (++tries > 1) return undefined
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          aborted.push(true)
          resolve()
        })
      })
      return 'late'
    }
    await poll(probe, {...PACE, timeout: 20}, (answer) => said.push(answer), new AbortController().signal)
    expect(said).toEqual(['no answer within 0.02 s, 1st try'])
    expect(aborted).toEqual([true])
  })

  test('a stop ends the wait at once, in a probe and between two', async () => {
    for (const probe of [() => new Promise<never>(() => undefined), () => Promise.resolve('not yet')]) {
      const controller = new AbortController()
      const stopped = new Error('stopped')
      const waiting = poll(probe, {...PACE, interval: 60_000}, () => undefined, controller.signal)
      setImmediate(() => {
        controller.abort(stopped)
      })
      await expect(waiting).rejects.toBe(stopped)
    }
  })
})

test.each([
  [1, '1st'],
  [2, '2nd'],
  [3, '3rd'],
  [4, '4th'],
  [11, '11th'],
  [12, '12th'],
  [13, '13th'],
  [20, '20th'],
  [21, '21st'],
  [112, '112th'],
  [122, '122nd'],
])('try number %i is the %s', (number, words) => {
  expect(ordinal(number)).toBe(words)
})

test('a time is said in seconds', () => {
  expect([500, 5000, 90_000].map(inSeconds)).toEqual(['0.5 s', '5 s', '90 s'])
})
