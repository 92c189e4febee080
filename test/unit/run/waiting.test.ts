import {describe, expect, test} from 'vitest'
import type {Engine} from '../../../src/docker/engine.js'
import {EngineForbiddenError, EngineUnreachableError} from '../../../src/errors.js'
import {StopRequests} from '../../../src/run/stop.js'
import {waitForEngine} from '../../../src/run/waiting.js'
import type {UnitName} from '../../../src/systemd/unit.js'
import {fakeEngine} from '../../helpers/fake-engine.js'
import {useFakeHost} from '../support/fake-host.js'

const host = useFakeHost()
const UNIT: UnitName = {name: 'web.service', manager: 'system'}
const gone = new EngineUnreachableError('unix:///x', new Error('ENOENT'))

/** An Engine that is away for the first so many questions, and what was said to systemd. */
function waiting(away: number, unit: UnitName | undefined, error: Error = gone, ping?: Engine['ping']) {
  const said: string[] = []
  let asked = 0
  const engine = fakeEngine({ping: ping ?? (() => (asked++ < away ? Promise.reject(error) : Promise.resolve()))})
  const send = (...lines: string[]): Promise<void> => Promise.resolve(void said.push(lines.join(' ')))
  return {
    said,
    wait: () => waitForEngine('start', {engine, openNotifier: () => ({send}), stop: new StopRequests(), unit}),
  }
}

describe('an Engine', () => {
  test('that answers is not waited for, and nothing is said', async () => {
    const {said, wait} = waiting(0, UNIT)
    await wait()
    expect(said).toEqual([])
  })

  test('that is away is waited for in a unit, which says so', async () => {
    await host.systemctlAnswers('TimeoutStartUSec=30s')
    const {said, wait} = waiting(2, UNIT)
    await wait()
    expect(said).toEqual(['STATUS=waiting for the Docker Engine at unix:///fake/docker.sock'])
  })

  test("that stays away is given up before the unit's start timeout", async () => {
    await host.systemctlAnswers('TimeoutStartUSec=1s')
    await expect(waiting(Infinity, UNIT).wait()).rejects.toBe(gone)
  })

  test('that hangs is given up so, too', async () => {
    await host.systemctlAnswers('TimeoutStartUSec=1s')
    const hangs: Engine['ping'] = (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error)
        })
      })
    const {said, wait} = waiting(0, UNIT, gone, hangs)
    await expect(wait()).rejects.toThrow('it does not answer')
    expect(said).toHaveLength(1)
  })

  test('is not waited for outside of a unit, nor where it may not be asked', async () => {
    await expect(waiting(1, undefined).wait()).rejects.toBe(gone)
    const forbidden = new EngineForbiddenError('unix:///x', new Error('EACCES'))
    await expect(waiting(1, UNIT, forbidden).wait()).rejects.toBe(forbidden)
  })
})
