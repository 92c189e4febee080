import {readFile} from 'node:fs/promises'
import {describe, expect, onTestFinished, test} from 'vitest'
import {readmeUnit} from '../../sandbox/example.js'
import {until} from '../../sandbox/until.js'
import {CURRENT, EACH_RELEASE, HOSTS} from '../support/host/hosts.js'
import {warningsOf} from '../support/service/placed.js'
import {containers, unique} from '../support/service/service.js'

describe.each(HOSTS)("the README's unit file on $name", ({guest}) => {
  test("the README's unit file runs nginx: active, answering, its processes and words under the unit, and nothing left when stopped", async () => {
    const name = `${unique()}.service`
    await guest.write(`/etc/systemd/system/${name}`, await readmeUnit())
    onTestFinished(async () => {
      await guest.attempt(['systemctl', 'stop', name])
      await guest.run('rm', `/etc/systemd/system/${name}`)
    })

    await guest.run('systemctl', 'start', name)
    expect(await guest.run('systemctl', 'status', '--no-pager', name)).toContain('Active: active (running)')
    // nginx runs for some milliseconds before it calls its processes so.
    await until(20_000, async () =>
      /nginx: master process[^]*nginx: worker process/.test(await guest.run('systemctl', 'status', '--no-pager', name))
        ? true
        : undefined,
    )

    const address = await guest.run(
      'docker',
      'inspect',
      '--format',
      '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
      name,
    )
    const answer = await until(20_000, async () => {
      const {status: failed, stdout} = await guest.attempt(['curl', '--silent', `http://${address}/nowhere`])
      return failed === 0 ? stdout : undefined
    })
    expect(answer).toContain('404 Not Found')
    await until(20_000, async () =>
      /"GET \/nowhere HTTP\/1\.1" 404/.test(await guest.run('journalctl', `--unit=${name}`, '--no-pager'))
        ? true
        : undefined,
    )

    await guest.run('systemctl', 'stop', name)
    expect(await guest.run('systemctl', 'show', '--property=ActiveState,Result', name)).toContain(
      'ActiveState=inactive',
    )
    expect(await containers(guest, `name=${name}`)).toEqual([])
    expect(await guest.run('ps', '-e', '-o', 'args')).not.toContain(name)
  })
})

describe.each(EACH_RELEASE)('the unit files of examples/units on $name', ({guest}) => {
  test.each(['nginx.service', 'nginx-handed-over.service'])(
    'the unit file %s starts, is reloaded, and stops clean',
    async (file) => {
      const name = `${unique()}.service`
      const text = await readFile(new URL(`../../examples/units/${file}`, import.meta.url), 'utf8')
      await guest.write(`/etc/systemd/system/${name}`, text)
      onTestFinished(async () => {
        await guest.attempt(['systemctl', 'stop', name])
        await guest.run('rm', `/etc/systemd/system/${name}`)
      })
      await guest.run('systemctl', 'start', name)
      await guest.run('systemctl', 'reload', name)
      expect(await guest.run('systemctl', 'is-active', name)).toBe('active')
      expect(await warningsOf(guest, {name})).toEqual([])
      const journal = await guest.run('journalctl', `--unit=${name}`, '--output=cat', '--no-pager')
      expect(journal).toContain(`the container was born in /system.slice/${name}, by `)
      await guest.run('systemctl', 'stop', name)
      expect(await guest.run('systemctl', 'show', '--property=ActiveState,Result', name)).toMatch(
        /^(?=[^]*ActiveState=inactive)(?=[^]*Result=success)/,
      )
      expect(await containers(guest, `name=${name}`)).toEqual([])
    },
  )
})

describe.each(CURRENT)('the unit files of examples/units, as systemd-analyze sees them on $name', ({guest}) => {
  test.each(['nginx.service', 'nginx-handed-over.service'])(
    'the unit file %s is as exposed as docs/units.md says, with its hardening and without',
    async (file) => {
      const text = await readFile(new URL(`../../examples/units/${file}`, import.meta.url), 'utf8')
      const page = await readFile(new URL('../../docs/units.md', import.meta.url), 'utf8')
      const [, hardened, plain] = /gives them (\d\.\d), and (\d\.\d)\s+without/.exec(page) ?? []
      const exposure = async (unit: string): Promise<string | undefined> => {
        const path = `/run/${unique()}.service`
        await guest.write(path, unit)
        const {stdout} = await guest.attempt(['systemd-analyze', 'security', '--offline=yes', '--no-pager', path])
        await guest.run('rm', path)
        return /Overall exposure level for \S+: (\d\.\d)/.exec(stdout)?.[1]
      }
      expect(await exposure(text)).toBe(hardened)
      expect(await exposure(text.replace(/\n# What [^]*(?=\n\[Install\])/, ''))).toBe(plain)
    },
  )
})

describe.each(CURRENT)("Debian's own Node on $name", ({guest}) => {
  test("Debian's own Node runs the program as well", async () => {
    expect(await guest.run('/usr/bin/node', '--version')).toMatch(/^v20\./)
    const said = await guest
      .run(
        '/usr/bin/node',
        '--',
        '/opt/systemd-docker/bin/run.cjs',
        'run',
        '--rm',
        '--cgroups',
        'none',
        'busybox',
        'true',
      )
      .catch(String)
    expect(said).toContain('unknown option --cgroups')
    expect(
      await guest.run(
        '/usr/bin/node',
        '--',
        '/opt/systemd-docker/bin/run.cjs',
        '--cgroups',
        'none',
        'run',
        '--rm',
        'busybox',
        'echo',
        'hi',
      ),
    ).toBe('hi')
  })
})
