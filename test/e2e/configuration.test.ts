import {describe, expect, test} from 'vitest'
import {hostFolder} from '../support/host/host-folder.js'
import {CURRENT, EACH_RELEASE} from '../support/host/hosts.js'
import {containers, defineService} from '../support/service/service.js'

describe.each(CURRENT)('the configuration on $name', ({guest}) => {
  test("the configuration sets an option's default, and the command line wins", async () => {
    const {unit} = await hostFolder(guest, {'config.yaml': 'pid-file: /run/from-file.pid\ncgroups: [none]\n'})
    const service = await defineService(guest, '--pid-file /run/%n.pid run --rm --name %n busybox sleep 1000', unit)
    await service.start()
    expect(await guest.run('cat', `/run/${service.name}.pid`)).toBe(await service.inspect('{{.State.Pid}}'))
    expect(await service.pids()).not.toContain(Number(await service.inspect('{{.State.Pid}}')))
  })

  test('the configuration of the unit wins over that of the host, and a drop-in over the file, with specifiers replaced', async () => {
    const host = await guest.run('cat', '/proc/sys/kernel/hostname')
    const {unit} = await hostFolder(guest, {
      'config.yaml':
        'units: {"test*.service": {plugins: {pid-file: {path: "/run/%p.%H.pid"}}}}\nhosts: {"*": {pid-file: /run/wrong.pid}}',
      'config.d/10-none.json': '{"cgroups": ["none"]}',
    })
    const service = await defineService(guest, 'run --rm --init --name %n busybox sleep 1000', unit)
    await service.start()
    const path = `/run/${service.name.replace('.service', '')}.${host}.pid`
    expect(await guest.run('cat', path)).toBe(await service.inspect('{{.State.Pid}}'))
    expect(await service.pids()).toHaveLength(1)
    await service.stop()
    expect((await guest.attempt(['ls', path])).status).toBe(2)
  })

  test('the configuration switches a plugin off, and the line switches it on', async () => {
    const {unit} = await hostFolder(guest, {'config.yaml': 'plugins: {cgroup-transfer: {enabled: false}}'})
    const off = await defineService(guest, 'run --rm --name %n busybox sleep 1000', unit)
    const on = await defineService(guest, '--enable cgroup-transfer run --rm --name %n busybox sleep 1000', unit)
    await off.start()
    await on.start()
    expect(await off.pids()).not.toContain(Number(await off.inspect('{{.State.Pid}}')))
    expect(await on.pids()).toContain(Number(await on.inspect('{{.State.Pid}}')))
  })

  test("the file of --config is read instead of the host's", async () => {
    const {unit, path} = await hostFolder(guest, {
      'config.yaml': 'cgroups: [none]',
      'other.json': '{"credentials": false}',
    })
    const service = await defineService(
      guest,
      `--config ${path}/other.json run --rm --name %n busybox sleep 1000`,
      unit,
    )
    await service.start()
    expect(await service.pids()).toContain(Number(await service.inspect('{{.State.Pid}}')))
    expect(await guest.run('ls', '/run/systemd-docker')).not.toContain('other.json')
  })

  test('what a file says is kept below /run for the next start, and what it says by then is what applies', async () => {
    const {unit, path} = await hostFolder(guest, {'config.d/50-kept.yaml': 'pid-file: /run/first-%n.pid\n'})
    const service = await defineService(guest, 'run --rm --name %n busybox sleep 1000', unit)
    const kept = '/run/systemd-docker/config-etc-systemd-docker-config.d-50-kept.yaml.json'
    const startsWith = async (text: string): Promise<string> => {
      await guest.write(`${path}/config.d/50-kept.yaml`, text)
      await service.start()
      const {content} = JSON.parse(await guest.run('cat', kept)) as {content: unknown}
      expect(content).toEqual({'pid-file': text.replace('pid-file: ', '').trim()})
      const pid = await service.inspect('{{.State.Pid}}')
      const file = await guest.run('sh', '-c', `grep --files-with-matches ${pid} /run/*-${service.name}.pid`)
      await service.stop()
      return file
    }
    const first = `/run/first-${service.name}.pid`
    expect(await startsWith('pid-file: /run/first-%n.pid\n')).toBe(first)
    expect(await startsWith('pid-file: /run/first-%n.pid\n')).toBe(first)
    expect(await startsWith('pid-file: /run/other-%n.pid\n')).toBe(first.replace('first', 'other'))
    expect(await guest.run('stat', '--format=%a %U', kept)).toBe('600 root')
  })

  test('`config show` prints each value with where it came from', async () => {
    const {unit} = await hostFolder(guest, {'config.yaml': 'logs: false\nunits: {"db-*": {pid-file: /run/%n.pid}}'})
    const service = await defineService(guest, 'config show --unit db-1.service', {...unit, Type: 'oneshot'})
    await service.start()
    await service.says(/^logs: false +# \/etc\/systemd-docker\/config\.yaml$/)
    await service.says(
      /^pid-file: "\/run\/db-1\.service\.pid" +# \/etc\/systemd-docker\/config\.yaml \(units\.db-\*\)$/,
    )
    await service.says(/^cgroups: \["all"\] +# default$/)
  })

  // Whoever may write a unit's working directory, or the one that an administrator stands in, is not who configures
  // this program.
  test.each([
    ['run', 'run --rm --name %n busybox true'],
    ['config show', 'config show'],
    ['plugins', 'plugins'],
    ['help', 'help run'],
  ])('%s does not look for a configuration in the working directory', async (_, line) => {
    const {unit} = await hostFolder(guest, {'config.yaml': 'cgroups: [none]'})
    const program = 'require("node:fs").writeFileSync("/run/executed-by-" + process.getuid(), "")'
    const home = await hostFolder(guest, {
      '.config/config.js': program,
      '.config/config.cjs': program,
      '.config/config.json': '{"cosmiconfig": {"loaders": {}}}',
      'package.json': '{"cosmiconfig": {"loaders": {}}}',
    })
    const service = await defineService(guest, line, {...unit, Type: 'oneshot', WorkingDirectory: home.path})
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    expect(await guest.run('sh', '-c', 'ls /run | grep executed-by || true')).toBe('')
  })

  test.each([
    ['has an unknown key', 'pidfile: /run/x.pid', /config\.yaml:1: unknown key 'pidfile', did you mean 'pid-file'\?$/],
    [
      'has a value of the wrong type',
      'logs: sometimes',
      /config\.yaml:1: 'logs' must be true, false, stream, journal or native, not "sometimes"$/,
    ],
    ['cannot be parsed', 'logs: [', /config\.yaml: .*flow (?:collection|sequence)/],
    [
      'names a plugin that is not there',
      'plugins: {x: {from: /no/x.mjs}}',
      /^plugin x \(\/no\/x\.mjs\) cannot be used: ENOENT/,
    ],
  ])('a configuration that %s is refused, and nothing is created', async (_, content, says) => {
    const {unit} = await hostFolder(guest, {'config.yaml': content})
    const service = await defineService(guest, 'run --rm --name %n busybox true', unit)
    await service.start()
    await service.says(says)
    expect(await service.show('ExecMainStatus')).toEqual({ExecMainStatus: '125'})
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
  })

  test('a configuration that others may write is refused, with how to mend it', async () => {
    const {unit, path} = await hostFolder(guest, {'config.yaml': 'logs: true'})
    await guest.run('chmod', 'g+w', `${path}/config.yaml`)
    const service = await defineService(guest, 'run --rm --name %n busybox true', unit)
    await service.start()
    await service.says(
      '/etc/systemd-docker/config.yaml: users other than its owner may write to it; correct it with `chmod go-w /etc/systemd-docker/config.yaml`',
    )
  })
})

describe.each(EACH_RELEASE)("the unit's credentials on $name", ({guest}) => {
  const set = {SetCredential: ['token:abracadabra']}

  test("the unit's credentials are the container's, read-only and under the same path everywhere", async () => {
    const service = await defineService(
      guest,
      'run --rm --name %n busybox sh -c "echo $$(cat $$CREDENTIALS_DIRECTORY/token); touch /run/credentials/x || echo read-only; sleep 1000"',
      set,
    )
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    await service.says('abracadabra')
    await service.says('read-only')
    expect(await service.inspect('{{.Config.Env}}')).toContain('CREDENTIALS_DIRECTORY=/run/credentials')
    expect(await guest.run('ps', '-e', '-o', 'args')).not.toContain('abracadabra')
  })

  test('a credential that systemd loads from a file is there too', async () => {
    const {path} = await hostFolder(guest, {token: 'from a file\n'})
    const service = await defineService(guest, 'run --rm --name %n busybox cat /run/credentials/token', {
      Type: 'oneshot',
      LoadCredential: `token:${path}/token`,
    })
    await service.start()
    await service.says('from a file')
  })

  test("the unit's credentials are kept from the container by --credentials=false, and by a user in it that is not the unit's", async () => {
    const off = await defineService(
      guest,
      '--credentials=false run --rm --name %n busybox sh -c "ls /run/credentials || echo none"',
      {...set, Type: 'oneshot'},
    )
    await off.start()
    await off.says('none')
    const other = await defineService(
      guest,
      'run --rm --user 1000 --name %n busybox sh -c "cat /run/credentials/token || echo kept"',
      {...set, Type: 'oneshot'},
    )
    await other.start()
    await other.says('kept')
  })

  test("the unit's credentials are read by another user in the container when the unit runs as the same", async () => {
    const service = await defineService(
      guest,
      '--cgroups none run --rm --user 65534 --name %n busybox cat /run/credentials/token',
      {
        ...set,
        Type: 'oneshot',
        User: 'nobody',
        SupplementaryGroups: 'docker',
      },
    )
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    // What the container says ends without a newline, and our next line may follow at once.
    await service.says(/^abracadabra/)
  })
})
