import {createHash} from 'node:crypto'
import {mkdir, writeFile} from 'node:fs/promises'
import {dirname} from 'node:path'
import {beforeEach, describe, expect, test} from 'vitest'
import {socketPath} from '../../../../src/docker/client/endpoint.js'
import {useTempDirectory} from '../../../support/temp-directory.js'
import {thrownBy} from '../../../support/thrown.js'

const ROOT = 0
const USER = 1000
const DEFAULT = '/var/run/docker.sock'
const inTemp = useTempDirectory()
/** Of a user whose docker has been told nothing. */
let env: Record<string, string>

beforeEach(() => {
  env = {HOME: inTemp('home')}
})

async function write(path: string, content: unknown): Promise<void> {
  await mkdir(dirname(path), {recursive: true})
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
}

async function config(content: unknown, directory = inTemp('home', '.docker')): Promise<void> {
  await write(`${directory}/config.json`, content)
}

async function context(name: string, meta: unknown, directory = inTemp('home', '.docker')): Promise<string> {
  const path = `${directory}/contexts/meta/${createHash('sha256').update(name).digest('hex')}/meta.json`
  await write(path, meta)
  return path
}

const at = (Host: string): object => ({Name: 'x', Metadata: {}, Endpoints: {docker: {Host, SkipTLSVerify: false}}})

