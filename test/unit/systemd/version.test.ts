import {expect, test} from 'vitest'
import {systemdVersion} from '../../../src/systemd/version.js'
import {useFakeHost} from '../../support/fake-host.js'

const host = useFakeHost()
const {signal} = new AbortController()

test.each([
  ['Version=257.9-1~deb13u1', 257],
  ['Version=252.39-1~deb12u1', 252],
  ['Version=262~rc1-1', 262],
  ['Version=v255', 255],
  ['Version=', undefined],
])('a systemd that says %j is of release %s', async (said, version) => {
  await host.systemctlAnswers(said)
  expect(await systemdVersion({manager: 'system'}, signal)).toBe(version)
})

test('the release of a systemd that does not answer is not known', async () => {
  await host.systemctlAnswers('Version=257', 1)
  expect(await systemdVersion({manager: 'user'}, signal)).toBeUndefined()
})
