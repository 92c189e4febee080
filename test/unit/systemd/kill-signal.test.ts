import {expect, test} from 'vitest'
import {realtimeKillSignal} from '../../../src/systemd/kill-signal.js'
import {useFakeHost} from '../../support/fake-host.js'

const {signal} = new AbortController()
const host = useFakeHost()

test.each([
  ['KillSignal=15', undefined],
  ['KillSignal=34', 'SIGRTMIN'],
  ['KillSignal=37', 'SIGRTMIN+3'],
  ['', undefined],
])('a unit of which systemd says %j is stopped by the real-time signal %s', async (said, name) => {
  await host.systemctlAnswers(said)
  await expect(realtimeKillSignal({name: 'web.service', manager: 'system'}, signal)).resolves.toBe(name)
})
