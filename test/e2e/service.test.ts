import {describe, expect, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import {HOSTS} from '../support/host/hosts.js'
import {containers, defineService, runs} from '../support/service/service.js'

describe.each(HOSTS)('a service on $name', ({guest}) => {
  test('a service is active with the processes of its container, and stopping it leaves none of them and no container', async () => {
    const service = await defineService(
      guest,
      'run --rm --name %n busybox sh -c "sleep 1000 & sleep 1001 & trap exit TERM; wait"',
    )
    expect((await service.start()).status).toBe(0)

    expect(await service.show('ActiveState', 'SubState')).toEqual({ActiveState: 'active', SubState: 'running'})
    const status = await guest.run('systemctl', 'status', '--no-pager', service.name)
    expect(status).toContain('sleep 1000')
    expect(status).toContain('sleep 1001')
    const inUnit = await service.pids()
    const ofContainer = (await guest.run('docker', 'inspect', '--format', '{{.State.Pid}}', service.name))
      .split('\n')
      .map(Number)
    expect(inUnit).toEqual(expect.arrayContaining(ofContainer))

    expect((await service.stop()).status).toBe(0)
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
    expect(await service.pids()).toEqual([])
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
    const processes = await guest.run('ps', '-e', '-o', 'args')
    expect(processes).not.toContain(service.name)
    expect(processes).not.toContain('sleep 1001')
  })

  test('a service has its main process in systemd, and is ready only when its container runs', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sleep 1000')
    await service.start()
    const {MainPID, StatusText} = await service.show('MainPID', 'StatusText')
    expect(await service.pids()).toContain(Number(MainPID))
    expect(StatusText).toMatch(runs(service.name))
    expect(await service.inspect('{{.State.Running}}')).toBe('true')
  })

  test('a service has the words of its container in its journal from the first line on, of both streams', async () => {
    const service = await defineService(
      guest,
      'run --rm --name %n busybox sh -c "echo first; echo second >&2; seq 3 5000; sleep 1000"',
    )
    await service.start()
    await service.says('5000')
    await service.says('second')
    const said = await service.journal()
    expect(said).toContain('first')
    expect(said).toContain('second')
    expect(said.filter((line) => /^\d+$/.test(line))).toEqual(
      Array.from({length: 4998}, (_, index) => String(index + 3)),
    )
  })

  test('a service ends with the exit status of its container', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sh -c "sleep 0.5; exit 7"')
    await service.start()
    await service.reaches({ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '7'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('a service is restarted by Restart=on-failure after its container failed, each time with a new container', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sh -c "sleep 0.3; exit 7"', {
      Restart: 'on-failure',
      RestartSec: '100ms',
    })
    await service.start()
    await until(20_000, async () => (Number((await service.show('NRestarts')).NRestarts) >= 2 ? true : undefined))
    expect((await service.journal()).join('\n')).toContain('status=7')
  })

  test('a service is not restarted by Restart=on-failure after its container ended well', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sh -c "sleep 0.5; exit 0"', {
      Restart: 'on-failure',
    })
    await service.start()
    await service.reaches({ActiveState: 'inactive', Result: 'success', NRestarts: '0'})
  })

  test('a service may be a oneshot whose container is over in no time', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox echo done', {Type: 'oneshot'})
    expect((await service.start()).status).toBe(0)
    await service.says('done')
    expect(await service.show('Result', 'ExecMainStatus')).toEqual({Result: 'success', ExecMainStatus: '0'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('a service stops cleanly when its container dies of the signal it is stopped with', async () => {
    const service = await defineService(guest, 'run --rm --init --name %n busybox sleep 1000')
    await service.start()
    await service.stop()
    await service.reaches({ActiveState: 'inactive', Result: 'success'})
  })

  test('a service fails when its container ends with the same status unasked', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sh -c "sleep 0.5; exit 143"')
    await service.start()
    await service.reaches({ActiveState: 'failed', ExecMainStatus: '143'})
  })

  test("a service is stopped with the image's own stop signal", async () => {
    const service = await defineService(
      guest,
      `run --rm --name %n --stop-signal SIGUSR1 busybox sh -c "trap 'echo asked nicely; exit 0' USR1; trap : TERM; while :; do sleep 0.1; done"`,
      {KillMode: 'mixed'},
    )
    await service.start()
    await service.stop()
    await service.says('asked nicely')
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
  })

  test('a service passes a signal that is not for stopping on to its container', async () => {
    const service = await defineService(
      guest,
      `run --rm --name %n busybox sh -c "trap 'echo reloaded' HUP; while :; do sleep 0.1; done"`,
      {ExecReload: '/bin/kill -HUP $MAINPID'},
    )
    await service.start()
    await guest.run('systemctl', 'reload', service.name)
    await service.says('reloaded')
    expect(await service.show('ActiveState')).toEqual({ActiveState: 'active'})
  })
})
