import {describe, expect, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import {CURRENT, EACH_RELEASE, hostsNamed} from '../support/host/hosts.js'
import {containers, defineService, runs} from '../support/service/service.js'

const HEEDS_HUP = `run --rm --name %n busybox sh -c "trap 'echo reloaded' HUP; trap exit TERM; while :; do sleep 0.1; done"`
const SLEEPS = 'run --rm --init --name %n busybox sleep 1000'
/** It ends when the test lets it, with what the test says. */
const HELD = `"until [ -e /tmp/go ]; do sleep 0.1; done; echo held; exit $(cat /tmp/go)"`

describe.each(CURRENT)('a reload on $name', ({guest}) => {
  test('a reload of a unit of Type=notify-reload reaches the container, and ends', async () => {
    const service = await defineService(guest, HEEDS_HUP, {Type: 'notify-reload'})
    await service.start()
    const {status} = await guest.attempt(['timeout', '10', 'systemctl', 'reload', service.name])
    expect(status, (await service.journal()).join('\n')).toBe(0)
    await service.says('reloaded')
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'active', Result: 'success'})
  })

  test('a command that is not there, and a reload that times out, leave the unit active', async () => {
    const [missing, slow] = await Promise.all([
      defineService(guest, `--reload-exec '["/no/such"]' ${SLEEPS}`, {Type: 'notify-reload'}),
      defineService(guest, `--reload-exec "sleep 1000" ${SLEEPS}`, {
        Type: 'notify-reload',
        TimeoutStartSec: String(5 * guest.kind.slowness),
      }),
    ])
    await Promise.all([missing.start(), slow.start()])
    const [ended, expired] = await Promise.all(
      [missing, slow].map(({name}) => guest.attempt(['timeout', '15', 'systemctl', 'reload', name])),
    )
    expect(ended?.status).toBe(0)
    await missing.says(/^the command of --reload-exec ended with status 12[67]: .*no such file or directory/i)
    expect(expired?.status, (await slow.journal()).join('\n')).toBe(1)
    await slow.says(
      /^could not run the command of --reload-exec: it takes longer than TimeoutStartSec= allows, and goes on/,
    )
    for (const service of [missing, slow])
      await service.reaches({ActiveState: 'active', StatusText: runs(service.name)})
  })
})

describe.each(EACH_RELEASE)('a SIGHUP on $name', ({guest}) => {
  test('a SIGHUP to a unit of Type=notify reaches the container, and leaves the unit active', async () => {
    const service = await defineService(guest, HEEDS_HUP, {ExecReload: '/bin/kill -HUP $MAINPID'})
    await service.start()
    expect((await guest.attempt(['timeout', '10', 'systemctl', 'reload', service.name])).status).toBe(0)
    await service.says('reloaded')
    expect(await service.show('ActiveState')).toEqual({ActiveState: 'active'})
  })
})

