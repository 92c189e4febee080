import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {describe, expect, onTestFinished, test} from 'vitest'
import about from '../../package.json' with {type: 'json'}
import type {Guest} from '../../sandbox/guest.js'
import {executable} from '../support/host/executable.js'
import {withPackages} from '../support/host/host-folder.js'
import {hostsNamed} from '../support/host/hosts.js'
import {ownHosts} from '../support/host/own-host.js'
import {containers, defineService, unique} from '../support/service/service.js'

const {here, inHost, directory} = executable()
const DEBIAN_ARCH = process.arch === 'x64' ? 'amd64' : process.arch
const DEB = `${directory}/systemd-docker_${about.version}_${DEBIAN_ARCH}.deb`
/** What on the host bears the program's name, besides what the tests themselves have put there. */
const TRACES =
  "find / -xdev -name '*systemd-docker*' -not -path '/opt/*' -not -path '/etc/systemd/system/*' -not -path '/var/log/*' | sort"

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
      expect(await guest.run('find', '/tmp', '-ignore_readdir_race', '-maxdepth', '1', '-user', '65534')).toBe('')
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

describe.each(ownHosts(['debian-forky', 'debian12-v2'], {isSetUp: false}))('the Debian package on $name', ({host}) => {
  test('containers are born in their units once it is installed, an update leaves running ones alone, and its removal leaves nothing', async () => {
    const guest = host()
    const daemonJson = await guest.run('cat', '/etc/docker/daemon.json')
    expect(await guest.run('sh', '-c', TRACES)).toBe('')
    await guest.run('umount', '/usr/local/bin/node')

    await guest.run('dpkg', '--install', DEB)
    const service = await defineService(guest, '', {
      ExecStart: `/usr/bin/systemd-docker --logs=native run --rm --init --name %n busybox sh -c "echo hello; exec sleep 1000"`,
    })
    expect((await service.start()).status).toBe(0)
    await service.says('hello')
    await service.says(/^the container was born in /)
    expect(await guest.run('stat', '--format=%a %U', '/run/systemd-docker')).toBe('700 root')

    const before = await service.show('MainPID', 'ActiveState')
    await guest.run('dpkg', '--install', DEB)
    expect(await service.show('MainPID', 'ActiveState')).toEqual(before)
    await service.stop()
    await service.reaches({ActiveState: 'inactive', Result: 'success'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])

    await guest.run('dpkg', '--purge', 'systemd-docker')
    expect(await guest.run('sh', '-c', TRACES)).toBe('')
    expect(JSON.parse(await guest.run('cat', '/etc/docker/daemon.json'))).toEqual(JSON.parse(daemonJson))
  })
})

describe.each(hostsNamed('debian13-v2'))('the installer image on $name', ({guest}) => {
  const load = async (): Promise<void> => {
    await guest.run('docker', 'load', '--input', `${directory}/systemd-docker-image-${DEBIAN_ARCH}.tar.gz`)
    onTestFinished(async () => {
      await guest.run('docker', 'rmi', '--force', 'systemd-docker')
    })
  }
  /** An empty directory of the host. */
  const emptyDirectory = async (): Promise<string> => {
    const path = `/run/${unique()}`
    await guest.run('mkdir', path)
    onTestFinished(async () => {
      await guest.run('rm', '-r', path)
    })
    return path
  }
  const installIn = (path: string) =>
    guest.attempt(['docker', 'run', '--rm', '--network=none', '--volume', `${path}:/opt/bin`, 'systemd-docker'])

  test('the unit of docs/install.md, which installs the program and runs it, starts, and leaves alone what runs of another one', async () => {
    await load()
    const path = await emptyDirectory()
    const program = `${path}/systemd-docker`
    await guest.run('sh', '-c', `cp ${inHost} ${program}; echo another version >>${program}`)
    const old = await defineService(guest, '', {
      ExecStart: `${program} run --rm --init --name %n busybox sleep 1000`,
    })
    await old.start()
    const before = await old.show('MainPID', 'ActiveState')
    const [, unit = ''] =
      /```ini\n\[Service\]\n([^`]*ExecStartPre[^`]*)```/.exec(readFileSync('docs/install.md', 'utf8')) ?? []
    const inPath = unit.replace('-v /opt/bin:', `-v ${path}:`).replace('ExecStart=/opt/bin/', `ExecStart=${path}/`)
    const settings = inPath
      .trim()
      .split('\n')
      .map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)])
    const service = await defineService(guest, '', Object.fromEntries(settings) as Record<string, string>)
    expect((await service.start()).status).toBe(0)
    await service.says('systemd-docker: installed /opt/bin/systemd-docker')
    await guest.run('cmp', inHost, program)
    expect(await guest.run('stat', '--format=%a %u', program)).toBe('755 0')
    expect(await old.show('MainPID', 'ActiveState')).toEqual(before)
    await Promise.all([service.stop(), old.stop()])
    for (const one of [service, old]) await one.reaches({ActiveState: 'inactive', Result: 'success'})
    expect(await installIn(path)).toMatchObject({status: 0, stdout: ''})
    expect(await guest.run('ls', '-A', path)).toBe('systemd-docker')
  })

  test('where it cannot be installed that is said in a line, and nothing is changed', async () => {
    await load()
    const refused = async (path: string, why: string): Promise<void> => {
      const before = await guest.run('ls', '-lA', path)
      const {status, stderr} = await installIn(path)
      expect({status, stderr: stderr.trim()}).toEqual({
        status: 1,
        stderr: `systemd-docker: cannot install /opt/bin/systemd-docker: ${why}`,
      })
      expect(await guest.run('ls', '-lA', path)).toBe(before)
    }
    const script = await emptyDirectory()
    await guest.write(`${script}/systemd-docker`, '#!/bin/sh\n')
    await refused(script, 'what is there is no executable; move it away')
    const link = await emptyDirectory()
    await guest.run('ln', '-s', '/bin/true', `${link}/systemd-docker`)
    await refused(link, 'what is there is no executable; move it away')
    const full = await emptyDirectory()
    await guest.run('mount', '-t', 'tmpfs', '-o', 'size=10m', 'tmpfs', full)
    onTestFinished(async () => {
      await guest.run('umount', full)
    })
    await guest.run('cp', '/bin/true', `${full}/systemd-docker`)
    await refused(full, 'No space left on device')
    expect(await guest.attempt(['docker', 'run', '--rm', 'systemd-docker', '/nowhere'])).toMatchObject({
      status: 1,
      stderr:
        "systemd-docker: cannot install /nowhere/systemd-docker: there is no such directory in the container; mount the host's: -v /opt/bin:/nowhere\n",
    })
  })
})
