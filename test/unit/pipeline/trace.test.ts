import {createServer} from 'node:http'
import {describe, expect, onTestFinished, test} from 'vitest'
import {DockerodeEngine} from '../../../src/docker/dockerode-engine.js'
import {StoppedError} from '../../../src/errors.js'
import {traceEngine, traceError, traced} from '../../../src/pipeline/trace.js'
import {NEVER_ABORTED} from '../../../src/timing.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()

describe('what is traced of the Engine', () => {
  test('a question to the Engine is traced without its query, with what came of it, and how long that took', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, {'Api-Version': '1.45', 'Content-Type': 'application/json'}).end('[]')
    })
    await new Promise<void>((resolve) => server.listen(inTemp('docker.sock'), resolve))
    onTestFinished(() => void server.close())
    const lines: string[] = []
    traceEngine((line) => lines.push(line), inTemp('docker.sock'))
    await new DockerodeEngine(inTemp('docker.sock'), '1.45').list({secret: 'abracadabra'}, NEVER_ABORTED)
    expect(lines).toEqual([
      expect.stringMatching(/^Engine: GET (?:\/v1\.45)?\/containers\/json: 200 after \d+\.\d ms$/),
    ])
  })

  test('a question that nobody answers is traced, and nothing of other sockets', async () => {
    const lines: string[] = []
    traceEngine((line) => lines.push(line), inTemp('none.sock'))
    await expect(new DockerodeEngine(inTemp('none.sock')).ping(NEVER_ABORTED)).rejects.toThrow()
    await expect(new DockerodeEngine(inTemp('other.sock')).ping(NEVER_ABORTED)).rejects.toThrow()
    expect(lines).toEqual([expect.stringMatching(/^Engine: GET \/_ping: .*ENOENT.* after \d+\.\d ms$/)])
  })
})

describe('a traced plugin', () => {
  class Hooks {
    #calls = 0
    create(): void {
      this.#calls++
    }
    start(): Promise<void> {
      return Promise.reject(new Error('no space'))
    }
    resident(): string {
      return `called ${String(this.#calls)} times`
    }
  }

  test('a traced plugin says when its phases begin and how long they took, also when they fail, and is otherwise as it was', async () => {
    const lines: string[] = []
    const hooks = new Hooks()
    const [member] = traced([{name: 'mine', hooks: hooks}], (line) => lines.push(line))
    await member?.hooks.create?.(undefined as never)
    await expect(member?.hooks.start?.(undefined as never)).rejects.toThrow('no space')
    expect(member?.hooks.ready).toBeUndefined()
    expect(member?.hooks.resident?.()).toBe('called 1 times')
    expect(lines.map((line) => line.replace(/[\d.]+ ms/, 'N ms'))).toEqual([
      'create: mine begins',
      'create: mine took N ms',
      'start: mine begins',
      'start: mine took N ms',
    ])
  })
})

test('a traced plugin may have its hooks frozen', async () => {
  const lines: string[] = []
  const hooks = Object.freeze({create: () => undefined})
  const [member] = traced([{name: 'mine', hooks}], (line) => lines.push(line))
  await member?.hooks.create?.(undefined as never)
  expect(lines).toHaveLength(2)
})

test('a failure is told with its stack and its causes, a line each', () => {
  const lines: string[] = []
  traceError((line) => lines.push(line), new TypeError('outer', {cause: new RangeError('inner')}))
  expect(lines.filter((line) => !line.startsWith('    at '))).toEqual(['TypeError: outer', 'RangeError: inner'])
  expect(lines.length).toBeGreaterThan(4)
})

test('a failure of ours is told with its code, whatever the build calls its class', () => {
  const lines: string[] = []
  traceError((line) => lines.push(line), new StoppedError('SIGTERM'))
  expect(lines[0]).toMatch(/^SystemdDockerError \[STOPPED\]: /)
})
