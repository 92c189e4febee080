import {describe, expect, test} from 'vitest'
import {foreseeStop, realtimeKillSignal} from '../../../src/lifecycle/foresee-stop.js'
import type {UnitStop} from '../../../src/systemd/unit-stop.js'

/** What systemd says of a unit that is active, with so many seconds to stop. */
function unitOf(seconds: number, more: Partial<UnitStop> = {}): UnitStop {
  const since = performance.now()
  const limit = seconds * 1000
  const at = since + limit
  const deadline = {at, limit, leave: at - Math.min(limit / 4, 500)}
  return {deadline, subState: 'running', since, killMode: 'mixed', mainPid: 1, killSignals: ['SIGTERM'], ...more}
}

describe('what will go wrong in a stop', () => {
  test.each([
    ['has no stop timeout', undefined, 5],
    ['has a stop timeout within that of its unit', 3, 5],
    ['has a stop timeout without a limit, as its unit has', -1, Infinity],
    ['has a long one in a unit without a limit', 3000, Infinity],
  ])('nothing will go wrong in a stop of a container that %s', (_, stopTimeout, seconds) => {
    expect(foreseeStop({unit: unitOf(seconds), stopTimeout, deafStarter: undefined})).toEqual([])
  })

  test.each([
    [300, / of 300 s, because TimeoutStopSec= allows no more: raise TimeoutStopSec=$/],
    [-1, /its own stop timeout, because TimeoutStopSec=/],
  ])('a stop timeout of %d s is cut to what the unit has', (stopTimeout, words) => {
    const said = foreseeStop({unit: unitOf(5), stopTimeout, deafStarter: undefined})
    expect(said).toEqual([expect.stringMatching(words)])
    expect(said[0]).toMatch(/^a stop gives the container 3\.\d s and not/)
  })

  test('nothing is said of a stop timeout where systemd does not tell that of the unit', () => {
    const unit = unitOf(5, {deadline: undefined})
    expect(foreseeStop({unit, stopTimeout: 300, deafStarter: undefined})).toEqual([])
  })

  test('a shell that ends at the signal of a stop, and waits for nobody, is named with KillMode=mixed alone', () => {
    const [words] = foreseeStop({unit: unitOf(90), stopTimeout: undefined, deafStarter: 77})
    expect(words).toMatch(/^a stop kills the container at once.*PID 77,.*begin the command with exec/)
    const unit = unitOf(90, {killMode: 'control-group'})
    expect(foreseeStop({unit, stopTimeout: undefined, deafStarter: 77})).toEqual([])
  })
})

test('a real-time signal is found among those by which systemd stops a unit', () => {
  expect(realtimeKillSignal({killSignals: ['SIGTERM', 'SIGRTMIN+3']})).toBe('SIGRTMIN+3')
  expect(realtimeKillSignal({killSignals: ['SIGTERM', 'SIGINT']})).toBeUndefined()
})
