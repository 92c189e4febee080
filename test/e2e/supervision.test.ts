import {describe, expect, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import {hostFolder} from '../support/host/host-folder.js'
import {HOSTS} from '../support/host/hosts.js'
import {CLEAN, outcomes, type Outcome} from '../support/service/outcomes.js'
import {defineService, runs} from '../support/service/service.js'

/** A container that says its count, and ends at once when it is asked to by SIGTERM. */
const COUNTING = `sh -c "trap 'exit 0' TERM; i=0; while :; do i=$$((i+1)); echo line $$i; sleep 0.1; done"`
const NOTHING_LEFT = {ActiveState: 'inactive', Result: 'success'}

const see = outcomes('supervised')
/** A unit that failed with this status, and of which nothing is left. */
const failed = (status: string): Outcome => ({
  ...CLEAN,
  ActiveState: 'failed',
  Result: 'exit-code',
  ExecMainStatus: status,
})

/** Units of every type, lines, and how they end by themselves. */
const ENDS: readonly {
  readonly what: string
  readonly line: string
  readonly unit?: Readonly<Record<string, string>>
  readonly outcome: Outcome
}[] = [
  {what: 'exit 0', line: 'busybox sh -c "sleep 0.3"', outcome: CLEAN},
  {what: 'exit 7', line: 'busybox sh -c "sleep 0.3; exit 7"', outcome: failed('7')},
  {what: 'exit 0 at once', line: 'busybox true', outcome: CLEAN},
  {what: 'exit 7 at once', line: 'busybox sh -c "exit 7"', outcome: failed('7')},
  {
    what: 'death by SIGTERM, unasked',
    line: '--init busybox sh -c "sleep 0.3; kill -TERM $$$$"',
    outcome: failed('143'),
  },
  {what: 'exit 143, unasked', line: 'busybox sh -c "sleep 0.3; exit 143"', outcome: failed('143')},
  {
    what: 'exit 7, Type=oneshot',
    line: 'busybox sh -c "exit 7"',
    unit: {Type: 'oneshot'},
    outcome: failed('7'),
  },
  {what: 'exit 0, Type=oneshot', line: 'busybox true', unit: {Type: 'oneshot'}, outcome: CLEAN},
  {
    what: 'exit 0, Type=oneshot, RemainAfterExit=yes',
    line: 'busybox true',
    unit: {Type: 'oneshot', RemainAfterExit: 'yes'},
    outcome: {...CLEAN, ActiveState: 'active'},
  },
  {
    what: 'exit 0, Type=notify, RemainAfterExit=yes',
    line: 'busybox sleep 0.3',
    unit: {RemainAfterExit: 'yes'},
    outcome: {...CLEAN, ActiveState: 'active'},
  },
  {what: 'exit 7, Type=exec', line: 'busybox sh -c "exit 7"', unit: {Type: 'exec'}, outcome: failed('7')},
  {
    what: 'exit 7, SuccessExitStatus=7',
    line: 'busybox sh -c "exit 7"',
    unit: {SuccessExitStatus: '7'},
    outcome: CLEAN,
  },
]

describe.each(HOSTS)('a unit on $name', ({guest}) => {
  test.each(ENDS)('a unit ends as its container: $what', async ({what, line, unit, outcome}) => {
    const service = await defineService(guest, `run --rm --name %n ${line}`, unit)
    await service.start()
    // A unit that remains is active before its container has ended, too.
    await service.reaches({ActiveState: outcome.ActiveState, SubState: subStateOf(outcome)})
    expect(await see(guest, service, what)).toEqual(outcome)
  })

  test('a unit is started again by Restart=on-failure, as often as its container fails', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sh -c "sleep 0.2; exit 7"', {
      Restart: 'on-failure',
      RestartSec: '100ms',
    })
    await service.start()
    await service.says(/Scheduled restart job, restart counter is at 2/)
    expect(Number((await see(guest, service, 'exit 7 again and again, Restart=on-failure')).NRestarts)).toBeGreaterThan(
      1,
    )
  })

  test('a unit ends clean when its container ends with 128 and the number of the signal that a stop sent', async () => {
    const service = await defineService(
      guest,
      'run --rm --name %n busybox sh -c "trap \'exit 143\' TERM; while :; do sleep 0.1; done"',
    )
    await service.start()
    await service.stop()
    expect(await see(guest, service, 'systemctl stop, exit 143')).toMatchObject(NOTHING_LEFT)
  })
})