describe.each(hostsNamed('debian-forky', 'debian13-v2'))('Type=notify-reload on $name', ({guest}) => {
  test('a reload by a command lasts until the command has ended, also if that fails', async () => {
    const service = await defineService(guest, `--reload-exec ${HELD} ${SLEEPS}`, {Type: 'notify-reload'})
    await service.start()
    const reloaded = guest.attempt(['timeout', '15', 'systemctl', 'reload', service.name])
    await service.reaches({ActiveState: 'reloading', StatusText: `container ${service.name} reloading`})
    await guest.run('docker', 'exec', service.name, 'sh', '-c', 'echo 3 >/tmp/go')
    expect((await reloaded).status).toBe(0)
    await service.reaches({ActiveState: 'active', StatusText: runs(service.name)})
    await service.says('the command of --reload-exec ended with status 3: held')
  })

  test('a reload by another signal than SIGHUP reaches the container, and a real-time one is refused', async () => {
    const [usual, realtime] = await Promise.all([
      defineService(guest, HEEDS_HUP.replace('HUP', 'WINCH'), {Type: 'notify-reload', ReloadSignal: 'SIGWINCH'}),
      defineService(guest, SLEEPS, {Type: 'notify-reload', ReloadSignal: 'SIGRTMIN+1'}),
    ])
    const [started] = await Promise.all([usual.start(), realtime.start()])
    expect(started.status).toBe(0)
    expect((await guest.attempt(['timeout', '10', 'systemctl', 'reload', usual.name])).status).toBe(0)
    await usual.says('reloaded')
    await realtime.says(/^ReloadSignal=SIGRTMIN\+1 is refused: Node cannot handle real-time signals/)
    await realtime.reaches({ActiveState: 'failed'})
    expect(await containers(guest, `name=${realtime.name}`)).toEqual([])
  })

  test('a run that would be handed over stays for the reloads, and one that has to be is refused where systemd refuses it', async () => {
    const line = `--name %n busybox sh -c "trap 'echo reloaded >/tmp/reloaded' HUP; trap exit TERM; while :; do sleep 0.1; done"`
    const unit = {Type: 'notify-reload', ExecStop: '/usr/bin/docker stop %n'}
    const [staying, handed] = await Promise.all([
      defineService(guest, `--logs=false run ${line}`, unit),
      defineService(guest, `--handover run ${line}`, unit),
    ])
    const [stayed] = await Promise.all([staying.start(), handed.start()])
    expect(stayed.status).toBe(0)
    const {MainPID} = await staying.show('MainPID')
    expect(await guest.run('cat', `/proc/${MainPID}/comm`)).toBe('node')
    expect((await guest.attempt(['timeout', '10', 'systemctl', 'reload', staying.name])).status).toBe(0)
    await until(20_000, async () => {
      const {status} = await guest.attempt(['docker', 'exec', staying.name, 'cat', '/tmp/reloaded'])
      return status === 0 ? true : undefined
    })
    if (guest.kind.name === 'debian-forky') {
      await handed.says(/^--handover is refused: systemd 262 and newer fail the start of a unit of Type=notify-reload/)
      await handed.reaches({ActiveState: 'failed'})
      expect(await containers(guest, `name=${handed.name}`)).toEqual([])
    } else {
      await handed.says(/^a reload of the unit times out unless the container tells systemd of it/)
      await handed.reaches({ActiveState: 'active'})
    }
  })
})

describe.each(EACH_RELEASE)('--reload-exec on $name', ({guest}) => {
  test('a reload by ExecReload= runs the command, and is refused with --handover', async () => {
    const [usual, handed] = await Promise.all([
      defineService(guest, `--reload-exec '["touch", "/tmp/reloaded"]' ${SLEEPS}`, {
        ExecReload: '/bin/kill -HUP $MAINPID',
      }),
      defineService(guest, `--handover --reload-exec true ${SLEEPS}`, {ExecStop: '/usr/bin/docker stop %n'}),
    ])
    const [started] = await Promise.all([usual.start(), handed.start()])
    expect(started.status).toBe(0)
    expect((await guest.attempt(['systemctl', 'reload', usual.name])).status).toBe(0)
    await until(20_000, async () => {
      const {status} = await guest.attempt(['docker', 'exec', usual.name, 'ls', '/tmp/reloaded'])
      return status === 0 ? true : undefined
    })
    expect(await usual.show('ActiveState')).toEqual({ActiveState: 'active'})
    await handed.says(/^--handover is refused: .*--reload-exec needs systemd-docker while the container runs/)
    expect(await containers(guest, `name=${handed.name}`)).toEqual([])
  })
})

describe.each(EACH_RELEASE)('WatchdogSec= on $name', ({guest}) => {
  test('WatchdogSec= is answered while the container runs', async () => {
    const service = await defineService(guest, 'run --rm --init --name %n busybox sleep 6', {WatchdogSec: '2'})
    await service.start()
    await service.reaches({ActiveState: 'inactive'})
    expect(await service.show('Result')).toEqual({Result: 'success'})
  })

  test('WatchdogSec= is refused with --handover, as nobody would answer it, and nothing is left', async () => {
    const service = await defineService(guest, '--handover run --rm --name %n busybox sleep 1000', {
      WatchdogSec: '2',
      ExecStop: '/usr/bin/docker stop %n',
    })
    await service.start()
    await service.says(/--handover is refused.*WatchdogSec=, which the container does not answer without --notify/)
    await service.reaches({ActiveState: 'failed'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })
})
