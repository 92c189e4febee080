import {describe, expect, test} from 'vitest'
import type {Engine} from '../../../src/docker/engine.js'
import {EngineForbiddenError, EngineUnreachableError} from '../../../src/errors.js'
import {ProcessSignals} from '../../../src/lifecycle/signals.js'
import {waitForEngine} from '../../../src/lifecycle/wait-for-engine.js'
import {NO_DEADLINE, type Deadline} from '../../../src/systemd/deadline.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

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
  {ping, engineTimeout}: {ping?: Engine['ping']; engineTimeout?: number} = {},
) {
  const said: string[] = []
  const {lines, log} = recordingLog()
  let asked = 0
  const engine = fakeEngine({ping: ping ?? (() => (asked++ < away ? Promise.reject(error) : Promise.resolve()))})
  const send = (...lines: string[]): Promise<void> => Promise.resolve(void said.push(lines.join(' ')))
  return {
    said,
    lines,
    wait: () =>
      waitForEngine({
        engine,
        openNotifier: () => ({send}),
        stop: new ProcessSignals(),
        askDeadline,
        engineTimeout,
        log,
      }),
  }
}

describe('an Engine', () => {
  test('an Engine that answers is not waited for, and nothing is said', async () => {
    const {said, lines, wait} = waiting(0, IN_UNIT)
    await wait()
    expect([...said, ...lines]).toEqual([])
  })

  test('an Engine that is away is waited for in a unit, which says so', async () => {
    const {said, lines, wait} = waiting(3, IN_UNIT)
    await wait()
    expect(said).toEqual(['STATUS=waiting for the Docker Engine at unix:///fake/docker.sock'])
    expect(lines).toEqual(['warn: waiting up to 30 s for the Docker Engine at unix:///fake/docker.sock: ENOENT'])
  })

  test('an Engine is waited for one minute in a unit that may start for as long as it takes', async () => {
    const {lines, wait} = waiting(1, () => Promise.resolve(NO_DEADLINE))
    await wait()
    expect(lines).toEqual(['warn: waiting up to 60 s for the Docker Engine at unix:///fake/docker.sock: ENOENT'])
  })

  test.each([
    ['a unit that may start for as long as it takes', () => Promise.resolve(NO_DEADLINE)],
    ['a unit that may start for longer than that', IN_UNIT],
    ['a unit of which systemd does not say how long it may take', () => Promise.resolve(undefined)],
    ['no unit', undefined],
  ])('an Engine that stays away is given up after the time that was set, in %s', async (_, askDeadline) => {
    const {lines, wait} = waiting(Infinity, askDeadline, gone, {engineTimeout: 600})
    const begun = performance.now()
    await expect(wait()).rejects.toBe(gone)
    expect(performance.now() - begun).toBeLessThan(20_000)
    expect(lines).toEqual(['warn: waiting up to 1 s for the Docker Engine at unix:///fake/docker.sock: ENOENT'])
  })

  test("a time that was set does not outlast the unit's start timeout, and none is no time to wait", async () => {
    await expect(waiting(Infinity, waitsFor(300), gone, {engineTimeout: 60_000}).wait()).rejects.toBe(gone)
    const {lines, wait} = waiting(Infinity, IN_UNIT, gone, {engineTimeout: 0})
    await expect(wait()).rejects.toThrow('cannot reach the Docker Engine')
    expect(lines).toEqual([])
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
    const {said, wait} = waiting(0, waitsFor(300), gone, {ping: hangs})
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
