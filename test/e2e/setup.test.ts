import {describe, expect, test} from 'vitest'
import type {HostKind} from '../../sandbox/hosts.js'
import {until} from '../../sandbox/until.js'
import {ownHosts, type OwnHost} from '../support/host/own-host.js'
import {defineService} from '../support/service/service.js'

const PROGRAM = '/opt/bin/systemd-docker'
const DAEMON_JSON = '/etc/docker/daemon.json'
const PATIENCE_MS = 20_000

/** A host that nobody has set up yet. */
function ownHost(name: HostKind['name'], daemonJson: HostKind['daemonJson'] = {}): OwnHost['host'] {
  const [own] = ownHosts([name], {daemonJson, isSetUp: false})
  if (own === undefined) throw new Error(`no kind of host is called ${name}`)
  return own.host
}

describe.each(['debian13-v2-bare', 'debian-forky'] as const)('setup for an Engine that takes shims, of %s', (name) => {
  const host = ownHost(name, {'live-restore': true})
  const shim = '/usr/local/bin/containerd-shim-systemd-docker-v1'

  test('setup is checked, done once, done again without effect, and undone', async () => {
    const guest = host()
    const before = await guest.attempt([PROGRAM, 'setup', '--check'])
    expect(before.status).toBe(1)
    expect(before.stdout).toMatch(
      /^containers are not born in their units: containerd finds no containerd-shim-systemd-docker-v1 in \/usr\/local\/sbin:/,
    )
    expect((await guest.attempt(['test', '-e', shim])).status).toBe(1)

    const version = await guest.run('docker', 'version', '--format', '{{.Server.Version}}')
    expect(await guest.run(PROGRAM, 'setup')).toBe(
      `installed ${shim}\ncontainers are born in their units: Docker ${version} takes the shim, and containerd finds it at ${shim}`,
    )
    expect(await guest.run('stat', '--format', '%a %U %G', shim)).toBe('755 root root')
    const inode = await guest.run('stat', '--format', '%i', shim)
    expect(await guest.run(PROGRAM, 'setup')).not.toContain('installed')
    expect(await guest.run('stat', '--format', '%i', shim)).toBe(inode)
    expect((await guest.attempt([PROGRAM, 'setup', '--check'])).status).toBe(0)

    expect(await guest.run(PROGRAM, 'setup', '--undo')).toContain(`removed ${shim}`)
    expect(await guest.run('find', '/usr/local/bin', '-name', 'containerd-shim-systemd*')).toBe('')
    expect((await guest.attempt([PROGRAM, 'setup', '--undo'])).status).toBe(0)
  })

  test('setup replaces the shim of another version, where it is', async () => {
    const guest = host()
    await guest.write('/usr/bin/containerd-shim-systemd-docker-v1', '#!/bin/sh\nexit 1\n')
    await guest.run('chmod', '755', '/usr/bin/containerd-shim-systemd-docker-v1')
    expect((await guest.attempt([PROGRAM, 'setup', '--check'])).stdout).toContain('belongs to another version')
    expect(await guest.run(PROGRAM, 'setup')).toContain('installed /usr/bin/containerd-shim-systemd-docker-v1')
    await guest.run(PROGRAM, 'setup', '--undo')
  })

  test('setup is refused to who is not root', async () => {
    const {status, stderr} = await host().attempt(['setpriv', '--reuid=65534', PROGRAM, 'setup'])
    expect(status).toBe(125)
    expect(stderr).toContain('cannot set this host up: only root can; --check reports whether it is set up')
  })

  test('setup may be undone while a container runs that was born by it, and the unit still ends well', async () => {
    const guest = host()
    await guest.run(PROGRAM, 'setup')
    const service = await defineService(guest, 'run --rm --name %n busybox sh -c "trap exit TERM; sleep 1000 & wait"')
    await service.start()
    await service.says(/was born in/)
    await guest.run(PROGRAM, 'setup', '--undo')
    await guest.run('docker', 'pause', service.name)
    await guest.run('docker', 'unpause', service.name)
    await service.stop()
    await service.reaches({ActiveState: 'inactive', Result: 'success'})
    expect(await guest.run('docker', 'ps', '--all', '--quiet')).toBe('')
    expect(await guest.run('ls', '/run/containerd/io.containerd.runtime.v2.task/moby')).toBe('')
  })

  test('an undone setup no longer holds for the next start of a container that is kept: that start says what is missing', async () => {
    const guest = host()
    await guest.run(PROGRAM, 'setup')
    const service = await defineService(guest, 'run --name %n busybox sh -c "trap exit TERM; sleep 1000 & wait"')
    await service.start()
    await service.stop()
    await guest.run(PROGRAM, 'setup', '--undo')
    await service.start()
    await service.says(/containerd-shim-systemd-docker-v1.*systemd-docker setup/)
    await service.reaches({ActiveState: 'failed', ExecMainStatus: '125'})
    await guest.run(PROGRAM, 'setup')
    await service.start()
    await service.reaches({ActiveState: 'active'})
    await guest.run(PROGRAM, 'setup', '--undo')
  })

  test('setup lets containers outlive restarts of containerd and of Docker, in the hands of both', async () => {
    const guest = host()
    await guest.run(PROGRAM, 'setup')
    const service = await defineService(guest, '--logs=false run --name %n busybox sleep 1000')
    await service.start()
    const pid = await service.inspect('{{.State.Pid}}')
    await guest.run('systemctl', 'restart', 'containerd.service')
    await guest.run('systemctl', 'restart', 'docker.service')
    await until(PATIENCE_MS, async () =>
      (await guest.attempt(['docker', 'exec', service.name, 'true'])).status === 0 ? true : undefined,
    )
    expect(await service.inspect('{{.State.Pid}}')).toBe(pid)
    await guest.run('docker', 'pause', service.name)
    await guest.run('docker', 'unpause', service.name)
    await guest.run('docker', 'restart', '--time', '0', service.name)
    const restarted = await service.inspect('{{.State.Pid}}')
    expect(await guest.run('cat', `/proc/${restarted}/cgroup`)).toContain(`/${await service.inspect('{{.Id}}')}`)
    await guest.run(PROGRAM, 'setup', '--undo')
  })
})