describe("the Engine's socket", () => {
  test("the socket is docker's own default where nobody says otherwise", () => {
    expect(socketPath(env, ROOT)).toBe(DEFAULT)
    expect(socketPath({...env, DOCKER_HOST: '', DOCKER_CONTEXT: ''}, ROOT)).toBe(DEFAULT)
  })

  test('the socket is where DOCKER_HOST says', () => {
    expect(socketPath({DOCKER_HOST: 'unix:///run/user/1000/docker.sock'})).toBe('/run/user/1000/docker.sock')
  })

  test.each([
    'tcp://10.0.0.1:2375',
    'ssh://root@host',
    'http://localhost',
    'npipe:////./pipe/docker_engine',
    'unix://docker.sock',
    '/var/run/docker.sock',
  ])('the Engine cannot be at %s', (address) => {
    expect(thrownBy(() => socketPath({DOCKER_HOST: address}))).toMatchObject({
      code: 'ENGINE_ADDRESS',
      message: `cannot use DOCKER_HOST=${address}: the container must run on this host to be in its unit, so use unix:///path/to/docker.sock`,
    })
  })

  test('DOCKER_TLS_VERIFY asks for TLS only to a host that is refused anyway', () => {
    const tls = {DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs'}
    expect(socketPath({...env, ...tls}, ROOT)).toBe(DEFAULT)
    expect(thrownBy(() => socketPath({...tls, DOCKER_HOST: 'tcp://10.0.0.1:2376'}))).toMatchObject({
      code: 'ENGINE_ADDRESS',
    })
  })
})

describe('a context', () => {
  test("a context that config.json calls the current one is the Engine's", async () => {
    await config({currentContext: 'mine'})
    await context('mine', at('unix:///run/mine.sock'))
    expect(socketPath(env, ROOT)).toBe('/run/mine.sock')
  })

  test('a context of DOCKER_CONTEXT wins over the current one, and DOCKER_HOST over both', async () => {
    await config({currentContext: 'mine'})
    await context('mine', at('unix:///run/mine.sock'))
    await context('other', at('unix:///run/other.sock'))
    expect(socketPath({...env, DOCKER_CONTEXT: 'other'}, ROOT)).toBe('/run/other.sock')
    expect(socketPath({...env, DOCKER_CONTEXT: 'default'}, ROOT)).toBe(DEFAULT)
    expect(socketPath({...env, DOCKER_CONTEXT: 'other', DOCKER_HOST: 'unix:///run/host.sock'}, ROOT)).toBe(
      '/run/host.sock',
    )
  })

  test('a context is looked for where DOCKER_CONFIG says', async () => {
    await config({currentContext: 'mine'}, inTemp('elsewhere'))
    await context('mine', at('unix:///run/elsewhere.sock'), inTemp('elsewhere'))
    expect(socketPath({...env, DOCKER_CONFIG: inTemp('elsewhere')}, ROOT)).toBe('/run/elsewhere.sock')
  })

  test.each(['tcp://10.0.0.1:2376', 'ssh://root@host'])(
    'a context on another host, %s, is refused with who named it',
    async (address) => {
      await config({currentContext: 'prod'})
      await context('prod', at(address))
      const why =
        'the container must run on this host to be in its unit, so use DOCKER_HOST=unix:///path/to/docker.sock'
      expect(thrownBy(() => socketPath(env, ROOT))).toMatchObject({
        code: 'ENGINE_ADDRESS',
        message: `cannot use the Docker context prod, which ${inTemp('home', '.docker', 'config.json')} names and which is at ${address}: ${why}`,
      })
    },
  )

  test('a context that is not there is refused', () => {
    expect(thrownBy(() => socketPath({...env, DOCKER_CONTEXT: 'gone'}, ROOT))).toMatchObject({
      code: 'ENGINE_ADDRESS',
      message: expect.stringMatching(
        /^cannot use the Docker context gone, which DOCKER_CONTEXT names: there is no .*\/meta\.json; /,
      ) as unknown,
    })
  })

  test.each([{}, {Endpoints: null}, {Endpoints: {docker: {}}}, {Endpoints: {docker: {Host: 7}}}])(
    'a context whose file is %j has no address',
    async (meta) => {
      const path = await context('empty', meta)
      expect(thrownBy(() => socketPath({...env, DOCKER_CONTEXT: 'empty'}, ROOT))).toMatchObject({
        message: `cannot use the Docker context empty, which DOCKER_CONTEXT names: ${path} has no address of an Engine`,
      })
    },
  )
})

describe("config.json of docker's client", () => {
  test.each([{}, {auths: {}}, {currentContext: ''}, {currentContext: 'default'}])(
    'a config.json with %j names no context',
    async (content) => {
      await config(content)
      expect(socketPath(env, ROOT)).toBe(DEFAULT)
    },
  )

  test.each(['{"auths": {"r": {"auth": "c2VjcmV0"}', '[]', ''])(
    'a config.json with %j is refused without a word of it',
    async (text) => {
      await config(text)
      expect(thrownBy(() => socketPath(env, ROOT))).toMatchObject({
        code: 'CONFIGURATION',
        message: `${inTemp('home', '.docker', 'config.json')}: is not what docker's client writes: not a JSON object`,
      })
    },
  )

  test('a config.json is not looked at when DOCKER_HOST or DOCKER_CONTEXT says all', async () => {
    await config('broken')
    expect(socketPath({...env, DOCKER_HOST: 'unix:///run/host.sock'}, ROOT)).toBe('/run/host.sock')
    expect(socketPath({...env, DOCKER_CONTEXT: 'default'}, ROOT)).toBe(DEFAULT)
  })
})

describe("a user's own Engine", () => {
  beforeEach(async () => {
    await write(inTemp('runtime', 'docker.sock'), '')
    env['XDG_RUNTIME_DIR'] = inTemp('runtime')
  })

  test("a user's own Engine is the default where it listens", () => {
    expect(socketPath(env, USER)).toBe(inTemp('runtime', 'docker.sock'))
  })

  test("a user's own Engine is not for root, and gives way to a context and where it is not there to the host's", async () => {
    expect(socketPath(env, ROOT)).toBe(DEFAULT)
    expect(socketPath({...env, XDG_RUNTIME_DIR: inTemp('home')}, USER)).toBe(DEFAULT)
    await config({currentContext: 'mine'})
    await context('mine', at('unix:///run/mine.sock'))
    expect(socketPath(env, USER)).toBe('/run/mine.sock')
  })
})
