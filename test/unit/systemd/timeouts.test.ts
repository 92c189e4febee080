import {describe, expect, test} from 'vitest'
import {millisecondsOf, timeoutOf} from '../../../src/systemd/timeouts.js'
import type {UnitName} from '../../../src/systemd/unit.js'
import {useFakeHost} from '../support/fake-host.js'

const WEB: UnitName = {name: 'web.service', manager: 'system'}
const {signal} = new AbortController()

describe('a time span as systemctl prints it', () => {
  test.each([
    ['infinity', Infinity],
    ['1min 30s', 90_000],
    ['8s', 8000],
    ['2h 500ms', 7_200_500],
    ['1.500s', 1500],
    ['0', 0],
    ['', undefined],
    ['3moons', undefined],
  ])('%j is %s ms', (span, milliseconds) => {
    expect(millisecondsOf(span)).toBe(milliseconds)
  })
})

describe("a unit's timeout", () => {
  const host = useFakeHost()

  test("is asked of the host's systemd, or of a user's", async () => {
    await host.systemctlAnswers('TimeoutStopUSec=1min 30s\nTimeoutStartUSec=1min')
    await expect(timeoutOf('stop', WEB, signal)).resolves.toBe(90_000)
    await expect(timeoutOf('start', {...WEB, manager: 'user'}, signal)).resolves.toBe(60_000)
    expect(await host.systemctlCalls()).toEqual([
      'show --property=TimeoutStopUSec -- web.service',
      '--user show --property=TimeoutStartUSec -- web.service',
    ])
  })

  test('is not known where systemd does not answer', async () => {
    await host.systemctlAnswers('', 1)
    await expect(timeoutOf('stop', WEB, signal)).resolves.toBeUndefined()
  })
})
