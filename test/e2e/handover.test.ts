import {dirname} from 'node:path'
import {describe, expect, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {withPackages} from '../support/host/host-folder.js'
import {EACH_RELEASE, NEWEST_AND_OLDEST} from '../support/host/hosts.js'
import {CLEAN, outcomes} from '../support/service/outcomes.js'
import {containers, defineService, unique, type Service} from '../support/service/service.js'

/**
 * In a container of systemd-nspawn nobody tells systemd that a cgroup of v1 is empty, and so it would not see the end.
 */
const HOSTS = EACH_RELEASE
const PROGRAM = '/opt/bin/systemd-docker'
const PATIENCE_MS = 20_000
/** A container that says what it gets: QUIT ends it with 0, and TERM with 3. */
const TALKING = `sh -c "trap 'echo quitting; exit 0' QUIT; trap 'exit 3' TERM; while :; do sleep 0.1; done"`

const see = outcomes('handed over')

/** A service that is handed over, with the line of docker run, and what is said before `run`. */
async function handedOver(
  guest: Guest,
  run: string,
  settings: Readonly<Record<string, string>> = {},
  words = '',
): Promise<Service> {
  return await defineService(guest, `--handover ${words} run ${run}`, {
    ExecStop: '/usr/bin/docker stop %n',
    ExecStopPost: `${PROGRAM} finish %n`,
    ...settings,
  })
}

describe.each(HOSTS)('a container that is handed over on $name', ({guest}) => {
  test('a container that is handed over is alone in its unit, as its main process, and its words are in the journal under the unit', async () => {
    const service = await handedOver(
      guest,
      `--rm --name %n busybox sh -c "echo to stdout; echo to stderr >&2; exec sleep 1000"`,
      {},
      '--pid-file /run/%n.pid',
    )
    await service.start()
    const pid = await service.inspect('{{.State.Pid}}')
    expect(await service.show('ActiveState', 'MainPID')).toEqual({ActiveState: 'active', MainPID: pid})
    await service.says('to stdout')
    await service.says('to stderr')
    // systemd may have heard that the unit is ready before our process has ended.
    await until(PATIENCE_MS, async () => ((await service.pids()).length === 1 ? true : undefined))
    expect(await service.pids()).toEqual([Number(pid)])
    expect(await guest.run('cat', `/run/${service.name}.pid`)).toBe(pid)
    expect(await guest.run('journalctl', '--unit', service.name, '--priority=err', '--output=cat')).toBe('to stderr')
    await guest.run('docker', 'kill', service.name)
    await service.reaches({ActiveState: 'failed'})
    expect(await see(guest, service, 'docker kill')).toEqual({...CLEAN, ActiveState: 'failed', Result: 'exit-code'})
    await service.says(`container ${service.name} was ended by SIGKILL, sent through the Engine`)
  })

  test.each([
    ['0', CLEAN],
    ['7', {...CLEAN, ActiveState: 'failed', Result: 'exit-code'}],
  ])('a container that is handed over ends its unit as it ends, with %s', async (status, outcome) => {
    const service = await handedOver(guest, `--rm --name %n busybox sh -c "sleep 0.5; exit ${status}"`)
    await service.start()
    await service.reaches({ActiveState: outcome.ActiveState})
    expect(await see(guest, service, `exit ${status}`)).toEqual(outcome)
    await service.says(`container ${service.name} ended with status ${status}`)
  })

  test('a container whose pid file somebody has made a FIFO is removed all the same, and its unit ends in time', async () => {
    const home = `/run/${unique()}`
    await guest.run('mkdir', home)
    await guest.run('chown', 'nobody', home)
    const file = `${home}/own.pid`
    const service = await handedOver(
      guest,
      '--rm --name %n busybox sh -c "exec sleep 1000"',
      {ExecStop: '/usr/bin/docker stop --time 0 %n', TimeoutStopSec: '8'},
      `--pid-file ${file}`,
    )
    await service.start()
    await guest.run('rm', file)
    await guest.run('mkfifo', file)
    await service.stop()
    expect(await see(guest, service, 'systemctl stop, a FIFO as pid file')).toMatchObject({
      Result: 'exit-code',
      docker: 'gone',
      processes: 0,
      left: [],
    })
    await service.says(`the pid file ${file} is left behind: cannot read ${file}: it is a FIFO, not a regular file`)
    await guest.run('rm', '-r', home)
  })

  test('a container of many processes ends its unit when its init is killed, which the kernel is through with last', async () => {
    const many = 'sh -c "for i in 1 2 3 4; do sleep 1000 & done; wait"'
    const services = await Promise.all(
      Array.from({length: 6}, () => handedOver(guest, `--rm --init --name %n busybox ${many}`)),
    )
    await Promise.all(services.map((service) => service.start()))
    for (const service of services) await guest.run('docker', 'kill', service.name)
    for (const service of services) await service.reaches({ActiveState: 'failed', Result: 'exit-code'})
  })

  test('a container that ends before anybody sees its PID ends its unit as well', async () => {
    const service = await handedOver(guest, '--rm --name %n busybox sh -c "exit 7"')
    await service.start()
    await service.reaches({ActiveState: 'failed', Result: 'exit-code'})
    expect(await see(guest, service, 'exit 7 at once')).toMatchObject({docker: 'gone', processes: 0, left: []})
  })

  test('a container that is handed over is started again by Restart=on-failure after a failure, each time anew, and not after a success', async () => {
    const failing = await handedOver(guest, '--rm --name %n busybox sh -c "sleep 0.2; exit 7"', {
      Restart: 'on-failure',
      RestartSec: '100ms',
    })
    await failing.start()
    await failing.says(/Scheduled restart job, restart counter is at 2/)
    const {NRestarts} = await see(guest, failing, 'exit 7 again and again with Restart=on-failure')
    expect(Number(NRestarts)).toBeGreaterThanOrEqual(2)
    await failing.stop()
    expect(await containers(guest, `name=${failing.name}`)).toEqual([])

    const ending = await handedOver(guest, '--rm --name %n busybox sleep 0.2', {Restart: 'on-failure'})
    await ending.start()
    await ending.reaches({ActiveState: 'inactive'})
    expect(await see(guest, ending, 'exit 0 with Restart=on-failure')).toEqual(CLEAN)
  })

  test('a container that is handed over is stopped with its own stop signal by docker stop in ExecStop=', async () => {
    const quitting = await handedOver(guest, `--rm --stop-signal QUIT --name %n busybox ${TALKING}`)
    await quitting.start()
    await quitting.stop()
    await quitting.says('quitting')
    expect(await see(guest, quitting, 'systemctl stop, ExecStop=docker stop, STOPSIGNAL QUIT')).toEqual(CLEAN)

    const signalled = await handedOver(guest, `--rm --init --name %n busybox sleep 1000`)
    await signalled.start()
    await signalled.stop()
    expect(await see(guest, signalled, 'systemctl stop, death by SIGTERM')).toEqual(CLEAN)

    const failing = await handedOver(guest, `--rm --name %n busybox ${TALKING}`)
    await failing.start()
    await failing.stop()
    expect(await see(guest, failing, 'systemctl stop, exit 3 on SIGTERM')).toEqual({
      ...CLEAN,
      ActiveState: 'failed',
      Result: 'exit-code',
    })
  })

  test('a container that is one process alone has its time to stop, at any moment', async () => {
    const services = await Promise.all(
      Array.from({length: 4}, () =>
        handedOver(
          guest,
          `--rm --name %n busybox sh -c "trap 'sleep 0.3; echo flushed; exit 0' TERM; while :; do :; done"`,
        ),
      ),
    )
    await Promise.all(
      services.map(async (service) => {
        await service.start()
        await service.stop()
      }),
    )
    for (const service of services) {
      await service.says('flushed')
      expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
    }
  })

  test('a unit that is asked to start again while it stops has been stopped all the same', async () => {
    const service = await handedOver(guest, '--rm --init --name %n busybox sleep 1000', {
      ExecStop: '/bin/sh -c "sleep 1; docker stop %n"',
    })
    await service.start()
    await guest.run('systemctl', 'stop', '--no-block', service.name)
    await service.reaches({ActiveState: 'deactivating'})
    await service.start()
    await service.reaches({ActiveState: 'active', Result: 'success'})
    await service.says(`container ${service.name} ended with status 143`)
    expect((await service.journal()).filter((line) => /status=143|Failed with/.test(line))).toEqual([])
  })

  test('a container that has to be killed in its stop is a failure that says so', async () => {
    const service = await handedOver(guest, '--rm --stop-timeout 1 --name %n busybox sleep 1000')
    await service.start()
    await service.stop()
    expect(await see(guest, service, 'systemctl stop, killed by docker stop')).toEqual({
      ...CLEAN,
      ActiveState: 'failed',
      Result: 'exit-code',
    })
    await service.says(`container ${service.name} was killed as it did not stop in time`)

    const killed = await handedOver(guest, '--rm --name %n busybox sleep 1000', {ExecStop: '/usr/bin/docker kill %n'})
    await killed.start()
    await killed.stop()
    await killed.says(`container ${killed.name} was ended by SIGKILL, sent through the Engine`)
  })

  test('a container that is handed over is kept without --rm, and started again with the settings that it has', async () => {
    const service = await handedOver(guest, '--name %n busybox sh -c "echo $$HOSTNAME; sleep 0.2; exit 7"')
    await service.start()
    await service.reaches({ActiveState: 'failed'})
    expect(await see(guest, service, 'exit 7 without --rm')).toEqual({
      ...CLEAN,
      ActiveState: 'failed',
      Result: 'exit-code',
      docker: 'exited 7',
    })
    const id = await service.inspect('{{.Id}}')
    await service.start()
    expect(await service.inspect('{{.Id}}')).toBe(id)
    await service.says(`container ${service.name} had exited with status 7 and is started again`)
    await service.reaches({ActiveState: 'failed'})
  })

  test('the end of a container is known though somebody hides it by removing the container', async () => {
    const service = await handedOver(guest, '--rm --name %n busybox sleep 1000')
    await service.start()
    await guest.run('docker', 'rm', '--force', service.name)
    await service.reaches({ActiveState: 'failed', Result: 'exit-code'})
    expect(await see(guest, service, 'docker rm --force')).toMatchObject({docker: 'gone', processes: 0})
  })

  test('a container that docker restarts ends its unit, which Restart= brings back', async () => {
    const service = await handedOver(guest, '--rm --init --name %n busybox sleep 1000', {
      Restart: 'on-failure',
      RestartSec: '100ms',
    })
    await service.start()
    const before = await service.inspect('{{.Id}}')
    await guest.attempt(['docker', 'restart', service.name])
    await service.reaches({ActiveState: 'active', NRestarts: '1'})
    expect(await service.inspect('{{.Id}}')).not.toBe(before)
    expect(await see(guest, service, 'docker restart with Restart=on-failure')).toMatchObject({docker: 'running'})
    expect(await containers(guest, `name=${service.name}`)).toHaveLength(1)
  })

  test('a hand-over in a unit without finish gets a warning that names what is missing', async () => {
    const service = await defineService(guest, '--handover run --rm --name %n busybox sleep 1000', {
      ExecStop: '/usr/bin/docker stop %n',
    })
    await service.start()
    await service.says(/will not learn how its container ends: set ExecStopPost=.*systemd-docker finish/)
  })
})

describe.each(HOSTS)('a hand-over on $name', ({guest}) => {
  test.each([
    {
      what: 'outside of the unit',
      words: '--cgroups none',
      unit: {},
      why: /cgroup-transfer: the container is not/,
    },
    {
      what: 'that systemd cannot be told of',
      words: '',
      unit: {Type: 'exec', NotifyAccess: 'none'},
      why: /the unit has no Type=notify/,
    },
    {
      what: 'that systemd would kill at once',
      words: '',
      unit: {ExecStop: ''},
      why: /the unit has no ExecStop=, so systemd kills the container at once in a stop: set ExecStop=/,
    },
  ])('a hand-over is refused before anything is made: $what', async ({words, unit, why}) => {
    const service = await handedOver(guest, '--name %n busybox sleep 1000', unit, words)
    await service.start()
    await service.reaches({ActiveState: 'failed', ExecMainStatus: '125'})
    await service.says(why)
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('a hand-over that is refused, as another unit has the name, leaves that unit and its container alone', async () => {
    const name = unique()
    const first = await handedOver(guest, `--rm --init --name ${name} busybox sleep 1000`, {
      ExecStop: `/usr/bin/docker stop ${name}`,
      ExecStopPost: `${PROGRAM} finish ${name}`,
    })
    const second = await handedOver(guest, `--rm --init --name ${name} busybox sleep 1000`, {
      ExecStop: `/usr/bin/docker stop ${name}`,
      ExecStopPost: `${PROGRAM} finish ${name}`,
    })
    await first.start()
    await second.start()
    await second.reaches({ActiveState: 'failed', ExecMainStatus: '125'})
    await second.says(new RegExp(`^the container name ${name} belongs to ${first.name}, which is using it`))
    expect(await first.show('ActiveState')).toEqual({ActiveState: 'active'})
    expect(await containers(guest, `name=${name}`)).toEqual([name])
    await first.stop()
    expect((await second.start()).status).toBe(0)
    await second.stop()
    expect(await containers(guest, `name=${name}`)).toEqual([])
  })
})

describe.each(NEWEST_AND_OLDEST)('finish on $name', ({guest}) => {
  test('finish is for a unit, and refuses anybody else', async () => {
    const {status, stderr} = await guest.attempt([PROGRAM, 'finish', 'web'])
    expect(status).toBe(125)
    expect(stderr).toContain('cannot finish the unit: this process is not in a unit')
  })

  test('finish says nothing more after a main process of ours, and clears away what that could not', async () => {
    const service = await defineService(
      guest,
      '--pid-file /run/%n.pid run --rm --name %n busybox sh -c "sleep 0.3; exit 7"',
      {ExecStopPost: `${PROGRAM} finish %n`},
    )
    await service.start()
    await service.reaches({ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '7'})
    const killed = await defineService(guest, '--pid-file /run/%n.pid run --init --name %n busybox sleep 1000', {
      ExecStopPost: `${PROGRAM} finish %n`,
    })
    await killed.start()
    await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', killed.name)
    await killed.reaches({ActiveState: 'failed', Result: 'signal'})
    expect((await guest.attempt(['ls', `/run/${killed.name}.pid`])).status).toBe(2)
  })

  test('finish does nothing that only the image of its container says', async () => {
    const image = unique()
    const victim = `/run/${image}`
    await guest.write(victim, 'precious')
    await guest.run('docker', 'create', '--name', image, 'busybox')
    const list = JSON.stringify('["systemd-docker.remove", "systemd-docker.pid-file"]')
    const change = `LABEL systemd-docker.pid-file=${victim} systemd-docker.remove=yes systemd-docker.unit=other.service systemd-docker.labels=${list}`
    await guest.run('docker', 'commit', '--change', change, image, image)
    await guest.run('docker', 'rm', image)
    const service = await handedOver(guest, `--name %n ${image} sleep 0.2`)
    await service.start()
    await service.reaches({ActiveState: 'inactive'})
    expect(await guest.run('cat', victim)).toBe('precious')
    expect(await see(guest, service, 'exit 0, hostile labels in the image')).toMatchObject({docker: 'exited 0'})
    await guest.run('docker', 'rm', service.name)
    await guest.run('docker', 'rmi', image)
    await guest.run('rm', victim)
  })

  test('finish stops a container that outlives its unit', async () => {
    const service = await handedOver(guest, '--init --name %n busybox sleep 1000', {
      ExecStop: '',
      KillMode: 'none',
    })
    await service.start()
    await service.stop()
    expect(await see(guest, service, 'systemctl stop with KillMode=none')).toMatchObject({
      ActiveState: 'inactive',
      docker: 'exited 143',
      processes: 0,
    })
  })
})

describe.each(NEWEST_AND_OLDEST)(
  "a site's plugin at the end of a container that is handed over, on $name",
  ({guest}) => {
    const SECRET = {'systemd-docker-plugin-secret': 'examples/plugins/secret'}
    const isThere = async (path: string): Promise<boolean> => (await guest.attempt(['ls', path])).status === 0

    /**
     * Starts a unit whose container has a secret of the example plugin; where that is, and how to configure the host
     * after that.
     */
    async function withSecret(
      run: string,
      define = handedOver,
    ): Promise<{service: Service; secret: string; configure: (yaml: string) => Promise<void>}> {
      const {unit, path} = await withPackages(guest, SECRET)
      const service = await define(guest, run, unit, '--secret /run/secret')
      expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
      const secret = await service.inspect('{{(index .Mounts 0).Source}}')
      expect(await isThere(secret)).toBe(true)
      return {service, secret: dirname(secret), configure: (yaml) => guest.write(`${path}/config.yaml`, yaml)}
    }

    test.each([
      ['removes what it has made for it', 'logs: true'],
      ['does so also when it is switched off by then', 'plugins: {secret: {enabled: false}}'],
    ])("a site's plugin %s", async (_, config) => {
      const {service, secret, configure} = await withSecret('--rm --init --name %n busybox sleep 1000')
      await configure(config)
      await service.stop()
      expect(await see(guest, service, 'systemctl stop, with a plugin of the site')).toEqual(CLEAN)
      expect(await isThere(secret)).toBe(false)
    })

    test("a site's plugin is not called with a broken configuration, which keeps nothing else from being done", async () => {
      const {service, secret, configure} = await withSecret(
        '--rm --init --name %n busybox sh -c "until [ -e /end ]; do sleep 0.1; done; exit 7"',
      )
      await configure('lgos: true')
      // Its end may be that of the command, too.
      await guest.attempt(['docker', 'exec', service.name, 'touch', '/end'])
      await service.reaches({ActiveState: 'failed', Result: 'exit-code'})
      await service.says(/^the plugins of the site are not called at the end of the container: .*unknown key 'lgos'/)
      await service.says(`container ${service.name} ended with status 7`)
      expect(await containers(guest, `name=${service.name}`)).toEqual([])
      await guest.run('rm', '-r', secret)
    })

    test("a site's plugin does nothing that only the image of the container says", async () => {
      const victim = '/run/secret-0123456789abcdef'
      await guest.run('mkdir', victim)
      const image = unique()
      await guest.run('docker', 'create', '--name', image, 'busybox')
      await guest.run('docker', 'commit', '--change', `LABEL secret.directory=${victim}`, image, image)
      await guest.run('docker', 'rm', image)
      const {unit} = await withPackages(guest, SECRET)
      const service = await handedOver(guest, `--rm --name %n ${image} sleep 0.2`, unit)
      await service.start()
      await service.reaches({ActiveState: 'inactive'})
      expect(await containers(guest, `name=${service.name}`)).toEqual([])
      expect(await isThere(victim)).toBe(true)
      await guest.run('docker', 'rmi', image)
      await guest.run('rmdir', victim)
    })

    test("a site's plugin removes what a process that stayed has made, and was killed", async () => {
      const {service, secret} = await withSecret(
        '--name %n busybox sleep 1000',
        (host, run, settings = {}, words = '') =>
          defineService(host, `${words} run ${run}`, {ExecStopPost: `${PROGRAM} finish %n`, ...settings}),
      )
      await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', service.name)
      await service.reaches({ActiveState: 'failed', Result: 'signal'})
      expect(await isThere(secret)).toBe(false)
    })
  },
)

describe.each(HOSTS)('a container that is there already and cannot come into the unit, on $name', ({guest}) => {
  /**
   * A running container of the unit's name that stays where it is, as systemd cannot be told of the devices that it may
   * use; it ends by itself when told to.
   */
  async function madeByHand(service: Service): Promise<void> {
    const words = ['--detach', '--name', service.name, '--device-cgroup-rule', 'c *:5 r', 'busybox', 'sh', '-c']
    await guest.run('docker', 'run', ...words, 'until [ -e /end ]; do sleep 0.1; done; exit 7')
  }

  test('a running container that cannot come into the unit is not handed over, and goes on as it was', async () => {
    const service = await handedOver(guest, '--name %n busybox not me')
    await madeByHand(service)
    const before = await service.inspect('{{.State.Pid}}')
    expect((await service.start()).status).toBe(1)
    await service.says(/^--handover is refused: cgroup-transfer: the container is not in the unit's cgroup/)
    expect(await service.inspect('{{.State.Status}} {{.State.Pid}}')).toBe(`running ${before}`)
  })

  test('a running container that cannot come into the unit keeps somebody of ours in it, whose end is its end', async () => {
    const service = await defineService(guest, '--logs=false run --name %n busybox not me')
    await madeByHand(service)
    expect((await service.start()).status).toBe(0)
    const {MainPID} = await service.show('MainPID')
    expect(MainPID).not.toBe(await service.inspect('{{.State.Pid}}'))
    // Its end may be that of the command, too.
    await guest.attempt(['docker', 'exec', service.name, 'touch', '/end'])
    await service.reaches({ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '7'})
  })
})
