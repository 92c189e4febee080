import childProcess from 'node:child_process'
import {describe, expect, test, vi} from 'vitest'
import {executeSystemctl, systemctl} from '../../../src/systemd/systemctl.js'
import {useFakeHost} from '../../support/fake-host.js'

const {signal} = new AbortController()
const host = useFakeHost()

describe('what systemctl is asked', () => {
  test('the program systemctl is looked for where systemd is, whatever the PATH of the unit', async () => {
    vi.stubEnv('PATH', '/opt/node/bin')
    await systemctl({manager: 'system'}, ['list-jobs'], signal)
    const [, , options] = vi.mocked(childProcess.execFile).mock.calls[0] ?? []
    expect(options).toMatchObject({env: {PATH: expect.stringMatching(/^\/usr\/bin:\/bin:/) as string}})
  })

  test('systemctl has no socket to tell systemd its own exit status on', async () => {
    vi.stubEnv('NOTIFY_SOCKET', '/run/systemd/notify')
    await host.write('#!/bin/sh\necho "socket=$NOTIFY_SOCKET"\n', 'bin', 'systemctl')
    expect(await systemctl({manager: 'system'}, ['list-jobs'], signal)).toBe('socket=\n')
  })

  test('an empty answer of systemctl is no silence', async () => {
    await host.systemctlAnswers('')
    expect(await systemctl({manager: 'system'}, ['list-jobs'], signal)).toBe('\n')
  })

  test('a systemctl that fails does not answer', async () => {
    await host.systemctlAnswers('no', 1)
    expect(await systemctl({manager: 'system'}, ['list-jobs'], signal)).toBeUndefined()
    await expect(executeSystemctl(['list-jobs'], signal)).rejects.toThrow('Command failed')
  })

  test('a systemctl that is ended by the signal that systemd sends to all of the unit is asked again', async () => {
    const asked = host.in('asked')
    await host.write(
      `#!/bin/sh\n[ -e '${asked}' ] && exec echo TimeoutStopUSec=8s\n>'${asked}'\nkill -TERM $$\n`,
      'bin',
      'systemctl',
    )
    expect(await systemctl({manager: 'system'}, ['show', 'x.service'], signal)).toBe('TimeoutStopUSec=8s\n')
  })

  test('a systemctl that is ended by a signal whenever it is asked is given up', async () => {
    await host.write(`#!/bin/sh\necho again >>'${host.in('systemctl-calls')}'\nkill -TERM $$\n`, 'bin', 'systemctl')
    await expect(executeSystemctl(['list-jobs'], signal)).rejects.toMatchObject({killed: false, signal: 'SIGTERM'})
    expect(await host.systemctlCalls()).toHaveLength(5)
  })

  test('a systemctl that hangs does not answer, and is ended', async () => {
    await host.write('#!/bin/sh\ntrap "" TERM\nwhile :; do :; done\n', 'bin', 'systemctl')
    await expect(executeSystemctl(['list-jobs'], signal, 100)).rejects.toMatchObject({killed: true, signal: 'SIGKILL'})
  })
})
