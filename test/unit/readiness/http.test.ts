import {createServer, type RequestListener} from 'node:http'
import {createServer as createTcpServer, type AddressInfo, type Server} from 'node:net'
import {afterEach, expect, test} from 'vitest'
import {httpReadiness} from '../../../src/readiness/http.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'

const PACE = {interval: 5, isEager: false, timeout: 1000}
const open: Server[] = []

afterEach(async () => {
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve))
})

async function listening(server: Server): Promise<string> {
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/health?deep=1`
}

/** Waits for the address; what was said until it was ready, or until so many answers. */
async function waited(address: string, most = 3): Promise<string[]> {
  const said: string[] = []
  const controller = new AbortController()
  const enough = new Error('enough')
  const container = {id: 'abc', tty: false}
  const listen = (answer: string): void => {
    if (said.push(answer) === most) controller.abort(enough)
  }
  await httpReadiness(new URL(address), PACE)
    .wait({engine: fakeEngine(), container, said: listen, signal: controller.signal})
    .catch((error: unknown) => {
      expect(error).toBe(enough)
    })
  return said
}

/** What a server is that answers with these statuses, one after the other, and what it was asked. */
function statuses(...codes: readonly number[]): {listener: RequestListener; asked: string[]} {
  const asked: string[] = []
  return {
    asked,
    listener: ({method, url, headers}, response) => {
      asked.push(`${String(method)} ${String(url)} ${String(headers['user-agent'])}`)
      response.writeHead(codes[asked.length - 1] ?? 200, {location: '/elsewhere'}).end('x'.repeat(100_000))
    },
  }
}

test('an address is ready as soon as it answers with a status of 2xx', async () => {
  const {listener, asked} = statuses(503, 404, 204)
  expect(await waited(await listening(createServer(listener)))).toEqual(['503, 1st try', '404, 2nd try'])
  expect(asked).toEqual(Array.from({length: 3}, () => 'GET /health?deep=1 systemd-docker'))
})

test('a redirection is an answer, and is not followed', async () => {
  const {listener, asked} = statuses(301, 200)
  expect(await waited(await listening(createServer(listener)))).toEqual(['301, 1st try'])
  expect(asked[1]).toContain('/health')
})

test('an answer is ready with its headers: of a body that never ends nothing is waited for', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200).write('begun')
  })
  expect(await waited(await listening(server))).toEqual([])
})

test('what is no answer is said by what it is', async () => {
  const closing = await listening(createTcpServer((socket) => socket.destroy()))
  expect(await waited(closing, 1)).toEqual(['ECONNRESET, 1st try'])
  const other = await listening(createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n').resume()))
  expect((await waited(other, 1))[0]).toMatch(/HTTP.*, 1st try$/)
  const gone = createTcpServer()
  const address = await listening(gone)
  await new Promise((resolve) => gone.close(resolve))
  open.pop()
  expect(await waited(address, 1)).toEqual(['ECONNREFUSED, 1st try'])
})
