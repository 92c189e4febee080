import {createServer, type Server} from 'node:http'
import {afterEach, describe, expect, test} from 'vitest'
import {EarlyEngine} from '../../../src/early-engine/early-engine.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()
const {signal} = new AbortController()
let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** An Engine that counts what it is asked; `isUp` says whether it answers that. */
async function engineAt(path: string, isUp: (count: number) => boolean = () => true): Promise<string[]> {
  const asked: string[] = []
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (isUp(asked.length))
      response
        .setHeader('api-version', '1.51')
        .end(request.url?.endsWith('/info') ? JSON.stringify({ServerVersion: '26.1'}) : 'OK')
    else response.destroy()
  })
  await new Promise<void>((resolve) => server?.listen(path, resolve))
  return asked
}

describe('an Engine that is asked early', () => {
  test('an Engine is asked once for its first ping and its first info, and then as often as it is asked', async () => {
    const asked = await engineAt(inTemp('socket'))
    const engine = new EarlyEngine(inTemp('socket'))
    await engine.ping(signal)
    expect(await engine.info(signal)).toMatchObject({version: '26.1'})
    expect(await engine.info(signal)).toMatchObject({version: '26.1'})
    expect(asked).toEqual(['/info'])
    await engine.ping(signal)
    await engine.info(signal)
    expect(asked).toEqual(['/info', '/_ping', '/v1.51/info'])
  })

  test('an Engine that was asked early and did not answer is asked again', async () => {
    const asked = await engineAt(inTemp('socket'), (count) => count > 1)
    const engine = new EarlyEngine(inTemp('socket'))
    await engine.ping(signal)
    expect(await engine.info(signal)).toMatchObject({version: '26.1'})
    expect(asked).toEqual(['/info', '/_ping', '/v1.51/info'])
  })

  test('an Engine that is not there is unreachable, for a ping and for its info', async () => {
    const engine = new EarlyEngine(inTemp('nowhere'))
    await expect(engine.ping(signal)).rejects.toMatchObject({code: 'ENGINE_UNREACHABLE'})
    await expect(engine.info(signal)).rejects.toMatchObject({code: 'ENGINE_UNREACHABLE'})
  })

  test('an Engine that hangs over the early question is waited for no longer than it is asked for, and then only has to answer', async () => {
    server = createServer((request, response) => {
      if (request.url !== '/info') response.end('OK')
    })
    await new Promise<void>((resolve) => server?.listen(inTemp('socket'), resolve))
    const engine = new EarlyEngine(inTemp('socket'))
    await expect(engine.ping(AbortSignal.timeout(50))).rejects.toMatchObject({name: 'TimeoutError'})
    await expect(engine.ping(signal)).resolves.toBeUndefined()
  })

  test('an Engine that is still to say what it is says meanwhile which API it speaks, and what has a name', async () => {
    server = createServer((request, response) => {
      response.setHeader('api-version', '1.51')
      if (request.url === '/_ping') response.end('OK')
      else if (request.url !== '/info') response.writeHead(404).end(JSON.stringify({message: request.url}))
    })
    await new Promise<void>((resolve) => server?.listen(inTemp('socket'), resolve))
    const engine = new EarlyEngine(inTemp('socket'))
    expect(await engine.apiVersion(signal)).toBe('1.51')
    expect(await engine.inspect('web', signal)).toBeUndefined()
  })
})
