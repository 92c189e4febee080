import {expect, test} from 'vitest'
import {watchdogInterval, watchdogSignalOf} from '../../../src/systemd/watchdog.js'
import {useFakeHost} from '../../support/fake-host.js'

const host = useFakeHost()
const {signal} = new AbortController()

test.each<[NodeJS.ProcessEnv, number | undefined]>([
  [{}, undefined],
  [{WATCHDOG_USEC: '3000000', WATCHDOG_PID: '42'}, 1500],
  [{WATCHDOG_USEC: '3000000'}, 1500],
  [{WATCHDOG_USEC: '3000000', WATCHDOG_PID: '43'}, undefined],
  [{WATCHDOG_USEC: '1'}, 1],
  [{WATCHDOG_USEC: '0'}, undefined],
  [{WATCHDOG_USEC: 'soon'}, undefined],
  [{WATCHDOG_USEC: '18446744073709551615'}, undefined],
])('an environment of %j has systemd hear from PID 42 every %s ms', (env, milliseconds) => {
  expect(watchdogInterval(env, 42)).toBe(milliseconds)
})

test.each([
  ['WatchdogSignal=6', 0, 'SIGABRT'],
  ['WatchdogSignal=12', 0, 'SIGUSR2'],
  ['', 1, 'SIGABRT'],
])('a unit of which systemctl says %j with status %i is aborted by %s', async (said, status, name) => {
  await host.systemctlAnswers(said, status)
  expect(await watchdogSignalOf({name: 'web.service', manager: 'system'}, signal)).toBe(name)
})
