import {describe, expect, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import {HOSTS} from '../helpers/hosts.js'
import {containers, defineService} from '../helpers/service.js'

/** A container that says its count, and ends at once when it is asked to by SIGTERM. */
const COUNTING = `sh -c "trap 'exit 0' TERM; i=0; while :; do i=$$((i+1)); echo line $$i; sleep 0.1; done"`
const NOTHING_LEFT = {ActiveState: 'inactive', Result: 'success'}

describe.each(HOSTS)('how a container ends on $name', ({guest}) => {
  test.each([
    ['0', {ActiveState: 'inactive', Result: 'success', ExecMainStatus: '0'}],
    ['7', {ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '7'}],
  ])('is told also when that is sooner than its PID is seen: status %s', async (status, wanted) => {
    const service = await defineService(guest, `run --rm --name %n busybox sh -c "exit ${status}"`)
    expect((await service.start()).status).toBe(0)
    await service.reaches(wanted)
  })

  test('is said to be its own choice when the status is one of ours', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sh -c "exit 125"')
    await service.start()
    await service.reaches({
      ActiveState: 'failed',
      ExecMainStatus: '125',
      StatusText: `container ${service.name} ended with status 125`,
    })
    await service.says(`container ${service.name} ended with status 125`)
  })

  test('is a failure of the stop when it has to be killed, which is said', async () => {
    const service = await defineService(guest, 'run --rm --stop-timeout 1 --name %n busybox sleep 1000', {
      KillMode: 'mixed',
    })
    await service.start()
    await service.stop()
    expect(await service.show('ActiveState', 'Result', 'ExecMainStatus', 'StatusText')).toEqual({
      ActiveState: 'failed',
      Result: 'exit-code',
      ExecMainStatus: '137',
      StatusText: `container ${service.name} was killed as it did not stop in time`,
    })
  })

  test('obeys RestartPreventExitStatus= and OnFailure= as any program does', async () => {
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
  test.each(['mixed', 'control-group', 'process'])('with KillMode=%s leaves nothing and is clean', async (mode) => {
    const service = await defineService(guest, `run --rm --name %n busybox ${COUNTING}`, {KillMode: mode})
    await service.start()
    await service.says('line 2')
    await service.stop()
    expect(await service.show('ActiveState', 'Result')).toEqual(NOTHING_LEFT)
    expect(await service.pids()).toEqual([])
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('never takes longer than systemd allows, whatever the stop timeout of the container', async () => {
    const service = await defineService(guest, 'run --rm --stop-timeout 300 --name %n busybox sleep 1000', {
      KillMode: 'mixed',
      TimeoutStopSec: '5',
    })
    await service.start()
    await service.stop()
    await service.says('the container gets 1 s to stop, as the unit has no more (TimeoutStopSec=)')
    expect(await service.show('Result', 'ExecMainStatus')).toEqual({Result: 'exit-code', ExecMainStatus: '137'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('is hurried by a second SIGTERM', async () => {
    const service = await defineService(guest, 'run --rm --stop-timeout 60 --name %n busybox sleep 1000', {
      KillMode: 'mixed',
    })
    await service.start()
    const stopped = service.stop()
    await service.reaches({StatusText: `container ${service.name} stopping`})
    await until(10_000, async () =>
      /SIGTERM|stopping|deactivating/.test((await service.show('ActiveState')).ActiveState) ? true : undefined,
    )
    await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=TERM', service.name)
    await stopped
    expect(await service.show('StatusText')).toEqual({
      StatusText: `container ${service.name} was killed as a second signal hurried its stop`,
    })
  })

  test('is what other signals are not, and with --sig-proxy=false they stay with us', async () => {
    const service = await defineService(
      guest,
      `run --rm --sig-proxy=false --name %n busybox sh -c "trap 'echo heard' HUP; trap 'exit 0' TERM; while :; do sleep 0.1; done"`,
    )
    await service.start()
    await guest.run('systemctl', 'kill', '--kill-who=main', '--signal=HUP', service.name)
    await service.says('SIGHUP is not passed on, as --sig-proxy=false asks for')
    await service.stop()
    expect(await service.journal()).not.toContain('heard')
  })
})

describe.each(HOSTS)('somebody who uses docker on $name', ({guest}) => {
  test('to restart the container keeps the unit active, with its new process, and no line is lost or doubled', async () => {
    const service = await defineService(guest, `--pid-file /run/%n.pid run --rm --name %n busybox ${COUNTING}`)
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
    expect(await service.show('ActiveState', 'Result')).toEqual(NOTHING_LEFT)
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
    expect((await guest.attempt(['ls', `/run/${service.name}.pid`])).status).toBe(2)
  })

  test.each([
    {what: 'stop it', words: ['stop'], state: {ActiveState: 'inactive', Result: 'success'}},
    {what: 'kill it', words: ['kill'], state: {ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '137'}},
    {what: 'remove it', words: ['rm', '--force'], state: {ActiveState: 'failed', ExecMainStatus: '137'}},
  ])('to $what ends the unit, as the container ended', async ({words, state}) => {
    const service = await defineService(guest, `run --rm --name %n busybox ${COUNTING}`)
    await service.start()
    await guest.run('docker', ...words, service.name)
    await service.reaches(state)
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
    expect(await service.pids()).toEqual([])
  })

  test('to pause, resume, rename or limit it is seen in the status, and harms nothing', async () => {
    const service = await defineService(guest, `run --name %n busybox ${COUNTING}`)
    await service.start()
    await guest.run('docker', 'pause', service.name)
    await service.reaches({ActiveState: 'active', StatusText: `container ${service.name} paused`})
    await guest.run('docker', 'unpause', service.name)
    await service.reaches({StatusText: `container ${service.name} running`})
    await guest.run('docker', 'update', '--cpu-shares', '512', service.name)
    await guest.run('docker', 'rename', service.name, `${service.name}-old`)
    await service.reaches({ActiveState: 'active', StatusText: `container ${service.name}-old running`})
    await service.stop()
    expect(await service.show('ActiveState', 'Result')).toEqual(NOTHING_LEFT)
    await guest.run('docker', 'rm', `${service.name}-old`)
  })
})
