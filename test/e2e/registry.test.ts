import {basename} from 'node:path'
import {describe, expect, onTestFinished, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {imageStores} from '../support/host/image-stores.js'
import {isHere, startRegistry, type Registry} from '../support/host/registry.js'
import {containers, defineService, runs} from '../support/service/service.js'

const PASSWORD = 'correct-horse:battery'
const LOGIN = `app:${PASSWORD}`
const PULL_TIMEOUT_MS = 60_000
const ONESHOT = {Type: 'oneshot'}
const STORES = imageStores()

/** A directory that docker's client might have written, and the setting of a unit that points there. */
async function clientConfig(guest: Guest, {directory}: Registry, config: unknown): Promise<{Environment: string}> {
  await guest.run('mkdir', '-p', `${directory}/client`)
  await guest.write(`${directory}/client/config.json`, JSON.stringify(config))
  return {Environment: `DOCKER_CONFIG=${directory}/client`}
}

const authOf = (login: string): object => ({auth: Buffer.from(login).toString('base64')})

describe.each(STORES)('an image from a registry on $name', ({name, host}) => {
  // containerd's store may have fetched a layer before it tells of its size.
  const size = name.includes('containerd') ? '(?: \\(\\d+ MB\\))?' : ' \\(\\d+ MB\\)'

  test('an image is fetched when it is missing, and with --pull=always each time, but not with --pull=never', async () => {
    const guest = host()
    const {image} = await startRegistry(guest, 'open')
    const never = await defineService(guest, `run --rm --pull=never --name %n ${image} true`, ONESHOT)
    await never.start()
    await never.says(/^image .* is not on this host and --pull=never forbids fetching it/)
    for (const policy of ['missing', 'always', 'never']) {
      const service = await defineService(
        guest,
        `run --rm --pull=${policy} --name %n ${image} echo with ${policy}`,
        ONESHOT,
      )
      expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
      await service.says(`with ${policy}`)
      const pulled = (await service.journal()).filter((line) => line.startsWith('pulled '))
      expect(pulled).toEqual(
        policy === 'missing' ? [expect.stringMatching(new RegExp(`^pulled ${image}${size}$`))] : [],
      )
    }
  })

  test('a container whose tag has moved is used with a warning, or replaced, and --pull=always moves the tag at each start', async () => {
    const guest = host()
    const {image, directory} = await startRegistry(guest, 'open')
    const rest = `--init --name %n ${image} sleep 1000`
    const line = (options: string): string => `/opt/bin/systemd-docker ${options} ${rest}`
    // What differs between the starts is no part of what the container is created from.
    const service = await defineService(guest, '', {
      ExecStart: `/bin/sh -c 'exec $$(cat /run/%n.line)'`,
    })
    onTestFinished(async () => {
      await guest.run('rm', `/run/${service.name}.line`)
    })
    const startWith = async (options: string): Promise<number> => {
      await guest.write(`/run/${service.name}.line`, line(options).replaceAll('%n', service.name))
      const {status} = await service.start()
      return status
    }
    const warning = `container ${service.name} was created from another image than ${image} is now, and is used as it is (--on-drift=replace recreates it)`
    const warnings = async (): Promise<number> => (await service.journal()).filter((said) => said === warning).length
    const isOfTag = async (): Promise<boolean> =>
      (await service.inspect('{{.Image}}')) ===
      (await guest.run('docker', 'image', 'inspect', '--format', '{{.Id}}', image))

    await guest.run('docker', 'tag', 'busybox', image)
    expect(await startWith('run'), (await service.journal()).join('\n')).toBe(0)
    const first = await service.inspect('{{.Id}}')
    await service.stop()
    expect(await startWith('run')).toBe(0)
    await service.stop()
    expect([await warnings(), await isOfTag()]).toEqual([0, true])
    // The registry has another image of that name.
    expect(await startWith('run --pull=always')).toBe(0)
    await service.says(warning)
    expect([await service.inspect('{{.Id}}'), await isOfTag()]).toEqual([first, false])
    await service.stop()
    expect(await startWith('--on-drift=fail run')).toBe(1)
    await service.says(/^rm-reconcile \(reconcile\): .* was created from another image/)
    expect(await startWith('--on-drift=replace run')).toBe(0)
    const second = await service.inspect('{{.Id}}')
    expect([second === first, await isOfTag()]).toEqual([false, true])
    await service.stop()
    expect(await startWith('run --pull=always')).toBe(0)
    await service.stop()
    expect([await service.inspect('{{.Id}}'), await warnings()]).toEqual([second, 1])
    // A registry that is away fails what is to ask it, as with docker run --pull=always.
    await guest.run('systemctl', 'kill', '--signal=KILL', `${basename(directory)}.service`)
    expect(await startWith('run --pull=always')).toBe(1)
    await service.says(/^cannot pull image/)
    expect(await service.inspect('{{.Id}}')).toBe(second)
  })

  test('a container of an image for several platforms is of the image that its tag means', async () => {
    const guest = host()
    const {image} = await startRegistry(guest, 'open')
    /** What is said of the image of a container that is started again. */
    const saidOf = async (words: string): Promise<string[]> => {
      const service = await defineService(guest, `run --init --name %n ${words} sleep 1000`)
      expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
      await service.stop()
      expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
      return (await service.journal()).filter((line) => line.includes('another image'))
    }
    expect(await saidOf(`--pull=always ${image}:both`)).toEqual([])
    const digests = ['docker', 'image', 'inspect', '--format', '{{index .RepoDigests 0}}', `${image}:both`]
    expect(await saidOf(await guest.run(...digests))).toEqual([])
  })

  test('the image that is fetched is the one for --platform', async () => {
    const guest = host()
    const {image} = await startRegistry(guest, 'open')
    const service = await defineService(guest, `run --rm --platform linux/arm64 --name %n ${image}:arm true`, ONESHOT)
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    expect(await guest.run('docker', 'image', 'inspect', '--format', '{{.Architecture}}', `${image}:arm`)).toBe('arm64')
    const other = await defineService(guest, `run --rm --platform linux/arm64 --name %n ${image} true`, ONESHOT)
    expect((await other.start()).status).toBe(1)
    await other.says(/platform/)
    expect(await containers(guest, `name=${other.name}`)).toEqual([])
  })

  test('an image is fetched for another platform than it is here for, but not with --pull=never', async () => {
    const guest = host()
    const {image} = await startRegistry(guest, 'open')
    await guest.run('docker', 'pull', '--quiet', `${image}:both`)
    const other = `--platform linux/arm64 --name %n ${image}:both echo with it`
    const never = await defineService(guest, `run --rm --pull=never ${other}`, ONESHOT)
    expect((await never.start()).status).toBe(1)
    await never.says(/^image .*:both is not on this host and --pull=never forbids fetching it/)
    const service = await defineService(guest, `run --rm ${other}`, ONESHOT)
    expect((await service.start()).status, (await service.journal()).join('\n')).toBe(0)
    await service.says('with it')
  })

  test('an image without such a tag is an error in the words of the registry', async () => {
    const guest = host()
    const {image} = await startRegistry(guest, 'open')
    const service = await defineService(guest, `run --rm --name %n ${image}:none true`)
    expect((await service.start()).status).toBe(1)
    await service.says(
      new RegExp(
        `^cannot pull image ${image}:none: .*(?:manifest|not found).*; check the name, the tag and the connection to`,
      ),
    )
    expect(await service.show('Result', 'ExecMainStatus')).toEqual({Result: 'exit-code', ExecMainStatus: '125'})
  })

  test('a pull shows its progress on a terminal and clears it, and nothing with --quiet', async () => {
    const guest = host()
    const {image} = await startRegistry(guest, 'slow')
    const onTerminal = async (option: string): Promise<string> => {
      const line = `/opt/bin/systemd-docker --cgroups none run --rm ${option} ${image} echo done`
      return await guest.run('script', '--quiet', '--return', '--command', line, '/dev/null')
    }
    const shown = await onTerminal('--pull=missing')
    expect(shown).toMatch(/\r\u001B\[KPulling 127\.0\.0\.1:\d+\/image \d+ % \(\d+ of \d+ MB\)/)
    expect(shown).toMatch(/ MB\)\r\u001B\[Ksystemd-docker: pulled 127\.0\.0\.1:\d+\/image \(\d+ MB\)\r?\n/)
    expect(shown).toMatch(/^done\r?$/m)
    await guest.run('docker', 'rmi', image)
    const quiet = await onTerminal('--quiet')
    expect(quiet).not.toContain('Pulling')
    expect(quiet).toMatch(/^done\r?$/m)
  })
})

describe.each(STORES)('a registry with a password on $name', ({host}) => {
  /** A unit that must not betray the password. */
  async function pulls(registry: Registry, settings: Record<string, string | readonly string[]>): Promise<string[]> {
    const guest = host()
    const service = await defineService(guest, `run --rm --name %n ${registry.image} echo let in`, {
      ...ONESHOT,
      ...settings,
    })
    await service.start()
    const said = await service.journal()
    const all = await guest.run('journalctl', '--boot', '--output=cat', '--no-pager')
    for (const secret of [PASSWORD, Buffer.from(LOGIN).toString('base64')]) expect(all).not.toContain(secret)
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
    return said
  }

  test('a registry with a password lets in who has the login in config.json, also as a credential of the unit', async () => {
    const guest = host()
    const registry = await startRegistry(guest, 'password', LOGIN)
    const client = {auths: {[registry.host]: authOf(LOGIN)}}
    const settings = await clientConfig(guest, registry, client)
    expect(await pulls(registry, settings)).toContain('let in')
    await guest.run('docker', 'rmi', registry.image)
    const credential = {
      LoadCredential: `config.json:${registry.directory}/client/config.json`,
      Environment: 'DOCKER_CONFIG=%d',
    }
    expect(await pulls(registry, credential)).toContain('let in')
  })

  test('a registry with a password lets in who has a credential helper that knows the login', async () => {
    const guest = host()
    const registry = await startRegistry(guest, 'password', LOGIN)
    const helper = `${registry.directory}/docker-credential-site`
    const answer = JSON.stringify({ServerURL: registry.host, Username: 'app', Secret: PASSWORD})
    await guest.write(
      helper,
      `#!/bin/sh\necho "$@" "$(cat)" >>${registry.directory}/asked\ncat <<'END'\n${answer}\nEND\n`,
    )
    await guest.run('chmod', '0755', helper)
    const PATH = `PATH=${registry.directory}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`
    for (const config of [{credsStore: 'site'}, {credsStore: 'other', credHelpers: {[registry.host]: 'site'}}]) {
      const {Environment} = await clientConfig(guest, registry, config)
      expect(await pulls(registry, {Environment: [Environment, PATH]})).toContain('let in')
      await guest.run('docker', 'rmi', registry.image)
    }
    expect(await guest.run('cat', `${registry.directory}/asked`)).toBe(`get ${registry.host}\nget ${registry.host}`)
  })

  test('a registry with a password keeps everybody else out, and the error says as whom it was asked', async () => {
    const guest = host()
    const registry = await startRegistry(guest, 'password', LOGIN)
    const path = `${registry.directory}/client/config.json`
    const wrong = await clientConfig(guest, registry, {auths: {[registry.host]: authOf('app:wrong')}})
    const refused = (how: string): RegExp =>
      new RegExp(`^cannot pull image ${registry.image}: .*\\(asked ${how} for ${registry.host} in ${path}\\); check`)
    expect(await pulls(registry, wrong)).toContainEqual(expect.stringMatching(refused('with the login')))
    const none = await clientConfig(guest, registry, {auths: {}})
    expect(await pulls(registry, none)).toContainEqual(
      expect.stringMatching(refused('without a login, because there is none')),
    )
    const helpless = await pulls(registry, await clientConfig(guest, registry, {credsStore: 'none'}))
    expect(helpless).toContain(
      `docker-credential-none, which ${path} names: gave no login for ${registry.host}: it is not on the PATH; ${registry.image} is pulled without a login`,
    )
    expect(await isHere(guest, registry.image)).toBe(false)
  })
})

describe.each(STORES)('a slow registry on $name', ({host}) => {
  test('a slow registry is waited for longer than the unit may take to start, and systemctl status says how far it is', async () => {
    const guest = host()
    const {image} = await startRegistry(guest, 'slow')
    const service = await defineService(guest, `run --rm --name %n ${image} sleep 1000`, {TimeoutStartSec: '4'})
    const started = service.start()
    await until(PULL_TIMEOUT_MS, async () =>
      /^Pulling 127\.0\.0\.1:\d+\/image [1-9]\d? % \(\d+ of \d+ MB\)$/.test(
        (await service.show('StatusText')).StatusText,
      )
        ? true
        : undefined,
    )
    expect((await started).status, (await service.journal()).join('\n')).toBe(0)
    const {ActiveEnterTimestampMonotonic: active, InactiveExitTimestampMonotonic: begun} = await service.show(
      'ActiveEnterTimestampMonotonic',
      'InactiveExitTimestampMonotonic',
    )
    expect(Number(active) - Number(begun)).toBeGreaterThan(8_000_000)
    expect(await service.show('ActiveState', 'StatusText')).toEqual({
      ActiveState: 'active',
      StatusText: expect.stringMatching(runs(service.name)) as unknown,
    })
  })

  test('a slow registry is given up when the unit is stopped, and nothing is left', async () => {
    const guest = host()
    const {image} = await startRegistry(guest, 'slow')
    const service = await defineService(guest, `run --rm --name %n ${image} sleep 1000`)
    const started = service.start()
    await until(PULL_TIMEOUT_MS, async () =>
      /^Pulling .* %/.test((await service.show('StatusText')).StatusText) ? true : undefined,
    )
    await service.stop()
    await started
    expect(await service.show('ActiveState', 'Result')).toEqual({ActiveState: 'inactive', Result: 'success'})
    expect(await isHere(guest, image)).toBe(false)
    expect(await containers(guest, `name=${service.name}`)).toEqual([])
    expect(await service.pids()).toEqual([])
  })
})
