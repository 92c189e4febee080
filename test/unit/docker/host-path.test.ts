import {expect, test} from 'vitest'
import {hostPathOf} from '../../../src/docker/host-path.js'
import {plainRequest} from '../../../src/testing/plugin-host.js'

function request(binds: readonly string[], mounts: readonly {Type: string; Source?: string; Target: string}[] = []) {
  const made = plainRequest()
  made.body.HostConfig.Binds.push(...binds)
  made.body.HostConfig.Mounts.push(...mounts)
  return made
}

test.each([
  [
    'the mounted file itself',
    ['/run/systemd/notify:/run/systemd/notify'],
    '/run/systemd/notify',
    '/run/systemd/notify',
  ],
  ['a file that is called otherwise', ['/run/systemd/notify:/n:ro'], '/n', '/run/systemd/notify'],
  ['a file below', ['/run/systemd:/run/host'], '/run/host/notify', '/run/systemd/notify'],
  ['a file below all of the host', ['/:/host'], '/host/run/systemd/notify', '/run/systemd/notify'],
  ['a path with detours', ['/run/systemd/:/run/host/'], '/run//host/./notify', '/run/systemd/notify'],
  ['the nearest of several mounts', ['/a:/x', '/b:/x/y'], '/x/y/z', '/b/z'],
  ['no mount', ['/run/systemd:/run/host'], '/run/hostess/notify', undefined],
  ['a named volume', ['volume:/run/systemd'], '/run/systemd/notify', undefined],
])('a path of the container is found on the host: %s', (_, binds, path, there) => {
  expect(hostPathOf(path, request(binds))).toBe(there)
})

test('a mount of --mount counts where it binds, and hides what is below it where it does not', () => {
  const bind = {Type: 'bind', Source: '/run/systemd', Target: '/s'}
  expect(hostPathOf('/s/notify', request([], [bind]))).toBe('/run/systemd/notify')
  expect(hostPathOf('/s/notify', request(['/run:/s'], [{Type: 'volume', Target: '/s/notify'}]))).toBeUndefined()
})

test('a file system in memory and a volume without a name hide what is below them', () => {
  const made = request(['/run:/run', '/srv:/srv'])
  made.body.HostConfig.Tmpfs['/run/systemd'] = ''
  made.body.Volumes['/srv/x'] = {}
  expect([hostPathOf('/run/systemd/notify', made), hostPathOf('/srv/x/y', made)]).toEqual([undefined, undefined])
  expect(hostPathOf('/run/other', made)).toBe('/run/other')
})