describe('setup for an Engine before 23 with the systemd driver', () => {
  const host = ownHost('debian12-v2')
  const program = '/usr/local/bin/systemd-docker-runc'

  test('setup registers the runtime, keeps the rest of the file and its mode, restarts nothing, and is undone', async () => {
    const guest = host()
    const before = await guest.run('cat', DAEMON_JSON)
    await guest.run('chmod', '600', DAEMON_JSON)
    const dockerd = await guest.run('pidof', 'dockerd')
    expect((await guest.attempt([PROGRAM, 'setup', '--check'])).status).toBe(1)

    const said = await guest.run(PROGRAM, 'setup')
    expect(said).toContain(`registered the runtime systemd-docker in ${DAEMON_JSON}`)
    expect(JSON.parse(await guest.run('cat', DAEMON_JSON))).toEqual({
      ...(JSON.parse(before) as object),
      runtimes: {'systemd-docker': {path: program}},
    })
    expect(await guest.run('stat', '--format', '%a', DAEMON_JSON)).toBe('600')
    expect(await guest.run('cat', `${DAEMON_JSON}.before-systemd-docker`)).toBe(before)
    expect(await guest.run('docker', 'info', '--format', '{{json .Runtimes}}')).toContain(program)
    expect(await guest.run('pidof', 'dockerd')).toBe(dockerd)
    expect(await guest.run(PROGRAM, 'setup')).not.toContain('installed')

    await guest.run(PROGRAM, 'setup', '--undo')
    expect(JSON.parse(await guest.run('cat', DAEMON_JSON))).toEqual(JSON.parse(before))
    expect(await guest.run('docker', 'info', '--format', '{{json .Runtimes}}')).not.toContain(program)
    expect((await guest.attempt(['test', '-e', program])).status).toBe(1)
  })

  test('setup refuses a daemon.json that is no valid JSON, and installs nothing', async () => {
    const guest = host()
    const before = await guest.run('cat', DAEMON_JSON)
    await guest.write(DAEMON_JSON, '{"storage-driver": ')
    const {status, stderr} = await guest.attempt([PROGRAM, 'setup'])
    expect(status).toBe(125)
    expect(stderr).toMatch(/\/etc\/docker\/daemon.json is left as it is: it is not valid JSON/)
    expect(await guest.run('cat', DAEMON_JSON)).toBe('{"storage-driver":')
    expect((await guest.attempt(['test', '-e', program])).status).toBe(1)
    await guest.write(DAEMON_JSON, before)
  })
})

describe('setup for an Engine with the cgroupfs driver', () => {
  const host = ownHost('debian12-v1')

  test('setup has nothing to do for an Engine before 23 with the cgroupfs driver', async () => {
    const said = await host().run(PROGRAM, 'setup')
    expect(said).toBe(
      'containers are born in their units: Docker 20.10.24+dfsg1 with the cgroup driver cgroupfs needs no setup',
    )
  })
})
