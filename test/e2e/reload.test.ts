import {describe, expect, test} from 'vitest'
import {CURRENT, HOSTS} from '../support/host/hosts.js'
import {containers, defineService} from '../support/service/service.js'

const HEEDS_HUP = `run --rm --name %n busybox sh -c "trap 'echo reloaded' HUP; trap exit TERM; while :; do sleep 0.1; done"`

describe.each(CURRENT)('a reload on $name', ({guest}) => {
  test('a reload of a unit of Type=notify-reload reaches the container, and ends', async () => {
    const service = await defineService(guest, HEEDS_HUP, {Type: 'notify-reload'})
    await service.start()
    const {status} = await guest.attempt(['timeout', '10', 'systemctl', 'reload', service.name])
    expect(status, (await service.journal()).join('\n')).toBe(0)
    await service.says('reloaded')
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'active', Result: 'success'})
  })
})

describe.each(HOSTS)('a SIGHUP on $name', ({guest}) => {
  test('a SIGHUP to a unit of Type=notify reaches the container, and leaves the unit active', async () => {
    const service = await defineService(guest, HEEDS_HUP, {ExecReload: '/bin/kill -HUP $MAINPID'})
    await service.start()
    expect((await guest.attempt(['timeout', '10', 'systemctl', 'reload', service.name])).status).toBe(0)
    await service.says('reloaded')
    expect(await service.show('ActiveState')).toEqual({ActiveState: 'active'})
  })
})

describe.each(HOSTS)('WatchdogSec= on $name', ({guest}) => {
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
