import {describe, expect, onTestFinished, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {hostFolder, withPackages, type HostFolder} from '../support/host/host-folder.js'
import {CURRENT, NEWEST_AND_OLDEST} from '../support/host/hosts.js'
import {containers, defineService, unique} from '../support/service/service.js'

const tracing = (guest: Guest): Promise<HostFolder> =>
  withPackages(guest, {'systemd-docker-plugin-trace': 'test/fixtures/site-plugin'})

describe.each(CURRENT)("a site's plugin on $name", ({guest}) => {
  test("a site's plugin acts in every phase in order, knows in each what is known by then, and undoes last in, first out", async () => {
    const {unit, path: folder} = await tracing(guest)
    const service = await defineService(
      guest,
      `--trace ${folder}/trace run --rm --init --name %n busybox sleep 1000`,
      unit,
    )
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    await service.stop()
    expect((await guest.run('cat', `${folder}/trace`)).split('\n')).toEqual([
      'resolve defer request signal',
      'create defer request signal',
      'start container defer signal',
      'started container defer signal',
      'ready afterwards container defer extend signal tell',
      'exited container defer exit signal',
      'removed container defer exit signal',
      'undo removed',
      'undo exited',
      'undo ready',
      'undo started',
      'undo start',
      'undo create',
      'undo resolve',
    ])
  })

  test.each(['resolve', 'create', 'start', 'started', 'ready'])(
    'a plugin that fails in %s fails the run, by name, and nothing is left',
    async (phase) => {
      const {unit, path: folder} = await tracing(guest)
      const service = await defineService(
        guest,
        `--pid-file /run/%n.pid --trace ${folder}/trace --fail-in ${phase} run --rm --name %n busybox sleep 1000`,
        unit,
      )
      await service.start()
      await service.says(`trace (${phase}): told to fail in ${phase}`)
      expect(await service.show('ActiveState', 'ExecMainStatus')).toEqual({
        ActiveState: 'failed',
        ExecMainStatus: '125',
      })
      expect(await containers(guest, `name=${service.name}`)).toEqual([])
      expect((await guest.attempt(['ls', `/run/${service.name}.pid`])).status).toBe(2)
      expect(await guest.run('cat', `${folder}/trace`)).toContain(`undo ${phase}`)
      expect(await service.pids()).toEqual([])
    },
  )

  test.each(['exited', 'removed'])(
    "a plugin that fails in %s is one warning, and the exit status is the container's",
    async (phase) => {
      const {unit, path: folder} = await tracing(guest)
      const service = await defineService(
        guest,
        `--trace ${folder}/trace --fail-in ${phase} run --rm --name %n busybox sh -c "sleep 0.5; exit 7"`,
        unit,
      )
      await service.start()
      await service.reaches({ActiveState: 'failed', ExecMainStatus: '7'})
      await service.says(`trace (${phase}): told to fail in ${phase}`)
      expect(await containers(guest, `name=${service.name}`)).toEqual([])
    },
  )

  test('a plugin that hangs does not outlive the start timeout, and nothing is left', async () => {
    const {unit, path: folder} = await tracing(guest)
    const service = await defineService(
      guest,
      `--trace ${folder}/trace --hang-in started run --rm --name %n busybox sleep 1000`,
      {
        ...unit,
        TimeoutStartSec: '3',
      },
    )
    await service.start()
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'failed', Result: 'timeout'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('a plugin that hangs when the container has ended is waited for no longer than ten seconds', async () => {
    const {unit, path: folder} = await tracing(guest)
    const service = await defineService(
      guest,
      `--trace ${folder}/trace --hang-in exited run --rm --name %n busybox sh -c "sleep 0.5; exit 7"`,
      unit,
    )
    await service.start()
    await service.reaches({ActiveState: 'failed', ExecMainStatus: '7'})
    await service.says('trace (exited): not done after 10 seconds')
  })

  test('a plugin that hangs when the container has been stopped keeps no unit from its stop in time, and nothing is left', async () => {
    const {unit, path: folder} = await tracing(guest)
    const service = await defineService(
      guest,
      `--pid-file /run/%n.pid --trace ${folder}/trace --hang-in exited run --rm --init --name %n busybox sleep 1000`,
      {...unit, KillMode: 'mixed', TimeoutStopSec: '4'},
    )
    await service.start()
    await service.stop()
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
    await service.says(/^the work after the end of the container takes longer than TimeoutStopSec= allows/)
    expect((await guest.attempt(['ls', `/run/${service.name}.pid`])).status).toBe(2)
  })

  test('a plugin that is disabled takes no part, and its options are still understood', async () => {
    const {unit, path: folder} = await tracing(guest)
    const service = await defineService(
      guest,
      `--disable trace --trace ${folder}/trace run --rm --name %n busybox true`,
      {
        ...unit,
        Type: 'oneshot',
      },
    )
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    expect((await guest.attempt(['ls', `${folder}/trace`])).status).toBe(2)
  })

  test("a site's plugin is listed by `plugins`, phase by phase, with who brought it", async () => {
    const {unit} = await tracing(guest)
    const service = await defineService(guest, 'plugins', {
      ...unit,
      Type: 'oneshot',
      Environment: 'SYSTEMD_DOCKER_TRACE=/dev/null',
    })
    await service.start()
    await service.says('trace (systemd-docker-plugin-trace): on, by default')
    await service.says(/^started +cgroup-transfer, trace$/)
    await service.says(/^finish +notify-delegation, cgroup-transfer, pid-file, rm-reconcile$/)
  })

  test("a site's plugin is in the help of run under a heading of its own", async () => {
    const {unit} = await tracing(guest)
    const service = await defineService(guest, 'run --help', {...unit, Type: 'oneshot'})
    await service.start()
    await service.says('TRACE OPTIONS')
    await service.says(/--trace=FILE +write a line for every phase/)
  })

  test('a plugin in a folder that others may write is refused, with how to mend it', async () => {
    const {unit, path: folder} = await tracing(guest)
    await guest.run('chmod', 'o+w', `${folder}/plugins`)
    const service = await defineService(guest, 'run --rm --name %n busybox true', unit)
    await service.start()
    await service.says(
      '/etc/systemd-docker/plugins: users other than its owner may write to it; correct it with `chmod go-w /etc/systemd-docker/plugins`',
    )
    expect(await service.show('ExecMainStatus')).toEqual({ExecMainStatus: '125'})
  })
})

describe.each(CURRENT)('the plugins of examples/ on $name', ({guest}) => {
  test('the package times logs every phase', async () => {
    const {unit} = await withPackages(guest, {'systemd-docker-plugin-times': 'examples/plugins/times'})
    const service = await defineService(guest, '--times run --rm --init --name %n busybox sleep 1000', unit)
    await service.start()
    await service.stop()
    const said = (await service.journal()).flatMap((line) => /^(\w+) after \d+ ms: /.exec(line)?.[1] ?? [])
    expect(said).toEqual(['resolve', 'create', 'start', 'started', 'ready', 'exited', 'removed', 'undone'])
  })

  test('the package secret gives the container a secret that is gone with it', async () => {
    const {unit} = await withPackages(guest, {'systemd-docker-plugin-secret': 'examples/plugins/secret'})
    const service = await defineService(
      guest,
      '--secret /run/secret run --rm --name %n busybox sh -c "wc -c </run/secret; sleep 1000"',
      unit,
    )
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    await service.says('64')
    const source = await service.inspect('{{(index .Mounts 0).Source}}')
    expect(await guest.run('stat', '--format', '%a', source)).toBe('400')
    await service.stop()
    expect((await guest.attempt(['ls', source])).status).toBe(2)
  })

  test('the file announce.mjs, which the configuration names, says when the container comes and goes', async () => {
    const {unit, path} = await hostFolder(guest, {}, {'plugins/announce.mjs': 'examples/plugins/announce.mjs'})
    await guest.write(
      `${path}/config.yaml`,
      `plugins: {announce: {from: /etc/systemd-docker/plugins/announce.mjs, file: ${path}/announced}}`,
    )
    const service = await defineService(guest, 'run --rm --name %n busybox sh -c "sleep 0.5; exit 3"', unit)
    await service.start()
    await service.reaches({ActiveState: 'failed', ExecMainStatus: '3'})
    const announced = (await guest.run('cat', `${path}/announced`)).replaceAll(/[0-9a-f]{64}/g, 'ID')
    expect(announced).toBe('ID is up\nID ended with 3')
  })
})

describe.each(NEWEST_AND_OLDEST)('thirty units on $name', ({guest}) => {
  test('thirty units that start at once, with a configuration and a site plugin, are all active, and all gone when stopped', async () => {
    const {unit} = await withPackages(
      guest,
      {'systemd-docker-plugin-times': 'examples/plugins/times'},
      {'config.yaml': 'times: true\npid-file: /run/%N.pid\nunits: {"*9.service": {cgroups: [name=systemd]}}\n'},
    )
    const template = unique()
    const lines = Object.entries({...unit, Type: 'notify', NotifyAccess: 'all', TimeoutStartSec: '170'})
    await guest.write(
      `/etc/systemd/system/${template}@.service`,
      [
        '[Service]',
        ...lines.map(([key, value]) => `${key}=${value}`),
        `ExecStart=/opt/bin/systemd-docker run --rm --init --name %p-%i --label ${template} busybox sleep 1000`,
        '',
      ].join('\n'),
    )
    onTestFinished(async () => {
      await guest.attempt(['systemctl', 'stop', `${template}@*.service`])
      await guest.run('rm', `/etc/systemd/system/${template}@.service`)
    })
    const units = Array.from({length: 30}, (_, index) => `${template}@${String(index)}.service`)

    const {status, stderr} = await guest.attempt(['systemctl', 'start', ...units], {timeout: 175_000})
    const said = await guest.run('journalctl', '--no-pager', '--output=cat', `--unit=${template}@*`)
    expect(status, `${stderr}${said}`).toBe(0)
    expect(await containers(guest, `label=${template}`)).toHaveLength(30)
    expect(await guest.run('sh', '-c', `cat /run/${template}@*.pid | wc -l`)).toBe('30')
    await guest.attempt(['systemctl', 'stop', ...units], {timeout: 175_000})
    expect(await containers(guest, `label=${template}`)).toEqual([])
    expect((await guest.attempt(['sh', '-c', `ls /run/${template}@*.pid`])).stdout).toBe('')
  }, 360_000)
})
