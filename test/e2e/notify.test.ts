import {describe, expect, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import {EACH_RELEASE} from '../support/host/hosts.js'
import {containers, defineService, runs} from '../support/service/service.js'
import {installBare} from '../support/host/install.js'

const PATIENCE_MS = 20_000

describe.each(EACH_RELEASE)('readiness on $name', ({guest}) => {
  test.each([
    ['--notify', /\/run\/systemd-docker\/notify\/[0-9a-f]{16}:ro/],
    ['--notify=raw', /\/run\/systemd\/notify:\/run\/systemd\/notify/],
  ])('%s leaves readiness to the container: the unit starts up until that says READY=1', async (option, mounted) => {
    // systemd's own library and program, lent to the container, are what says READY=1 in it.
    const service = await defineService(
      guest,
      `${option} run --rm --name %n -v /:/host:ro busybox sh -c "until [ -e /tmp/go ]; do sleep 0.1; done; chroot /host /usr/bin/env NOTIFY_SOCKET=$$NOTIFY_SOCKET systemd-notify --ready; sleep 1000"`,
    )
    const started = service.start()
    await service.reaches({ActiveState: 'activating', StatusText: runs(service.name)})
    await guest.run('docker', 'exec', service.name, 'touch', '/tmp/go')
    expect((await started).status).toBe(0)
    expect(await service.show('ActiveState')).toEqual({ActiveState: 'active'})
    expect(await service.inspect('{{.HostConfig.Binds}} {{.Config.Env}}')).toMatch(mounted)
  })

  test('a unit never gets ready when the container that was to say READY=1 does not, and nothing is left', async () => {
    const service = await defineService(guest, '--notify run --rm --name %n busybox sleep 1000', {TimeoutStartSec: '3'})
    await service.start()
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'failed', Result: 'timeout'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('--notify has no effect in a unit that takes no messages, and the unit starts as any service does', async () => {
    const service = await defineService(guest, '--notify run --rm --name %n busybox sleep 1000', {
      Type: 'simple',
      NotifyAccess: 'none',
    })
    await service.start()
    await service.says(/--notify has no effect/)
    await service.reaches({ActiveState: 'active'})
    await service.says(/^the container was born in/)
    expect(await service.inspect('{{.Config.Env}}')).not.toContain('NOTIFY_SOCKET')
  })

  test('readiness that systemd will not hear of, as it comes from a script, is warned of, with what to say', async () => {
    const line = '/opt/bin/systemd-docker run --rm --name %n busybox sleep 1000'
    const service = await defineService(guest, '', {
      NotifyAccess: 'main',
      TimeoutStartSec: '5',
      TimeoutStopSec: '5',
      ExecStart: `/bin/sh -c '${line}; exit $$?'`,
    })
    await service.start()
    await service.says(
      /will not learn that its container is ready, because NotifyAccess=main accepts messages only from process \d+: set NotifyAccess=all, or begin the script's command with exec$/,
    )
    expect(await service.show('Result')).toEqual({Result: 'timeout'})
    const heard = await defineService(guest, '', {
      NotifyAccess: 'main',
      ExecStart: `/bin/sh -c 'exec ${line}'`,
    })
    expect((await heard.start()).status).toBe(0)
    expect((await heard.journal()).join('\n')).not.toContain('will not learn')
  })

  test.each([
    ['sd-notify where npm could build it', true],
    ["systemd's own program systemd-notify where it could not", false],
  ])('systemd is told of readiness by %s', async (_, built) => {
    const program = built ? '/opt/systemd-docker' : await installBare(guest)
    const addon = await guest.attempt(['node', '-e', `require(require.resolve('sd-notify', {paths: ['${program}']}))`])
    expect(addon.status).toBe(built ? 0 : 1)
    const service = await defineService(guest, '', {
      NotifyAccess: 'main',
      ExecStart: `${program}/bin/run.cjs run --rm --name %n busybox sleep 1000`,
    })
    expect((await service.start()).status).toBe(0)
    expect(await service.show('ActiveState', 'StatusText')).toEqual({
      ActiveState: 'active',
      StatusText: expect.stringMatching(runs(service.name)) as unknown,
    })
  })
})

describe.each(EACH_RELEASE)('who stays beside a container on $name', ({guest}) => {
  test('a run with --logs=false and no --rm leaves systemd alone with the container: nobody of ours stays', async () => {
    const service = await defineService(
      guest,
      '--logs=false --pid-file /run/%n.pid run -d --name %n busybox sleep 1000',
    )
    expect((await service.start()).status).toBe(0)
    const pid = await service.inspect('{{.State.Pid}}')
    expect(await service.show('ActiveState', 'MainPID')).toEqual({ActiveState: 'active', MainPID: pid})
    // systemd may have heard that the unit is ready before our process has ended.
    await until(PATIENCE_MS, async () => ((await service.pids()).length === 1 ? true : undefined))
    expect(await service.pids()).toEqual([Number(pid)])
    await service.says(/^the unit has no ExecStop=, so systemd kills the container at once in a stop: set ExecStop=/)
    expect(await guest.run('cat', `/run/${service.name}.pid`)).toBe(pid)
    await service.stop()
    expect(await service.pids()).toEqual([])
    // systemd waits for the unit's processes, and nobody waits for the Engine, which hears of their end a moment later.
    await service.becomes('{{.State.Running}}', 'false')
    await guest.run('rm', `/run/${service.name}.pid`)
  })

  test('a run stays in a unit that could not be told of its main process', async () => {
    const service = await defineService(guest, '--logs=false run --name %n busybox sleep 1000', {
      Type: 'exec',
      NotifyAccess: 'none',
    })
    await service.start()
    await service.says(/^the container was born in/)
    await service.reaches({ActiveState: 'active'})
    const {MainPID} = await service.show('MainPID')
    expect(await guest.run('cat', `/proc/${MainPID}/comm`)).toBe('node')
  })

  test.each(['--logs=false run --rm=true', '--logs=true run --rm=false'])('a run stays with %s', async (line) => {
    const service = await defineService(guest, `${line} -d --name %n busybox sleep 1000`)
    await service.start()
    const {MainPID} = await service.show('MainPID')
    expect(await guest.run('cat', `/proc/${MainPID}/comm`)).toBe('node')
  })
})
