import {describe, expect, test} from 'vitest'
import type {Engine} from '../../../src/docker/engine.js'
import {EngineForbiddenError, EngineUnreachableError} from '../../../src/errors.js'
import {ProcessSignals} from '../../../src/lifecycle/signals.js'
import {waitForEngine} from '../../../src/lifecycle/wait-for-engine.js'
import {NO_DEADLINE, type Deadline} from '../../../src/systemd/deadline.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'

/** What systemd says: that it waits for so many milliseconds more, of which this process needs none. */
const waitsFor = (milliseconds: number) => (): Promise<Deadline> => {
  const at = performance.now() + milliseconds
  return Promise.resolve({...NO_DEADLINE, at, leave: at})
}
const IN_UNIT = waitsFor(30_000)
const gone = new EngineUnreachableError('unix:///x', new Error('ENOENT'))

/** An Engine that is away for the first so many questions, and what was said to systemd. */
function waiting(
  away: number,
  askDeadline: (() => Promise<Deadline | undefined>) | undefined,
  error: Error = gone,
  ping?: Engine['ping'],
) {
  const said: string[] = []
  let asked = 0
  const engine = fakeEngine({ping: ping ?? (() => (asked++ < away ? Promise.reject(error) : Promise.resolve()))})
  const send = (...lines: string[]): Promise<void> => Promise.resolve(void said.push(lines.join(' ')))
  return {
    said,
    wait: () => waitForEngine({engine, openNotifier: () => ({send}), stop: new ProcessSignals(), askDeadline}),
  }
}

describe('an Engine', () => {
  test('an Engine that answers is not waited for, and nothing is said', async () => {
    const {said, wait} = waiting(0, IN_UNIT)
    await wait()
    expect(said).toEqual([])
  })

  test('an Engine that is away is waited for in a unit, which says so', async () => {
    const {said, wait} = waiting(2, IN_UNIT)
    await wait()
    expect(said).toEqual(['STATUS=waiting for the Docker Engine at unix:///fake/docker.sock'])
  })

  test("an Engine that stays away is given up before the unit's start timeout", async () => {
    await expect(waiting(Infinity, waitsFor(300)).wait()).rejects.toBe(gone)
  })

  test("an Engine that hangs is given up before the unit's start timeout, too", async () => {
    const hangs: Engine['ping'] = (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error)
        })
      })
    const {said, wait} = waiting(0, waitsFor(300), gone, hangs)
    await expect(wait()).rejects.toThrow('it does not answer')
    expect(said).toHaveLength(1)
  })

  test('an Engine is not waited for where systemd does not say how long it waits', async () => {
    await expect(waiting(1, () => Promise.resolve(undefined)).wait()).rejects.toBe(gone)
  })

  test('an Engine is not waited for outside of a unit, nor where it may not be asked', async () => {
    await expect(waiting(1, undefined).wait()).rejects.toBe(gone)
    const forbidden = new EngineForbiddenError('unix:///x', new Error('EACCES'))
    await expect(waiting(1, IN_UNIT, forbidden).wait()).rejects.toBe(forbidden)
  })
})
