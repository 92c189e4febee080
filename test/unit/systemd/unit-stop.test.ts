import {expect, test} from 'vitest'
import {unitStop} from '../../../src/systemd/unit-stop.js'
import {useFakeHost} from '../../support/fake-host.js'

const {signal} = new AbortController()
const host = useFakeHost()
const WEB = {name: 'web.service', manager: 'system'} as const

test.each([
  ['KillSignal=15', ['SIGTERM']],
  ['KillSignal=34', ['SIGRTMIN']],
  ['KillSignal=37', ['SIGRTMIN+3']],
  ['KillSignal=2\nRestartKillSignal=3', ['SIGINT', 'SIGQUIT']],
  ['KillMode=mixed', []],
])('a unit of which systemd says %j is stopped by the signals %j', async (said, names) => {
  await host.systemctlAnswers(said)
  await expect(unitStop(WEB, signal)).resolves.toMatchObject({killSignals: names})
})

test('a unit that is being stopped has its state, since when, and its time', async () => {
  const changed = Number(process.hrtime.bigint()) / 1000 - 5_000_000
  await host.systemctlAnswers(
    `TimeoutStopUSec=20s\nActiveState=deactivating\nSubState=stop-sigterm\nKillMode=mixed\nStateChangeTimestampMonotonic=${changed.toFixed(0)}`,
  )
  const said = await unitStop(WEB, signal)
  expect(said).toMatchObject({subState: 'stop-sigterm', killMode: 'mixed', deadline: {limit: 20_000}})
  expect(Math.abs((said?.since ?? 0) - (performance.now() - 5000))).toBeLessThan(1000)
  expect(await host.systemctlCalls()).toHaveLength(1)
})

test('a unit whose watchdog was missed has a time of its own to end', async () => {
  await host.systemctlAnswers(
    'TimeoutStopUSec=20s\nTimeoutAbortUSec=5s\nActiveState=deactivating\nSubState=stop-watchdog',
  )
  await expect(unitStop(WEB, signal)).resolves.toMatchObject({deadline: {limit: 5000}})
})

test.each([
  ['Type=notify-reload\nReloadSignal=10', 'SIGUSR1'],
  ['Type=notify\nReloadSignal=10', undefined],
])('a unit of which systemd says %j is reloaded by the signal %s', async (said, name) => {
  await host.systemctlAnswers(said)
  expect((await unitStop(WEB, signal))?.reloadSignal).toBe(name)
})

test('a unit of which systemd says nothing has no stop that is known', async () => {
  await host.systemctlAnswers('', 1)
  await expect(unitStop(WEB, signal)).resolves.toBeUndefined()
})
