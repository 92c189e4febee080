import {execFileSync} from 'node:child_process'
import {chmod, mkdir, readFile, symlink, writeFile} from 'node:fs/promises'
import {beforeEach, describe, expect, test} from 'vitest'
import {findLogin, type FoundLogin} from '../../../../src/docker/client/registry-auth.js'
import {useTempDirectory} from '../../../support/temp-directory.js'

const {signal} = new AbortController()
const SECRET = 'hunter:2'
const HUB = 'https://index.docker.io/v1/'
const inTemp = useTempDirectory()
const base64 = (text: string): string => Buffer.from(text).toString('base64')

beforeEach(async () => {
  await mkdir(inTemp('bin'))
})

async function find(image: string, config: unknown, by = signal, told = ''): Promise<FoundLogin | undefined> {
  await writeFile(inTemp('config.json'), typeof config === 'string' ? config : JSON.stringify(config))
  const env = {DOCKER_CONFIG: inTemp(), DOCKER_AUTH_CONFIG: told, PATH: `${inTemp('bin')}:/usr/bin:/bin`}
  return await findLogin(image, env, by)
}

/** A credential helper that writes down what it was asked. */
async function helper(name: string, script: string): Promise<void> {
  const path = inTemp('bin', `docker-credential-${name}`)
  await writeFile(path, `#!/bin/sh\necho "$*" "$(cat)" >>'${inTemp('asked')}'\n${script}\n`)
  await chmod(path, 0o755)
}

const answers = (username: string, secret: string): string =>
  `echo '${JSON.stringify({ServerURL: 'x', Username: username, Secret: secret})}'`

