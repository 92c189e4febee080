import {describe, expect, test} from 'vitest'
import {CURRENT} from '../support/host/hosts.js'
import {defineService} from '../support/service/service.js'

describe.each(CURRENT)('--env on $name', ({guest}) => {
  const unit = {
    Environment: ['GREETING=hello', '"SECRET=hidden value"', 'OVERRIDDEN=by the unit'],
    WatchdogSec: 'infinity',
  }

  test("--env gives the container the unit's environment without systemd's own variables, and -e wins", async () => {
    const service = await defineService(
      guest,
      '--env run --rm --name %n -e OVERRIDDEN=after -e GREETING busybox sh -c "env; echo END; sleep 1000"',
      unit,
    )
    await service.start()
    await service.says('END')
    const names = (await service.inspect('{{range .Config.Env}}{{println .}}{{end}}')).split('\n')
    expect(names).toEqual(expect.arrayContaining(['GREETING=hello', 'SECRET=hidden value', 'OVERRIDDEN=after']))
    const own = names.map((entry) => entry.split('=')[0])
    for (const name of [
      'NOTIFY_SOCKET',
      'INVOCATION_ID',
      'JOURNAL_STREAM',
      'SYSTEMD_EXEC_PID',
      'HOME',
      'USER',
      'MANAGERPID',
    ])
      expect(own).not.toContain(name)
    expect(own.filter((name) => name === 'PATH')).toHaveLength(0)
    expect(own.filter((name) => name === 'GREETING')).toHaveLength(1)
  })

  test('--env puts no value into any argv or into our words in the journal', async () => {
    const service = await defineService(guest, '--env run --rm --name %n busybox sleep 1000', unit)
    await service.start()
    expect(await guest.run('ps', '-e', '-o', 'args')).not.toContain('hidden value')
    expect((await service.journal()).join('\n')).not.toContain('hidden value')
    expect(await service.inspect('{{range .Config.Env}}{{println .}}{{end}}')).toContain('SECRET=hidden value')
  })

  test('--env passes variables by pattern and by another name', async () => {
    const service = await defineService(
      guest,
      '--env --env-allow APP_* --env-allow HOME --env-deny *_HIDDEN --env-prefix APP_= run --rm --name %n busybox sleep 1000',
      {Environment: ['APP_PORT=80', 'APP_HIDDEN=1', 'OTHER=1', 'HOME=/srv']},
    )
    await service.start()
    const entries = (await service.inspect('{{range .Config.Env}}{{println .}}{{end}}')).trim().split('\n')
    expect(entries.sort()).toEqual(['HOME=/srv', 'PORT=80'])
  })

  test("a run without --env keeps the unit's environment from the container", async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sleep 1000', unit)
    await service.start()
    expect(await service.inspect('{{range .Config.Env}}{{println .}}{{end}}')).not.toContain('GREETING')
  })

  test('--env may come from the environment, as every option may, and the command line wins', async () => {
    const settings = {Environment: [...unit.Environment, 'SYSTEMD_DOCKER_ENV=true']}
    const on = await defineService(guest, 'run --rm --name %n busybox sleep 1000', settings)
    const off = await defineService(guest, '--env=false run --rm --name %n busybox sleep 1000', settings)
    await on.start()
    await off.start()
    expect(await on.inspect('{{.Config.Env}}')).toContain('GREETING=hello')
    expect(await on.inspect('{{.Config.Env}}')).not.toContain('SYSTEMD_DOCKER')
    expect(await off.inspect('{{.Config.Env}}')).not.toContain('GREETING=hello')
  })
})
