import {connect, createServer, type AddressInfo, type Server, type Socket} from 'node:net'
import {afterEach, expect, test} from 'vitest'
import {connectionReadiness} from '../../../src/readiness/connection.js'
import {CONNECTION_STAYS_MS} from '../../../src/limits.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const PACE = {interval: 5, isEager: false, timeout: 2000}
const directory = useTempDirectory()
const open: Server[] = []

afterEach(async () => {
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve))
})

/** A server that does this with each connection. */
async function listening(path: string | undefined, accept: (socket: Socket, count: number) => void): Promise<Server> {
  let count = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    accept(socket, ++count)
  })
  open.push(server)
  await new Promise<void>((resolve) => server.listen(path ?? 0, resolve))
  return server
}

async function waited(where: Parameters<typeof connectionReadiness>[1], most = 3, startTook = 0): Promise<string[]> {
  const said: string[] = []
  const controller = new AbortController()
  const enough = new Error('enough')
  const listen = (answer: string): void => {
    if (said.push(answer) === most) controller.abort(enough)
  }
  await connectionReadiness('it', where, PACE)
    .wait({
      engine: fakeEngine(),
      container: {id: 'abc', tty: false},
      startTook,
      said: listen,
      signal: controller.signal,
    })
    .catch((error: unknown) => {
      expect(error).toBe(enough)
    })
  return said
}

const port = (server: Server): number => (server.address() as AddressInfo).port

test('a port is ready when a connection to it stays open', async () => {
  const server = await listening(undefined, () => undefined)
  expect(await waited({host: 'localhost', port: port(server)})).toEqual([])
})

test('a port behind which nobody listens yet, so that a proxy closes each connection, is not ready', async () => {
  const server = await listening(undefined, (socket, count) => {
    if (count < 3) socket.end()
    else socket.end('220 ready\r\n')
  })
  expect(await waited({host: 'localhost', port: port(server)})).toEqual([
    'the connection was closed at once, 1st try',
    'the connection was closed at once, 2nd try',
  ])
})

test('a proxy of a busy host may take as long to close a connection as the container took to start', async () => {
  const server = await listening(undefined, (socket, count) => {
    if (count < 2) setTimeout(() => socket.end(), 2 * CONNECTION_STAYS_MS)
  })
  const where = {host: 'localhost', port: port(server)}
  expect(await waited(where, 3, 3 * CONNECTION_STAYS_MS)).toEqual(['the connection was closed at once, 1st try'])
})

test('a connection need not stay open for longer than a probe may take', async () => {
  const server = await listening(undefined, () => undefined)
  expect(await waited({host: 'localhost', port: port(server)}, 3, 60_000)).toEqual([])
})

test('a port that nobody has is not ready', async () => {
  const server = await listening(undefined, () => undefined)
  const where = {host: '127.0.0.1', port: port(server)}
  open.pop()
  await new Promise((resolve) => server.close(resolve))
  expect(await waited(where, 1)).toEqual(['ECONNREFUSED, 1st try'])
})

test('a socket of the host is ready when a connection to it stays open, and not while it is missing', async () => {
  const path = directory('app.sock')
  expect(await waited({path}, 1)).toEqual(['ENOENT, 1st try'])
  await listening(path, () => undefined)
  expect(await waited({path})).toEqual([])
  // The server is there for others as well.
  const socket = connect(path)
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.destroy()
})