function subStateOf({ActiveState}: Outcome): string {
  return {inactive: 'dead', failed: 'failed', active: 'exited'}[ActiveState] ?? ActiveState
}

describe.each(HOSTS.filter(({guest}) => !guest.kind.unified))(
  'a container that runs out of memory on $name',
  ({guest}) => {
    test('a container that runs out of memory is told apart from one that was killed, in the journal and in the status', async () => {
      // containerd 1.6 begins to look for that once the container runs, and misses what comes in the meantime.
      const onceAsked = 'until test -e /go; do sleep 0.1; done; exec tail /dev/zero'
      const service = await defineService(guest, `run --rm -m 16m --name %n busybox sh -c "${onceAsked}"`)
      await service.start()
      await guest.run('docker', 'exec', service.name, 'touch', '/go')
      await service.reaches({
        ActiveState: 'failed',
        StatusText: `container ${service.name} was killed as it ran out of memory`,
      })
      expect(await see(guest, service, 'out of memory')).toEqual(failed('137'))
      await service.says(`container ${service.name} was killed as it ran out of memory`)
    })
  },
)

describe.each(HOSTS)('how a container ends on $name', ({guest}) => {
  test("a status of the container that is one of ours is said to be the container's own choice", async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sh -c "exit 125"')
    await service.start()
    await service.reaches({
      ActiveState: 'failed',
      ExecMainStatus: '125',
      StatusText: `container ${service.name} ended with status 125`,
    })
    await service.says(`container ${service.name} ended with status 125`)
  })

  test('a container that has to be killed is a failure of the stop, which is said', async () => {
    const service = await defineService(guest, 'run --rm --stop-timeout 1 --name %n busybox sleep 1000', {
      KillMode: 'mixed',
    })
    await service.start()
    await service.stop()
    expect(await see(guest, service, 'systemctl stop, killed after the stop timeout')).toEqual(failed('137'))
    expect(await service.show('StatusText')).toEqual({
      StatusText: `container ${service.name} was killed as it did not stop in time`,
    })
  })

  test("a container's end obeys RestartPreventExitStatus= and OnFailure= as any program's does", async () => {
    const handler = await defineService(guest, '', {Type: 'oneshot', ExecStart: '/bin/true', RemainAfterExit: 'yes'})
    const service = await defineService(guest, 'run --rm --name %n busybox sh -c "sleep 0.3; exit 7"', {
      Restart: 'on-failure',
      RestartPreventExitStatus: '7',
    })
    await guest.run('mkdir', '-p', `/run/systemd/system/${service.name}.d`)
    await guest.write(`/run/systemd/system/${service.name}.d/x.conf`, `[Unit]\nOnFailure=${handler.name}\n`)
    await service.start()
    await service.reaches({ActiveState: 'failed', NRestarts: '0'})
    await handler.reaches({ActiveState: 'active'})
    await guest.run('rm', '-r', `/run/systemd/system/${service.name}.d`)
  })
})

