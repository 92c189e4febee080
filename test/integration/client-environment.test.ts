import {execFile} from 'node:child_process'
import {writeFile} from 'node:fs/promises'
import {createServer, type IncomingHttpHeaders} from 'node:http'
import {fileURLToPath} from 'node:url'
import {describe, expect, onTestFinished, test} from 'vitest'
import {useTempDirectory} from '../support/temp-directory.js'

const PROGRAM = fileURLToPath(new URL('../../bin/run.cjs', import.meta.url))
const inTemp = useTempDirectory()

/** What the built program says in an environment, with a config.json of docker's client. */
async function program(config: unknown, env: Record<string, string>, words: readonly string[]) {
  await writeFile(inTemp('config.json'), typeof config === 'string' ? config : JSON.stringify(config))
  const own = {PATH: process.env['PATH'], DOCKER_CONFIG: inTemp(), DOCKER_HOST: 'unix:///nowhere/docker.sock', ...env}
  return await new Promise<{status: unknown; stdout: string; stderr: string}>((resolve) => {
    execFile(PROGRAM, words, {env: own}, (error, stdout, stderr) => {
      resolve({status: error === null ? 0 : error.code, stdout, stderr})
    })
  })
}

/** An Engine that refuses everything, and the headers that it was sent. */
async function refusingEngine(): Promise<{address: string; sent: IncomingHttpHeaders[]}> {
  const sent: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    sent.push(request.headers)
    response.writeHead(403, {'api-version': '1.51', 'content-type': 'application/json'}).end('{"message": "no"}')
  })
  await new Promise<void>((resolve) => server.listen(inTemp('engine.sock'), resolve))
  onTestFinished(() => void server.close())
  return {address: `unix://${inTemp('engine.sock')}`, sent}
}

const PROXIES = {proxies: {default: {httpProxy: 'http://user:hunter2@proxy:3128'}}}
const DRY = ['--dry-run', '--cgroups', 'none']

async function variablesOf(...words: string[]): Promise<string[]> {
  const {stdout} = await program(PROXIES, {HTTP_PROXY: 'of-the-unit', OTHER: 'of-the-unit'}, [...DRY, ...words])
  return (JSON.parse(stdout) as {create: {body: {Env: string[]}}}).create.body.Env
}

describe("what docker's client was told", () => {
  test("--dry-run shows docker's client's proxies by name alone, unless it is asked for more", async () => {
    expect(await variablesOf('run', 'image')).toEqual(['HTTP_PROXY', 'http_proxy'])
    const value = PROXIES.proxies.default.httpProxy
    expect(await variablesOf('--dry-run-values', 'run', 'image')).toEqual([
      `HTTP_PROXY=${value}`,
      `http_proxy=${value}`,
    ])
  })

  test("a proxy of docker's client wins over what --env has of the unit's environment, and the line over both", async () => {
    const shown = ['--dry-run-values', '--env', '--env-deny', 'DOCKER_*', 'run']
    const value = PROXIES.proxies.default.httpProxy
    expect(await variablesOf(...shown, 'image')).toEqual([
      'OTHER=of-the-unit',
      `HTTP_PROXY=${value}`,
      `http_proxy=${value}`,
    ])
    expect(await variablesOf(...shown, '-e', 'HTTP_PROXY', 'image')).toEqual([
      'OTHER=of-the-unit',
      `http_proxy=${value}`,
      'HTTP_PROXY=of-the-unit',
    ])
  })

  test("a header of docker's client goes with each question to the Engine", async () => {
    const {address, sent} = await refusingEngine()
    const env = {DOCKER_HOST: address, DOCKER_CUSTOM_HEADERS: 'X-Tenant=hunter2'}
    const {status, stderr} = await program({}, env, ['run', 'image'])
    expect(status).toBe(125)
    expect(stderr).not.toContain('hunter2')
    expect(sent.length).toBeGreaterThan(1)
    for (const headers of sent) expect(headers).toMatchObject({'x-tenant': 'hunter2'})
  })

  test.each([
    [
      'proxies',
      {proxies: {default: {httpProxy: 5}}},
      {},
      /config\.json: httpProxy of proxies for default is not a string\n$/,
    ],
    [
      'headers',
      {HttpHeaders: {'X A': 'hunter2'}},
      {},
      /HttpHeaders of .*config\.json: "X A" is not the name of a header\n$/,
    ],
    ['headers', {}, {DOCKER_CUSTOM_HEADERS: 'hunter2'}, /: DOCKER_CUSTOM_HEADERS: use NAME=VALUE, .*\n$/],
    ['a platform', {}, {DOCKER_DEFAULT_PLATFORM: 'bad'}, /: invalid value "bad" for DOCKER_DEFAULT_PLATFORM: .*\n$/],
    ['anything', '{"hunter2', {}, /config\.json: is not what docker's client writes: not a JSON object\n$/],
  ])(
    "a client's word of %s that is none is refused in a line before the Engine is asked for anything",
    async (_, config, env, said) => {
      const {status, stdout, stderr} = await program(config, env, ['run', 'image'])
      expect(status).toBe(125)
      expect(stdout).toBe('')
      expect(stderr).toMatch(said)
      expect(stderr).not.toContain('hunter2')
      expect(stderr.trim().split('\n')).toHaveLength(1)
    },
  )
})
