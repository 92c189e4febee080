import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, onTestFinished, test} from 'vitest'
import {requestHeaders} from '../../src/docker/client/request-headers.js'
import {recordDocker} from '../support/run-options/docker-client.js'
import {TOLD, both, refusalOf, requestsOf, type Client} from './both.js'

const PROXIES: readonly (readonly [what: string, proxies: (engine: string) => unknown])[] = [
  ['under default', () => ({default: {httpProxy: 'http://a', noProxy: 'b'}})],
  [
    'for the Engine',
    (engine) => ({default: {httpProxy: 'http://a', ftpProxy: 'c'}, [engine]: {httpProxy: 'http://b'}}),
  ],
  ['none for the Engine', (engine) => ({default: {httpProxy: 'http://a'}, [engine]: {}})],
  ['null for the Engine', (engine) => ({default: {httpProxy: 'http://a'}, [engine]: null})],
  ['for another Engine', () => ({'unix:///elsewhere.sock': {httpProxy: 'http://a'}})],
  ['empty', () => ({default: {httpProxy: '', httpsProxy: 'http://b'}})],
  ['with fields in other letters', () => ({default: {HTTPProxy: 'http://a', noproxy: 'b'}})],
  ['with fields of later clients', () => ({default: {httpProxy: 'http://a', quicProxy: 5}})],
  ['null', () => null],
]
/** What a line may say beside them. */
const BESIDE = [
  '',
  '-e HTTP_PROXY=line',
  '-e http_proxy=line -e HTTPS_PROXY',
  '-e http_proxy= -e NO_PROXY',
  '-e HTTP_PROXY -e SET_OUTSIDE',
  '--env-file variables.env',
  '--env-file variables.env -e HTTP_PROXY=line',
]

describe("the proxies of docker's client", async () => {
  const words = BESIDE.map((line) => [...line.split(' ').filter((word) => word !== ''), 'image'])
  for (const [what, proxies] of PROXIES) {
    const pairs = await both(words, {
      env: {http_proxy: 'of-the-process'},
      config: (engine) => ({proxies: proxies(engine)}),
    })
    test.each(pairs.map((pair) => [pair.line, pair] as const))(
      `the container has the proxies of config.json as docker has it: ${what}: %s`,
      (_, pair) => {
        const {docker, ours} = requestsOf(pair)
        expect(ours).toEqual(docker)
      },
    )
  }
})

describe("the variables of docker's client", async () => {
  const lines = ['image', '--platform linux/amd64 image', '--platform= image'].map((line) => line.split(' '))
  const clients: readonly Client[] = ['', 'linux/arm64', 'LINUX/aarch64', 'windows'].map((DOCKER_DEFAULT_PLATFORM) => ({
    env: {DOCKER_DEFAULT_PLATFORM, DOCKER_CONTENT_TRUST: '0'},
  }))
  for (const client of clients) {
    const pairs = await both(lines, client)
    test.each(pairs.map((pair) => [pair.line, pair] as const))(
      `DOCKER_DEFAULT_PLATFORM=${client.env?.['DOCKER_DEFAULT_PLATFORM'] ?? ''} stands for a --platform that the line does not say: %s`,
      (_, pair) => {
        const {docker, ours} = requestsOf(pair)
        expect(ours).toEqual(docker)
      },
    )
  }

  const [bad, overridden] = await both([['image'], ['--platform', 'linux/amd64', 'image']], {
    env: {DOCKER_DEFAULT_PLATFORM: 'bad'},
  })
  test('a DOCKER_DEFAULT_PLATFORM that is no platform is refused by docker, and by us with the variable, unless the line has one', () => {
    expect(bad?.docker.create).toBeUndefined()
    expect(refusalOf(bad)).toContain('invalid value "bad" for DOCKER_DEFAULT_PLATFORM: bad is neither')
    expect(overridden?.docker.create).toBeDefined()
    expect(refusalOf(overridden)).toBe('')
  })

  const [trusting, distrusting] = await both([['image'], ['--disable-content-trust', 'image']], {
    env: {DOCKER_CONTENT_TRUST: 'yes', DOCKER_CONTENT_TRUST_SERVER: 'https://127.0.0.1:9'},
  })
  test('DOCKER_CONTENT_TRUST, for which docker asks a server, is refused unless the line does without signatures', () => {
    expect(trusting?.docker.create).toBeUndefined()
    expect(refusalOf(trusting)).toContain(
      'option DOCKER_CONTENT_TRUST=yes is refused: systemd-docker verifies no signatures',
    )
    expect(distrusting?.docker.create).toBeDefined()
    expect(refusalOf(distrusting)).toBe('')
  })
})