describe.each(HOSTS)('a stop on $name', ({guest}) => {
  test.each(['mixed', 'control-group', 'process'])(
    'a stop with KillMode=%s leaves nothing and is clean',
    async (mode) => {
      const service = await defineService(guest, `run --rm --name %n busybox ${COUNTING}`, {KillMode: mode})
      await service.start()
      await service.says('line 2')
      await service.stop()
      expect(await see(guest, service, `systemctl stop, KillMode=${mode}`)).toEqual(CLEAN)
    },
  )

  test('a stop never takes longer than systemd allows, whatever the stop timeout of the container', async () => {
    const service = await defineService(guest, 'run --rm --stop-timeout 300 --name %n busybox sleep 1000', {
      KillMode: 'mixed',
      TimeoutStopSec: '5',
    })
    await service.start()
    await service.stop()
    await service.says(/^the container gets [23]\.\d s to stop, because TimeoutStopSec= allows no more$/)
    expect(await see(guest, service, 'systemctl stop, TimeoutStopSec=5 and --stop-timeout 300')).toEqual(failed('137'))
  })

  test('a stop keeps to the time of the unit where the signal that systemd sends to all of it ends our systemctl too', async () => {
    const {path} = await hostFolder(guest, {
      systemctl: `#!/bin/sh
case $* in *StateChangeTimestampMonotonic*) [ -e "$MET" ] || { : >"$MET"; kill -TERM $$; };; esac
exec "$(dirname "$MET")/own" "$@"
`,
    })
    await guest.run('chmod', '+x', `${path}/systemctl`)
    await guest.run('cp', '/usr/bin/systemctl', `${path}/own`)
    const service = await defineService(guest, 'run --rm --name %n busybox sleep 1000', {
      TimeoutStopSec: '5',
      Environment: `MET=${path}/met`,
      BindReadOnlyPaths: `${path}/systemctl:/usr/bin/systemctl`,
      // Where there is a bus, no systemctl is started.
      InaccessiblePaths: '-/run/dbus',
    })
    await service.start()
    await service.stop()
    await guest.run('test', '-e', `${path}/met`)
    expect(await see(guest, service, 'systemctl stop, our systemctl ended by SIGTERM')).toEqual(failed('137'))
  })

  test('a start and a stop ask systemd on its bus, and start no systemctl', async () => {
    const {path} = await hostFolder(guest, {systemctl: '#!/bin/sh\n: >"$MET"\nexit 1\n'})
    await guest.run('chmod', '+x', `${path}/systemctl`)
    const service = await defineService(
      guest,
      `run --rm --stop-timeout 300 --name %n busybox sh -c "trap 'exit 0' TERM; while :; do sleep 0.1; done"`,
      {
        KillMode: 'mixed',
        TimeoutStopSec: '5',
        Environment: `MET=${path}/met`,
        BindReadOnlyPaths: `${path}/systemctl:/usr/bin/systemctl`,
      },
    )
    await service.start()
    await service.says(/^a stop gives the container \d\.\d s and not its own stop timeout of 300 s/)
    await service.stop()
    expect(await see(guest, service, 'systemctl stop, without systemctl')).toEqual(CLEAN)
    expect((await guest.attempt(['test', '-e', `${path}/met`])).status).toBe(1)
  })

  test.each([
    ['4', 'TimeoutStopSec=4', '0.5'],
    ['2', 'TimeoutStopSec=2', '0.1'],
    ['20', 'longer than the default of the Engine', '11'],
  ])(
    'a stop of a container that says no time of its own gives it what the unit has: %s s, %s',
    async (limit, what, needs) => {
      const service = await defineService(
        guest,
        `run --rm --name %n busybox sh -c "trap 'sleep ${needs}; echo flushed; exit 0' TERM; echo up; while :; do sleep 0.1; done"`,
        {KillMode: 'mixed', TimeoutStopSec: limit},
      )
      await service.start()
      await service.says('up')
      await service.stop()
      expect(await see(guest, service, `systemctl stop, ${what}`)).toEqual(CLEAN)
      await service.says('flushed')
    },
  )

  test('a stop by another KillSignal= sends the container that one', async () => {
    const service = await defineService(
      guest,
      `run --rm --stop-signal QUIT --name %n busybox sh -c "trap 'echo interrupted; exit 0' INT; trap 'exit 3' TERM QUIT; echo up; while :; do sleep 0.1; done"`,
      {KillMode: 'mixed', KillSignal: 'SIGINT'},
    )
    await service.start()
    await service.says('up')
    await service.stop()
    expect(await see(guest, service, 'systemctl stop, KillSignal=SIGINT')).toEqual(CLEAN)
    await service.says('interrupted')
  })

  test('a stop is hurried by SIGINT after SIGTERM', async () => {
    const service = await defineService(guest, 'run --rm --stop-timeout 60 --name %n busybox sleep 1000', {
      KillMode: 'mixed',
    })
    await service.start()
    const stopped = service.stop()
    await service.reaches({StatusText: `container ${service.name} stopping`})
    await until(10_000, async () =>
      /SIGTERM|stopping|deactivating/.test((await service.show('ActiveState')).ActiveState) ? true : undefined,
    )
    await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=INT', service.name)
    await stopped
    expect(await service.show('StatusText')).toEqual({
      StatusText: `container ${service.name} was killed as a second signal hurried its stop`,
    })
  })

  test('other signals reach the container and stop nothing, and with --sig-proxy=false they stay with us', async () => {
    const service = await defineService(
      guest,
      `run --rm --sig-proxy=false --name %n busybox sh -c "trap 'echo heard' HUP; trap 'exit 0' TERM; while :; do sleep 0.1; done"`,
    )
    await service.start()
    await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=HUP', service.name)
    await service.says('SIGHUP is not forwarded, because --sig-proxy=false is set')
    await service.stop()
    expect(await service.journal()).not.toContain('heard')
  })
})

