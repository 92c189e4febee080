import {beforeAll, describe, expect, onTestFinished, test} from 'vitest'
import type {Result} from '../../sandbox/command.js'
import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {CURRENT} from '../support/host/hosts.js'

const PATIENCE_MS = 20_000
const SETUP_TIMEOUT_MS = 120_000
const UID = '1234'
const RUNTIME = `/run/user/${UID}`
const SOCKET = `unix://${RUNTIME}/docker.sock`
const UNITS = '/home/app/.config/systemd/user'

/** As dockerd-rootless-setuptool.sh makes it, but for what a host without a network to the outside lacks. */
const DOCKER_SERVICE = `[Service]
Type=notify
NotifyAccess=all
Delegate=yes
Environment=PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
Environment=DOCKERD_ROOTLESS_ROOTLESSKIT_NET=host DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER=none DOCKERD_ROOTLESS_ROOTLESSKIT_MTU=0
ExecStart=/usr/share/docker.io/contrib/dockerd-rootless.sh --storage-driver=vfs --iptables=false --ip6tables=false --bridge=none
`

/** Runs a command as the user, in the user's own systemd's reach. */
async function asUser(guest: Guest, ...command: string[]): Promise<Result> {
  return await guest.attempt([
    ...['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--init-groups', 'env', 'HOME=/home/app'],
    ...[`XDG_RUNTIME_DIR=${RUNTIME}`, `DBUS_SESSION_BUS_ADDRESS=unix:path=${RUNTIME}/bus`, `DOCKER_HOST=${SOCKET}`],
    ...command,
  ])
}

describe.each(CURRENT)("a user's own Docker on $name", ({guest}) => {
  beforeAll(async () => {
    await guest.run('useradd', '--create-home', '--uid', UID, 'app')
    await guest.run('sh', '-ec', 'echo app:100000:65536 | tee /etc/subuid >/etc/subgid')
    await guest.run('systemctl', 'start', `user@${UID}.service`)
    await guest.run('sh', '-ec', `mkdir -p ${UNITS}; chown -R app: /home/app`)
    await guest.write(`${UNITS}/docker.service`, DOCKER_SERVICE)
    await asUser(guest, 'systemctl', '--user', 'daemon-reload')
    const {status, stderr} = await asUser(guest, 'systemctl', '--user', 'start', 'docker.service')
    expect(status, stderr).toBe(0)
    await guest.run('sh', '-ec', 'docker save busybox >/tmp/busybox.tar')
    expect((await asUser(guest, 'docker', 'load', '--quiet', '--input', '/tmp/busybox.tar')).status).toBe(0)
  }, SETUP_TIMEOUT_MS)

  /** What `systemctl status` shows of a user's unit, once journald has read these words of it. */
  async function statusThatSays(name: string, words: RegExp): Promise<string> {
    return await until(PATIENCE_MS, async () => {
      const {stdout} = await asUser(guest, 'systemctl', '--user', 'status', '--no-pager', name)
      return words.test(stdout) ? stdout : undefined
    })
  }

  /** Starts a user's unit, which is gone after the test, and returns its container's place. */
  async function started(name: string, line: string, settings = ''): Promise<string> {
    await guest.write(
      `${UNITS}/${name}`,
      `[Service]\nType=notify\nNotifyAccess=all\nEnvironment=DOCKER_HOST=${SOCKET} PATH=/usr/local/bin:/usr/bin:/bin\n${settings}ExecStart=/opt/bin/systemd-docker ${line}\n`,
    )
    onTestFinished(async () => {
      await asUser(guest, 'systemctl', '--user', 'stop', name)
      await guest.run('rm', `${UNITS}/${name}`)
    })
    await asUser(guest, 'systemctl', '--user', 'daemon-reload')
    const {status, stderr} = await asUser(guest, 'systemctl', '--user', 'start', name)
    expect(status, stderr).toBe(0)
    const {stdout: pid} = await asUser(guest, 'docker', 'inspect', '--format', '{{.State.Pid}}', name)
    const places = await guest.run('cat', `/proc/${pid.trim()}/cgroup`)
    return places.split('\n').find((place) => place.startsWith('0::')) ?? ''
  }

  test("a container of a user's own Docker says itself that it is ready, and can name no other main process", async () => {
    const files = '-v /usr:/usr:ro -v /usr/lib:/lib:ro -v /usr/lib64:/lib64:ro'
    const script = '/usr/bin/systemd-notify MAINPID=1; /usr/bin/systemd-notify --ready; exec sleep 1000'
    await started(
      'notify.service',
      `--notify run --rm --init --name %n ${files} busybox sh -c "${script}"`,
      'NotifyAccess=main\n',
    )
    const status = await statusThatSays('notify.service', /the container's MAINPID= is not passed to systemd/)
    expect(status).toMatch(/Main PID: \d+ \(node\)/)
    expect(await guest.run('ls', `${RUNTIME}/systemd-docker/notify`)).toMatch(/^[0-9a-f]{16}$/)
  })

  const below = `0::/user.slice/user-${UID}.slice/user@${UID}.service/app.slice`

  test("a user's own Docker has a container born in the user's unit, by the shim that root has installed, and keeps its hold of it", async () => {
    const place = await started('born.service', 'run --rm --name %n --stop-signal KILL busybox sleep 1000')
    expect(place).toMatch(new RegExp(`^${below}/born.service/[0-9a-f]{64}$`))
    const status = await statusThatSays(
      'born.service',
      /the container was born in .*\/born.service, by the containerd shim/,
    )
    expect(status).toContain('sleep 1000')
    expect((await asUser(guest, 'docker', 'pause', 'born.service')).status).toBe(0)
    expect((await asUser(guest, 'docker', 'unpause', 'born.service')).status).toBe(0)
    expect((await asUser(guest, 'docker', 'top', 'born.service')).stdout).toContain('sleep 1000')
    expect(await guest.run('stat', '--format', '%a %U', `${RUNTIME}/systemd-docker`)).toBe('700 app')

    await asUser(guest, 'systemctl', '--user', 'stop', 'born.service')
    expect((await asUser(guest, 'docker', 'ps', '--all', '--quiet')).stdout).toBe('')
    expect(await guest.run('ls', `${RUNTIME}/systemd-docker/placement`)).toBe('')
  })

  test("a user's own Docker has a container moved that asks for another runtime, where its user may", async () => {
    const place = await started(
      'moved.service',
      'run --rm --name %n --runtime runc --stop-signal KILL busybox sleep 1000',
    )
    expect(place).toBe(`${below}/moved.service`)
    await statusThatSays('moved.service', /it was not born in the unit because --runtime runc is set/)
  })

  test("an Engine of root does not reach the user's unit, and that is said", async () => {
    await guest.run('usermod', '--append', '--groups', 'docker', 'app')
    await guest.run('systemctl', 'restart', `user@${UID}.service`)
    await until(PATIENCE_MS, async () =>
      (await asUser(guest, 'systemctl', '--user', 'is-system-running')).stdout !== '' ? true : undefined,
    )
    await guest.write(
      `${UNITS}/root.service`,
      `[Service]\nType=notify\nNotifyAccess=all\nEnvironment=PATH=/usr/local/bin:/usr/bin:/bin\nExecStart=/opt/bin/systemd-docker run --rm --name %n --stop-signal KILL busybox sleep 1000\n`,
    )
    await asUser(guest, 'systemctl', '--user', 'daemon-reload')
    await asUser(guest, 'systemctl', '--user', 'start', 'root.service')
    await statusThatSays('root.service', /the container stays in/)
    await asUser(guest, 'systemctl', '--user', 'stop', 'root.service')
  })
})