describe("a registry's login", () => {
  test('a host without a config.json has no login, and says where it was looked for', async () => {
    await expect(findLogin('nginx', {DOCKER_CONFIG: inTemp()}, signal)).resolves.toEqual({from: inTemp('config.json')})
  })

  test.each([
    ['a FIFO', (path: string) => execFileSync('mkfifo', [path])],
    ['a device', (path: string) => symlink('/dev/zero', path)],
  ])('a login is not waited for where config.json is %s', async (kind, put) => {
    await put(inTemp('config.json'))
    await expect(findLogin('nginx', {DOCKER_CONFIG: inTemp()}, signal)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${inTemp('config.json')}: it is ${kind}, not a regular file`,
    })
  })

  test.each([
    ['nginx', HUB],
    ['library/nginx:1.27', HUB],
    ['docker.io/library/nginx', HUB],
    ['index.docker.io/nginx', HUB],
    ['registry:5000/a/b:c', 'registry:5000'],
    ['ghcr.io/a/b@sha256:c0ffee', 'ghcr.io'],
    ['localhost/a', 'localhost'],
    ['Host/a', 'Host'],
  ])('the login for %s is the one of %s', async (image, registry) => {
    const found = await find(image, {auths: {[registry]: {auth: base64(`app:${SECRET}`)}, other: {auth: 'x'}}})
    expect(found).toEqual({
      from: inTemp('config.json'),
      login: {username: 'app', password: SECRET, serveraddress: registry},
    })
  })

  test.each([
    [
      'the whole address, as old clients wrote it',
      {auths: {'https://reg.io/v1/': {auth: base64('a:b')}}},
      {username: 'a', password: 'b'},
    ],
    [
      'an identity token',
      {auths: {'reg.io': {auth: base64('a:'), identitytoken: 'tok'}}},
      {username: 'a', password: '', identitytoken: 'tok'},
    ],
    ['a registry token', {auths: {'reg.io': {registrytoken: 'tok'}}}, {registrytoken: 'tok'}],
    ['plain words', {auths: {'reg.io': {username: 'a', password: 'b'}}}, {username: 'a', password: 'b'}],
  ])('a login may be %s', async (_, config, login) => {
    expect((await find('reg.io/a', config))?.login).toEqual({...login, serveraddress: 'reg.io'})
  })

  test.each([{}, {auths: null}, {auths: {}}, {auths: {'reg.io': {}}}, {auths: {'other.io': {auth: base64('a:b')}}}])(
    'a login is not found in %j',
    async (config) => {
      expect(await find('reg.io/a', config)).toEqual({from: inTemp('config.json')})
    },
  )

  test.each([
    [`{"auths": {"reg.io": {"auth": "${base64(SECRET)}"`, "is not what docker's client writes"],
    [{auths: {'reg.io': {auth: base64('hunter')}}}, 'the auth of reg.io is not a user and a password'],
  ])('a login in %j is refused without a word of it', async (config, why) => {
    const error = await find('reg.io/a', config).catch(String)
    expect(error).toContain(why)
    expect(error).not.toMatch(/hunter|aHVud/)
  })
})

describe('DOCKER_AUTH_CONFIG', () => {
  const file = {auths: {'reg.io': {auth: base64('file:x')}}}
  const told = (registry: string): string => JSON.stringify({auths: {[registry]: {auth: base64(`app:${SECRET}`)}}})

  test.each([
    ['auths of config.json', file],
    ['a helper', {credsStore: 'nobody'}],
    ['a config.json that is none', '{'],
  ])('DOCKER_AUTH_CONFIG wins over %s', async (_, config) => {
    expect(await find('reg.io/a', config, signal, told('reg.io'))).toEqual({
      from: 'DOCKER_AUTH_CONFIG',
      login: {username: 'app', password: SECRET, serveraddress: 'reg.io'},
    })
  })

  test.each([
    ['is empty', ' '],
    ['has nothing', '{}'],
    ['has none', '{"auths": null}'],
    ['has another registry', told('other.io')],
    ['has the whole address', told('https://reg.io/v1/')],
  ])('a DOCKER_AUTH_CONFIG that %s leaves it to config.json', async (_, text) => {
    expect(await find('reg.io/a', file, signal, text)).toEqual({
      from: inTemp('config.json'),
      login: {username: 'file', password: 'x', serveraddress: 'reg.io'},
    })
  })

  test.each([
    '{',
    '[]',
    '"hunter"',
    `${told('reg.io')} {}`,
    `{"auths": {"reg.io": {"auth": "${base64('hunter')}"}}}`,
    '{"auths": {"reg.io": {"auth": ""}}}',
    '{"auths": {"reg.io": {"username": "hunter", "password": "2"}}}',
    '{"auths": {"reg.io": {"identitytoken": "hunter"}}}',
    '{"auths": {}, "hunter": 1}',
  ])('the DOCKER_AUTH_CONFIG %s is passed over with a word of that, and none of it', async (text) => {
    expect(await find('reg.io/a', file, signal, text)).toEqual({
      from: inTemp('config.json'),
      login: {username: 'file', password: 'x', serveraddress: 'reg.io'},
      passedOver: `DOCKER_AUTH_CONFIG does not have docker's format, {"auths": {"REGISTRY": {"auth": "BASE64"}}}, and is ignored`,
    })
  })
})

describe('a credential helper', () => {
  test('a helper is asked for the registry through a pipe, and wins over auths', async () => {
    await helper('site', answers('app', SECRET))
    const found = await find('reg.io/a', {credsStore: 'site', auths: {'reg.io': {auth: base64('a:b')}}})
    expect(found).toEqual({
      login: {username: 'app', password: SECRET, serveraddress: 'reg.io'},
      from: `docker-credential-site, which ${inTemp('config.json')} names`,
    })
    expect(await readFile(inTemp('asked'), 'utf8')).toBe('get reg.io\n')
  })

  test('a helper of the registry wins over the one for all', async () => {
    await helper('one', answers('one', 'x'))
    await helper('all', answers('all', 'x'))
    const config = {credsStore: 'all', credHelpers: {'reg.io': 'one'}}
    expect((await find('reg.io/a', config))?.login).toMatchObject({username: 'one'})
    expect((await find('nginx', config))?.login).toMatchObject({username: 'all', serveraddress: HUB})
  })

  test('a helper may have an identity token', async () => {
    await helper('site', answers('<token>', 'tok'))
    expect((await find('reg.io/a', {credsStore: 'site'}))?.login).toEqual({
      identitytoken: 'tok',
      serveraddress: 'reg.io',
    })
  })

  test('a helper that has no login for the registry is believed', async () => {
    await helper('site', 'echo credentials not found in native keychain; exit 1')
    expect((await find('reg.io/a', {credsStore: 'site'}))?.login).toBeUndefined()
  })

  test.each([
    ['is not there', undefined, 'it is not on the PATH'],
    ['fails with words', 'echo the keychain is locked; exit 1', 'the keychain is locked'],
    ['fails without any', 'exit 3', 'it exited with status 3'],
    ['fails with its answer', `${answers('app', SECRET)}; exit 1`, 'it exited with status 1'],
    ['says no JSON', `echo '${SECRET}'`, 'its answer has no Username and Secret'],
    ['says half of it', `echo '{"Secret": "${SECRET}"}'`, 'its answer has no Username and Secret'],
  ])('a helper that %s is an error without the secret', async (_, script, why) => {
    if (script !== undefined) await helper('site', script)
    const error = await find('reg.io/a', {credsStore: 'site'}).catch((error: unknown) => error)
    expect(error).toMatchObject({
      code: 'CONFIGURATION',
      message: `docker-credential-site, which ${inTemp('config.json')} names: gave no login for reg.io: ${why}`,
    })
  })

  test('a helper that does not listen is an error, and nothing else', async () => {
    await writeFile(inTemp('bin', 'docker-credential-deaf'), '#!/bin/sh\nexec <&-\nexit 1\n')
    await chmod(inTemp('bin', 'docker-credential-deaf'), 0o755)
    await expect(find('reg.io/a', {credsStore: 'deaf'})).rejects.toMatchObject({code: 'CONFIGURATION'})
  })

  test('a helper is given up when the run is stopped', async () => {
    await helper('slow', 'exec sleep 1000')
    const controller = new AbortController()
    const found = find('reg.io/a', {credsStore: 'slow'}, controller.signal)
    controller.abort(new Error('stopped'))
    await expect(found).rejects.toThrow('stopped')
  })
})