describe.each(HOSTS)('somebody who uses docker on $name', ({guest}) => {
  test('docker restart keeps the unit active, with its new process, and no line is lost or doubled', async () => {
    const service = await defineService(guest, `--pid-file /run/%n.pid run --name %n busybox ${COUNTING}`)
    await service.start()
    await service.says('line 5')
    const before = await service.inspect('{{.State.Pid}}')
    const {MainPID} = await service.show('MainPID')
    await guest.run('docker', 'restart', service.name)
    const pid = await service.inspect('{{.State.Pid}}')
    expect(pid).not.toBe(before)
    await service.says(`container ${service.name} was started again, its init is now ${pid}`)
    await until(20_000, async () => {
      const lines = (await service.journal()).filter((line) => line === 'line 5')
      return lines.length === 2 ? true : undefined
    })
    const counts = (await service.journal()).flatMap((line) => /^line (\d+)$/.exec(line)?.[1] ?? [])
    const second = counts.lastIndexOf('1')
    for (const life of [counts.slice(0, second), counts.slice(second)])
      expect(life).toEqual(life.map((_, index) => String(index + 1)))
    expect(await service.show('ActiveState', 'MainPID', 'NRestarts')).toEqual({
      ActiveState: 'active',
      MainPID,
      NRestarts: '0',
    })
    expect(await service.pids()).toContain(Number(pid))
    expect(await guest.run('cat', `/run/${service.name}.pid`)).toBe(pid)
    await service.stop()
    expect(await see(guest, service, 'docker restart, then systemctl stop')).toEqual({...CLEAN, docker: 'exited 0'})
  })

  test.each([
    {what: 'stop it', words: ['stop'], state: {ActiveState: 'inactive', Result: 'success'}},
    {what: 'kill it', words: ['kill'], state: {ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '137'}},
    {what: 'remove it', words: ['rm', '--force'], state: {ActiveState: 'failed', ExecMainStatus: '137'}},
  ])('somebody who uses docker to $what ends the unit, as the container ended', async ({words, state}) => {
    const service = await defineService(guest, `run --rm --name %n busybox ${COUNTING}`)
    await service.start()
    await guest.run('docker', ...words, service.name)
    await service.reaches(state)
    expect(await see(guest, service, `docker ${words.join(' ')}`)).toMatchObject({
      ...state,
      docker: 'gone',
      processes: 0,
      left: [],
    })
  })

  test('somebody who uses docker to pause, resume, rename or limit the container is seen in the status, and harms nothing', async () => {
    const service = await defineService(guest, `run --name %n busybox ${COUNTING}`)
    await service.start()
    await guest.run('docker', 'pause', service.name)
    await service.reaches({ActiveState: 'active', StatusText: `container ${service.name} paused`})
    await guest.run('docker', 'unpause', service.name)
    await service.reaches({StatusText: runs(service.name)})
    await guest.run('docker', 'update', '--cpu-shares', '512', service.name)
    await guest.run('docker', 'rename', service.name, `${service.name}-old`)
    await service.reaches({ActiveState: 'active', StatusText: runs(`${service.name}-old`)})
    await service.stop()
    expect(await service.show('ActiveState', 'Result')).toEqual(NOTHING_LEFT)
    await guest.run('docker', 'rm', `${service.name}-old`)
  })
})
