import {expect, test} from 'vitest'
import {hasOwnSocketOfSystemd, isRelayKey, relayDirectory} from '../../../src/systemd/notify-socket.js'

const KEY = '0123456789abcdef'

test('a relay has a directory of its own below the state of this program', () => {
  expect(relayDirectory('/run/systemd-docker', KEY)).toBe(`/run/systemd-docker/notify/${KEY}`)
})

test.each(['', '..', '0123456789abcde', '0123456789abcdeg', `${KEY}/..`, `${KEY}\n`])(
  'what is on a label is no directory of a relay: %j',
  (word) => {
    expect([isRelayKey(KEY), isRelayKey(word)]).toEqual([true, false])
  },
)

test.each([
  [[], false],
  [['A=b', 'NOTIFY_SOCKET=/run/systemd/notify'], true],
  [['NOTIFY_SOCKET=/run/systemd/notify', `NOTIFY_SOCKET=/run/systemd-docker/notify/${KEY}/notify.sock`], false],
  [['NOTIFY_SOCKET=/srv/notify/x/notify.sock'], true],
])('a container with the variables %j has the socket of systemd itself: %s', (env, has) => {
  expect(hasOwnSocketOfSystemd(env)).toBe(has)
})