const HEADERS: readonly (readonly [what: string, client: Client])[] = [
  ['of config.json', {config: () => ({HttpHeaders: {'X-A': '1', 'x-b': 'two words', 'User-Agent': 'me', Host: 'x'}})}],
  ['of the variable alone', TOLD],
  ['in quotes and with blanks', {env: {DOCKER_CUSTOM_HEADERS: ' X-A = 1 ,"x-b=2,3",X-C=,x-c=k=v'}}],
  ['of the first line', {env: {DOCKER_CUSTOM_HEADERS: 'X-A=1\nX-B=2'}}],
  ['empty in the variable', {env: {DOCKER_CUSTOM_HEADERS: ''}, config: () => ({HttpHeaders: {'X-A': '1'}})}],
]
const BAD_HEADERS: readonly (readonly [client: Client, why: string])[] = [
  [{env: {DOCKER_CUSTOM_HEADERS: 'X'}}, 'DOCKER_CUSTOM_HEADERS: use NAME=VALUE'],
  [{env: {DOCKER_CUSTOM_HEADERS: '=1'}}, 'DOCKER_CUSTOM_HEADERS: use NAME=VALUE'],
  [{env: {DOCKER_CUSTOM_HEADERS: 'X-A=1,,'}}, 'DOCKER_CUSTOM_HEADERS: use NAME=VALUE'],
  [{env: {DOCKER_CUSTOM_HEADERS: '"X-A=1'}}, 'DOCKER_CUSTOM_HEADERS: a quote is not closed'],
  [{env: {DOCKER_CUSTOM_HEADERS: 'X A=1'}}, 'DOCKER_CUSTOM_HEADERS: "X A" is not the name of a header'],
  [{config: () => ({HttpHeaders: {'X A': '1'}})}, 'config.json: "X A" is not the name of a header'],
  [
    {config: () => ({HttpHeaders: {X: 'secret\n'}})},
    'config.json: the value of X has characters that a header cannot have',
  ],
]

/** What docker's client sends of headers, and what we would. */
async function headersOf(client: Client): Promise<{docker: object; status: number; ours: () => object}> {
  const directory = await mkdtemp(join(tmpdir(), 'headers-'))
  onTestFinished(async () => {
    await rm(directory, {recursive: true})
  })
  const {config = () => ({})} = client
  await writeFile(join(directory, 'config.json'), JSON.stringify(config('')))
  const [recorded] = await recordDocker([['create', 'image']], {...client, cwd: directory})
  if (recorded === undefined) throw new Error('it was not recorded')
  const docker = Object.entries(recorded.headers).filter(([name]) => name.startsWith('x-'))
  return {
    docker: Object.fromEntries(docker),
    status: recorded.status,
    ours: () => {
      const headers = Object.entries(requestHeaders({...client.env, DOCKER_CONFIG: directory}))
      return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))
    },
  }
}

describe("the headers of docker's client", () => {
  test.each(HEADERS)("the Engine gets the headers that docker's client was told of: %s", async (_, client) => {
    const {docker, ours} = await headersOf(client)
    expect(ours()).toEqual(docker)
  })

  test.each(BAD_HEADERS)('headers that are none are refused by docker and by us: %j', async (client, why) => {
    const {status, ours} = await headersOf(client)
    expect(status).not.toBe(0)
    expect(ours).toThrow(why)
    expect(ours).not.toThrow('secret')
  })
})
