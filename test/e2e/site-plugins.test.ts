import {dirname} from 'node:path'
import {describe, expect, onTestFinished, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {HOSTS} from '../helpers/hosts.js'
import {containers, defineService, unique} from '../helpers/service.js'

/** A folder for a unit to have as /etc/systemd-docker, so that no other unit of the host has it. */
async function hostFolder(
  guest: Guest,
  files: Readonly<Record<string, string>>,
): Promise<{unit: Record<string, string>; folder: string}> {
  const folder = `/run/${unique()}`
  await guest.run('mkdir', folder)
  onTestFinished(async () => {
    await guest.run('rm', '-r', folder)
  })
  for (const [path, content] of Object.entries(files)) {
    await guest.run('mkdir', '-p', dirname(`${folder}/${path}`))
    await guest.write(`${folder}/${path}`, content)
  }
  return {unit: {BindReadOnlyPaths: `${folder}:/etc/systemd-docker`}, folder}
}

async function tracing(guest: Guest): Promise<{unit: Record<string, string>; folder: string}> {
  const {folder, unit} = await hostFolder(guest, {
    'plugins/package.json': JSON.stringify({dependencies: {'systemd-docker-plugin-trace': '*'}}),
  })
  await guest.run('mkdir', `${folder}/plugins/node_modules`)
  await guest.run(
    'cp',
    '-r',
    '/opt/systemd-docker/test/fixtures/site-plugin',
    `${folder}/plugins/node_modules/systemd-docker-plugin-trace`,
  )
  return {unit, folder}
}

describe.each(HOSTS)("a site's plugin on $name", ({guest}) => {
  test('acts in every phase in order, knows in each what is known by then, and undoes last in, first out', async () => {
    const {unit, folder} = await tracing(guest)
    const service = await defineService(guest, `--trace ${folder}/trace run --rm --name %n busybox sleep 1000`, unit)
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    await service.stop()
    expect((await guest.run('cat', `${folder}/trace`)).split('\n')).toEqual([
      'resolve defer request signal',
      'create defer request signal',
      'start container defer signal',
      'started container defer signal',
      'ready container defer signal',
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
    'that fails in %s fails the run, by name, and nothing is left',
    async (phase) => {
      const {unit, folder} = await tracing(guest)
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
    "that fails in %s is one warning, and the exit status is the container's",
    async (phase) => {
      const {unit, folder} = await tracing(guest)
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

  test('that hangs does not outlive the start timeout, and nothing is left', async () => {
    const {unit, folder} = await tracing(guest)
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

  test('is in the help of run under a heading of its own', async () => {
    const {unit} = await tracing(guest)
    const service = await defineService(guest, 'run --help', {...unit, Type: 'oneshot'})
    await service.start()
    await service.says('TRACE FLAGS')
    await service.says(/--trace=FILE +write a line for every phase/)
  })

  test('in a folder that others may write is refused, with how to mend it', async () => {
    const {unit, folder} = await tracing(guest)
    await guest.run('chmod', 'o+w', `${folder}/plugins`)
    const service = await defineService(guest, 'run --rm --name %n busybox true', unit)
    await service.start()
    await service.says(
      '/etc/systemd-docker/plugins: others than its owner may write it; `chmod go-w /etc/systemd-docker/plugins` mends it',
    )
    expect(await service.show('ExecMainStatus')).toEqual({ExecMainStatus: '125'})
  })
})

describe.each(HOSTS)('the configuration file on $name', ({guest}) => {
  test("sets an option's default, and the command line wins", async () => {
    const {unit} = await hostFolder(guest, {
      'config.yaml': 'pid-file: /run/from-file.pid\ncgroups: [none]\n',
    })
    const service = await defineService(guest, '--pid-file /run/%n.pid run --rm --name %n busybox sleep 1000', unit)
    await service.start()
    expect(await guest.run('cat', `/run/${service.name}.pid`)).toBe(await service.inspect('{{.State.Pid}}'))
    expect(await service.pids()).not.toContain(Number(await service.inspect('{{.State.Pid}}')))
  })

  test.each([
    ['has an unknown key', 'pidfile: /run/x.pid', /config\.yaml: unknown key 'pidfile', did you mean 'pid-file'\?$/],
    [
      'has a value of the wrong type',
      'logs: sometimes',
      /config\.yaml: 'logs' must be true or false, not "sometimes"$/,
    ],
    ['cannot be parsed', 'logs: [', /\/etc\/systemd-docker.*/],
  ])('that %s is refused by file and key', async (_, content, says) => {
    const {unit} = await hostFolder(guest, {'config.yaml': content})
    const service = await defineService(guest, 'run --rm --name %n busybox true', unit)
    await service.start()
    await service.says(says)
    expect(await service.show('ExecMainStatus')).toEqual({ExecMainStatus: '125'})
  })
})
