import {expect, test} from 'vitest'
import {reloadLimitOf, reloadSignalOf, reloading} from '../../../src/lifecycle/reload.js'
import {useFakeHost} from '../../support/fake-host.js'

const host = useFakeHost()
const unit = {name: 'web.service', manager: 'system'} as const
const {signal} = new AbortController()

test.each([
  ['Type=notify-reload\nReloadSignal=1', 'SIGHUP'],
  ['Type=notify-reload\nReloadSignal=10', 'SIGUSR1'],
  ['Type=notify\nReloadSignal=1', 'none'],
  ['Type=simple', 'none'],
])('a unit with %j is reloaded by %s', async (answer, by) => {
  await host.systemctlAnswers(answer)
  expect(await reloadSignalOf(unit, signal)).toBe(by)
})

test('the way in which a unit is reloaded is not known where systemd does not answer', async () => {
  await host.systemctlAnswers('', 1)
  expect(await reloadSignalOf(unit, signal)).toBeUndefined()
})

test.each([
  ['TimeoutStartUSec=1min 30s', 90_000],
  ['TimeoutStartUSec=infinity', Infinity],
  ['', Infinity],
])('systemd waits for a reload of a unit with %j for %d ms', async (answer, limit) => {
  await host.systemctlAnswers(answer)
  expect(await reloadLimitOf(unit, signal)).toBe(limit)
})

test('systemd is told the moment by its own clock', () => {
  const before = process.hrtime.bigint() / 1000n
  const [begun, at = ''] = reloading()
  expect(begun).toBe('RELOADING=1')
  expect(BigInt(at.replace('MONOTONIC_USEC=', ''))).toBeGreaterThanOrEqual(before)
})
