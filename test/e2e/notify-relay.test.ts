import {readFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {DAEMON_JSON, type Guest} from '../../sandbox/guest.js'
import {CURRENT, EACH_RELEASE, hostsNamed} from '../support/host/hosts.js'
import {ownHosts} from '../support/host/own-host.js'
import {installBare} from '../support/host/install.js'
import {containers, defineService, runs, type Service} from '../support/service/service.js'

/** A function of the shell that says each of its words to systemd, in a container that has the host's files. */
const SAY = 'say() { chroot /host /usr/bin/perl /opt/systemd-docker/test/fixtures/say-to-systemd.pl $@; }'

/** A service with `--notify` in whose container a shell runs `script`, which can `say` things to systemd. */
async function notifying(
  guest: Guest,
  script: string,
  settings: Readonly<Record<string, string>> = {},
  words = '--notify run',
): Promise<Service> {
  const shell = `${SAY}; ${script}`.replaceAll('$', '$$$$').replaceAll('%', '%%')
  return await defineService(guest, `${words} --rm --name %n -v /:/host:ro busybox sh -c "${shell}"`, {
    NotifyAccess: 'main',
    ...settings,
  })
}

/** Starts a service. The journal is said where it does not start. */
async function start(service: Service): Promise<void> {
  const {status} = await service.start()
  expect(status, status === 0 ? '' : (await service.journal()).join('\n')).toBe(0)
}

/** Where a container's notification socket is. */
async function socketOf(service: Service): Promise<string> {
  return /NOTIFY_SOCKET=([^"]+)/.exec(await service.inspect('{{json .Config.Env}}'))?.[1] ?? ''
}

describe.each(EACH_RELEASE)('a container with --notify on $name', ({guest}) => {
  test('a container cannot make another process the main one, nor store files, nor be heard otherwise, however it floods the socket', async () => {
    const other = await guest.run('systemctl', 'show', 'docker.service', '--property=MainPID', '--value')
    const service = await notifying(
      guest,
      `say READY=1 MAINPID=1 STATUS=a+MAINPID=${other} READY=1@MAINPID=1 big file NOTIFYACCESS=all EXIT_STATUS=3 flood:2000 STATUS=done; exec sleep 1000`,
      {FileDescriptorStoreMax: '4'},
      '--notify run --init',
    )
    await start(service)
    await service.reaches({StatusText: 'done'})
    const {MainPID, ...state} = await service.show('MainPID', 'ActiveState', 'NFileDescriptorStore', 'NotifyAccess')
    expect(state).toEqual({ActiveState: 'active', NFileDescriptorStore: '0', NotifyAccess: 'main'})
    expect(await guest.run('cat', `/proc/${MainPID}/comm`)).toBe('node')
    const said = await service.journal()
    for (const field of ['MAINPID', 'FDSTORE', 'NOTIFYACCESS', 'EXIT_STATUS'])
      expect(said.filter((line) => line.includes(`${field}= is not passed to systemd`))).toHaveLength(1)
    expect(said).toContain('a message of the container is not passed to systemd: it has a NUL byte')
    expect(said).toContain('a message of the container is not passed to systemd: it has more than 4096 bytes')
    const socket = await socketOf(service)
    await guest.run('test', '-S', socket)
    await service.stop()
    expect((await guest.attempt(['test', '-e', socket])).status).toBe(1)
    expect(await service.pids()).toEqual([])
  })

  test('a container that says in docker restart that it stops keeps its unit active', async () => {
    const service = await notifying(guest, `say READY=1; trap 'say STOPPING=1; exit' TERM; while :; do sleep 0.1; done`)
    await start(service)
    await guest.run('docker', 'restart', service.name)
    await service.says(/^container .* was started again/)
    await service.says("the container's STOPPING= is not passed to systemd: the unit is not being stopped")
    expect(await service.show('ActiveState', 'SubState')).toEqual({ActiveState: 'active', SubState: 'running'})
  })

  test('a container that asks for more time again and again gets it in its start, and not in its stop', async () => {
    const service = await notifying(
      guest,
      'trap : TERM; for i in 1 2 3 4 5 6 7 8 9 10; do say EXTEND_TIMEOUT_USEC=3000000; sleep 1; done; say READY=1; while :; do say EXTEND_TIMEOUT_USEC=3000000; sleep 0.2; done',
      {TimeoutStartSec: '8', TimeoutStopSec: '3'},
    )
    await start(service)
    await service.says(
      "the container's EXTEND_TIMEOUT_USEC= is not passed to systemd: the unit is neither starting nor reloading",
    )
    expect((await guest.attempt(['timeout', '30', 'systemctl', 'stop', service.name])).status).toBe(0)
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('a container is heard that is another user, can write nothing and has no network, and its confirmation comes', async () => {
    const script = [
      '/usr/bin/perl /opt/say.pl READY=1',
      '/usr/bin/systemd-notify STATUS=confirmed',
      'exec sleep 1000',
    ].join('; ')
    const files = ['-v /usr:/usr:ro', '-v /usr/lib:/lib:ro', '-v /usr/lib64:/lib64:ro']
    const service = await defineService(
      guest,
      `--notify run --rm --init --name %n --user 1234:1234 --read-only --network none --cap-drop ALL --security-opt no-new-privileges ${files.join(' ')} -v /opt/systemd-docker/test/fixtures/say-to-systemd.pl:/opt/say.pl:ro busybox sh -c "${script}"`,
      {NotifyAccess: 'main'},
    )
    await start(service)
    await service.reaches({StatusText: 'confirmed'})
  })

  test('a container that may do everything on the host can put what it likes over its own socket, and reaches nobody else', async () => {
    const service = await notifying(
      guest,
      'say READY=1; mount -o remount,rw ${NOTIFY_SOCKET%/notify.sock}; rm $NOTIFY_SOCKET; ln -s /run/systemd/notify $NOTIFY_SOCKET; exec sleep 1000',
      {},
      '--notify run --init --cap-add SYS_ADMIN --security-opt apparmor=unconfined',
    )
    await start(service)
    const {MainPID} = await service.show('MainPID')
    expect(await guest.run('cat', `/proc/${MainPID}/comm`)).toBe('node')
    const socket = await socketOf(service)
    await guest.run('test', '-L', socket)
    await service.stop()
    expect((await guest.attempt(['test', '-L', socket])).status).toBe(1)
    await guest.run('test', '-S', '/run/systemd/notify')
  })

  test('without koffi the container has the socket of systemd itself, with a warning of what that means', async () => {
    const program = await installBare(guest)
    const service = await defineService(guest, '', {
      ExecStart: `${program}/bin/run.cjs --notify run --rm --init --name %n -v /:/host:ro busybox sh -c "chroot /host systemd-notify --ready; exec sleep 1000"`,
    })
    await start(service)
    expect(await socketOf(service)).toBe('/run/systemd/notify')
    await service.says(
      /^the container has systemd's own notification socket, because koffi cannot be loaded: .*; nothing filters what it sends, such as MAINPID=, and the unit needs NotifyAccess=all: install systemd-docker with npm, without --omit=optional, or set --notify=raw$/,
    )
  })

  test('a container that is handed over has the socket of systemd itself, and one line says why', async () => {
    const service = await defineService(
      guest,
      '--handover --notify run --rm --init --name %n -v /:/host:ro busybox sh -c "sleep 1; chroot /host systemd-notify --ready; exec sleep 1000"',
      {ExecStop: '/usr/bin/docker stop %n', ExecStopPost: '/opt/bin/systemd-docker finish %n'},
    )
    await start(service)
    await service.says(
      "the container has systemd's own notification socket, because the container is handed over to systemd, so no process of systemd-docker is there to pass its messages on",
    )
    expect(await service.show('MainPID')).toEqual({MainPID: await service.inspect('{{.State.Pid}}')})
  })

  test('a line that hands on the socket itself decides when the unit is ready, and --notify=ignore takes that back', async () => {
    const line = (words: string, script: string): string =>
      `${words} run --rm --init --name %n -e NOTIFY_SOCKET -v /run/systemd:/run/systemd -v /:/host:ro busybox sh -c "${script}"`
    const ready = 'until [ -e /tmp/go ]; do sleep 0.1; done; chroot /host systemd-notify --ready; exec sleep 1000'
    const [own, ignored] = await Promise.all([
      defineService(guest, line('', ready)),
      defineService(guest, line('--notify=ignore', 'exec sleep 1000')),
    ])
    const started = own.start()
    await start(ignored)
    expect(await socketOf(ignored)).toBe('')
    await own.says(/^the line gives the container systemd's own notification socket.*; --notify before `run` does that/)
    await own.reaches({ActiveState: 'activating', StatusText: runs(own.name)})
    await guest.run('docker', 'exec', own.name, 'touch', '/tmp/go')
    expect((await started).status).toBe(0)
  })

  test('what a killed run has left of the socket goes with its unit, and the next start has a new one', async () => {
    const service = await notifying(
      guest,
      'say READY=1; exec sleep 1000',
      {ExecStopPost: '/opt/bin/systemd-docker finish %n'},
      '--notify run --init',
    )
    await start(service)
    const socket = await socketOf(service)
    await guest.run('kill', '-KILL', (await service.show('MainPID')).MainPID)
    await service.reaches({ActiveState: 'failed'})
    expect((await guest.attempt(['test', '-e', socket])).status).toBe(1)
    await start(service)
    expect(await socketOf(service)).toBe(socket)
  })
})

describe.each(CURRENT)('a container that was there before on $name', ({guest}) => {
  const saying = (name: string, words: string): string[] => ['docker', 'exec', name, 'sh', '-c', `${SAY}; say ${words}`]

  test('a container is heard by the run that takes it over from a killed one, and when it is started again', async () => {
    const service = await defineService(
      guest,
      `--notify run --init --name %n -v /:/host:ro busybox sh -c "${SAY.replace('$', '$$$$')}; say READY=1; exec sleep 1000"`,
      {NotifyAccess: 'main', KillMode: 'process'},
    )
    await start(service)
    const first = await service.inspect('{{.State.Pid}}')
    await guest.run('kill', '-KILL', (await service.show('MainPID')).MainPID)
    await service.reaches({ActiveState: 'failed'})
    await start(service)
    expect(await service.inspect('{{.State.Pid}}')).toBe(first)
    await guest.run(...saying(service.name, 'STATUS=over'))
    await service.reaches({StatusText: 'over'})
    await service.stop()
    await start(service)
    await guest.run(...saying(service.name, 'STATUS=again'))
    await service.reaches({StatusText: 'again'})
  })
})

describe('an Engine with user namespaces', () => {
  const [own] = ownHosts(['debian13-v2'], {})

  test('the root of a user namespace is heard, who is nobody on the host', async () => {
    const guest = own?.host()
    if (guest === undefined) throw new Error('there is no host')
    await guest.run('useradd', '--system', 'remap')
    await guest.run(
      'sh',
      '-ec',
      'echo remap:200000:65536 | tee /etc/subuid >/etc/subgid; docker save busybox >/tmp/busybox',
    )
    await guest.write('/etc/docker/daemon.json', JSON.stringify({...DAEMON_JSON, 'userns-remap': 'remap'}))
    await guest.run('systemctl', 'restart', 'docker')
    await guest.run('docker', 'load', '--quiet', '--input', '/tmp/busybox')
    const files = '-v /usr:/usr:ro -v /usr/lib:/lib:ro -v /usr/lib64:/lib64:ro'
    const service = await defineService(
      guest,
      `--notify run --rm --init --name %n ${files} busybox sh -c "cat /proc/self/uid_map; /usr/bin/systemd-notify --ready; exec sleep 1000"`,
      {NotifyAccess: 'main'},
    )
    await start(service)
    await service.says(/^ +0 +200000 +65536$/)
  })
})

describe.each(CURRENT)('docs/notify.md on $name', ({guest}) => {
  test('the unit of docs/notify.md is ready when its container says so', async () => {
    const page = await readFile(new URL('../../docs/notify.md', import.meta.url), 'utf8')
    const lines = /```ini\n\[Service\]\n([^`]*)```/.exec(page)?.[1]?.trim().split('\n') ?? []
    const settings = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
    const service = await defineService(guest, '', {NotifyAccess: 'main', ...Object.fromEntries(settings)})
    await start(service)
    await service.reaches({StatusText: 'serving'})
    await service.stop()
    expect(await service.show('Result')).toEqual({Result: 'success'})
  })
})

describe.each(hostsNamed('debian13-v2-bare'))('a container that is moved on $name', ({guest}) => {
  test('what a container says in its first moment counts, although it is not yet in its unit and who said it is gone', async () => {
    const service = await notifying(guest, 'say READY=1+STATUS=first; exec sleep 1000', {}, '--notify run --init')
    await start(service)
    await service.reaches({StatusText: 'first'})
    await service.says(/^the container's processes moved to/)
    expect((await service.journal()).join('\n')).not.toContain('is lost')
  })
})

describe.each(hostsNamed('debian-forky', 'debian13-v2'))('what a container says of its unit on $name', ({guest}) => {
  test('a container tells of its reload, and of its being well, as long as it does; one that knows of no watchdog need not', async () => {
    const unknowing = await defineService(
      guest,
      'run --rm --init --name %n -e NOTIFY_SOCKET -v /run/systemd:/run/systemd -v /:/host:ro busybox sh -c "chroot /host systemd-notify --ready; exec sleep 4"',
      {WatchdogSec: '2'},
    )
    await start(unknowing)
    const service = await notifying(
      guest,
      `say READY=1; trap 'say RELOADING=1; say READY=1+STATUS=reloaded' HUP; trap exit TERM; until [ -e /tmp/ill ]; do say WATCHDOG=1; sleep 0.3; done; while :; do sleep 0.1; done`,
      {Type: 'notify-reload', WatchdogSec: '5'},
    )
    await start(service)
    expect((await guest.attempt(['timeout', '20', 'systemctl', 'reload', service.name])).status).toBe(0)
    await service.reaches({ActiveState: 'active', StatusText: 'reloaded'})
    await guest.run('docker', 'exec', service.name, 'touch', '/tmp/ill')
    await service.reaches({ActiveState: 'failed', Result: 'watchdog'})
    await unknowing.reaches({ActiveState: 'inactive', Result: 'success'})
  })
})
