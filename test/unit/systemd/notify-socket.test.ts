import {mkdir, readdir, symlink, writeFile} from 'node:fs/promises'
import {expect, test} from 'vitest'
import {
  hasOwnSocketOfSystemd,
  isRelayKey,
  relayDirectory,
  removeRelayDirectory,
} from '../../../src/systemd/notify-socket.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()

const KEY = '0123456789abcdef'

test('a relay has a directory of its own below the state of this program', () => {
  expect(relayDirectory('/run/systemd-docker', KEY)).toBe(`/run/systemd-docker/notify/${KEY}`)
})

test('the directory of a relay goes with its socket, or with a link that stands in its place, which is not followed', async () => {
  await mkdir(inTemp('mine'))
  await writeFile(inTemp('mine', 'file'), '')
  await mkdir(inTemp('relay'))
  await symlink(inTemp('mine'), inTemp('relay', 'notify.sock'))
  removeRelayDirectory(inTemp('relay'))
  removeRelayDirectory(inTemp('relay'))
  expect([await readdir(inTemp()), await readdir(inTemp('mine'))]).toEqual([['mine'], ['file']])
})

test('what a container has put into the directory of its relay is left, and that is said', async () => {
  await mkdir(inTemp('relay', 'more'), {recursive: true})
  expect(() => {
    removeRelayDirectory(inTemp('relay'))
  }).toThrow(/ENOTEMPTY/)
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
