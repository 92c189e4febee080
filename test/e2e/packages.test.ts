import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {executable} from '../support/host/executable.js'
import {withPackages} from '../support/host/host-folder.js'
import {hostsNamed} from '../support/host/hosts.js'
import {ownHosts} from '../support/host/own-host.js'
import {containers, defineService, unique} from '../support/service/service.js'

const {here, inHost} = executable()
/** A unit that has no Node. */
const WITHOUT_NODE = {InaccessiblePaths: '/usr/local/bin/node'}
const SITE_FILE = `export default {
  contract: 1,
  name: 'greeting',
  options: {},
  setup: () => ({resolve: ({request}) => void request.body.Env.push('GREETING=hello')}),
}
`

test('the executable needs no newer glibc than 2.28', () => {
  const versions = execFileSync('readelf', ['--version-info', '--wide', here], {encoding: 'utf8'}).matchAll(
    /GLIBC_2\.(\d+)/g,
  )
  expect(Math.max(...Array.from(versions, ([, minor]) => Number(minor)))).toBe(28)
})

describe.each(hostsNamed('debian-forky', 'debian13-v2', 'debian12-v2', 'debian12-v1'))(
  'the executable alone on $name',
  ({guest}) => {
    test('a unit starts with a configuration in YAML, plugins of the site and --logs=native, is ready, stops, and leaves nothing', async () => {
      const {unit, path} = await withPackages(
        guest,
        {'systemd-docker-plugin-trace': 'test/fixtures/site-plugin'},
        {
          'config.yaml': 'logs: native\nplugins: {greeting: {from: /etc/systemd-docker/greeting.mjs}}\n',
          'greeting.mjs': SITE_FILE,
        },
      )
      const service = await defineService(guest, '', {
        ...unit,
        ...WITHOUT_NODE,
        ExecStart: `${inHost} --trace ${path}/trace run --rm --init --name %n busybox sh -c "echo $$GREETING; exec sleep 1000"`,
      })
      expect((await service.start()).status).toBe(0)
      await service.says('hello')
      expect(await guest.run('journalctl', '--output=cat', `CONTAINER_NAME=${service.name}`)).toBe('hello')
      expect(await guest.run('cat', `${path}/trace`)).toContain('ready afterwards container')
      await service.stop()
      await service.reaches({ActiveState: 'inactive', Result: 'success'})
      expect(await containers(guest, `name=${service.name}`)).toEqual([])
      expect((await service.journal()).join('\n')).not.toMatch(/warning/i)
    })

    test('a hardened unit that may write nowhere starts all the same', async () => {
      const service = await defineService(guest, '', {
        ...WITHOUT_NODE,
        ProtectSystem: 'strict',
        PrivateTmp: 'yes',
        ExecStart: `${inHost} --logs=native run --rm --init --name %n busybox sh -c "echo hello; exec sleep 1000"`,
      })
      expect((await service.start()).status).toBe(0)
      await service.says('hello')
      await service.stop()
      expect(await containers(guest, `name=${service.name}`)).toEqual([])
    })

    test('other users have help, and no file of theirs is left', async () => {
      const asNobody = (...words: string[]) =>
        guest.run('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'env', '-i', inHost, ...words)
      expect(await asNobody('--version')).toMatch(/^systemd-docker\/\d/)
      expect(await asNobody('run', '--help')).toContain('--stop-timeout')
      expect(await guest.run('find', '/tmp', '-maxdepth', '1', '-user', '65534')).toBe('')
    })
  },
)

describe('a host that has the one file and no Node', () => {
  const [own] = ownHosts(['debian13-v2-bare'], {isSetUp: false})

  test('it is set up, and its units are handed over and finished, by that file at /opt/bin', async () => {
    const guest = own?.host() as Guest
    const program = '/opt/bin/systemd-docker'
    await guest.run('umount', '/usr/local/bin/node')
    await guest.run('rm', '/usr/local/bin/node', program)
    await guest.run('cp', inHost, program)
    expect(await guest.run(program, 'setup')).toContain('containers are born in their units')
    expect(await guest.run('cat', '/usr/local/bin/containerd-shim-systemd-docker-v1')).toBe(
      readFileSync('bin/containerd-shim-systemd-docker-v1', 'utf8').trimEnd(),
    )
    const service = await defineService(
      guest,
      '--handover run --rm --name %n busybox sh -c "echo hello; sleep 1; exit 7"',
      {
        ExecStop: '/usr/bin/docker stop %n',
        ExecStopPost: `${program} finish %n`,
      },
    )
    expect((await service.start()).status).toBe(0)
    await service.says('hello')
    await service.reaches({ActiveState: 'failed', Result: 'exit-code'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
    const others = `/run/${unique()}.yaml`
    await guest.write(others, 'logs: sometimes\n')
    expect((await guest.attempt([program, 'config', 'check', others])).stderr).toContain("'logs' must be")
    await guest.run('rm', others)
    expect(await guest.run(program, 'setup', '--undo')).toContain('removed /usr/local/bin/')
  })
})
