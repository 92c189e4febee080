import {lstat, readlink, readdir} from 'node:fs/promises'
import {describe, expect, onTestFinished, test} from 'vitest'
import {until} from '../../../sandbox/until.js'
import {loadDatagramSockets, type DatagramSocket} from '../../../src/systemd/datagram-socket.js'
import {openSender} from '../../support/datagram-sender.js'
import {thrownBy} from '../../support/thrown.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()
const PATIENCE_MS = 10_000

function opened(path = inTemp('socket')): {socket: DatagramSocket; arrivals: () => number} {
  const open = loadDatagramSockets()
  if ('why' in open) throw new Error(open.why)
  let count = 0
  const socket = open(path, 100, () => count++)
  onTestFinished(() => {
    socket.close()
  })
  return {socket, arrivals: () => count}
}

/** The text of the oldest datagram. */
function textOf(socket: DatagramSocket): string | undefined {
  return socket.look()?.bytes.toString()
}

/** What this process has open, of this kind. */
async function descriptors(kind: RegExp): Promise<number> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  return links.filter((link) => kind.test(link)).length
}

describe('a socket for datagrams', () => {
  test('the kernel tells of what arrives, which stays until it is taken away', async () => {
    const {socket, arrivals} = opened()
    expect((await lstat(inTemp('socket'))).isSocket()).toBe(true)
    expect(socket.look()).toBeUndefined()
    const sender = openSender(inTemp('socket'))
    sender.send('one')
    sender.send('two')
    await until(PATIENCE_MS, () => Promise.resolve(arrivals() > 0 ? true : undefined))
    expect([textOf(socket), textOf(socket)]).toEqual(['one', 'one'])
    socket.drop()
    expect(textOf(socket)).toBe('two')
    socket.drop()
    expect(socket.look()).toBeUndefined()
  })

  test('what a sender has sent that is gone is there', () => {
    const {socket} = opened()
    const sender = openSender(inTemp('socket'))
    sender.send('READY=1')
    sender.close()
    expect(textOf(socket)).toBe('READY=1')
  })

  test('of a datagram that is too long the length is known, and so much of it as was asked for', () => {
    const {socket} = opened()
    openSender(inTemp('socket')).send('x'.repeat(5000))
    const {bytes, length} = socket.look() ?? {}
    expect([bytes?.length, length]).toEqual([100, 5000])
    socket.drop()
    expect(socket.look()).toBeUndefined()
  })

  test('descriptors that come with a datagram are never opened here, and closed when it is taken away', async () => {
    const {socket} = opened()
    const before = await descriptors(/^pipe:/)
    const sender = openSender(inTemp('socket'))
    const {isClosed} = sender.sendWithPipe('BARRIER=1')
    expect(textOf(socket)).toBe('BARRIER=1')
    expect(await descriptors(/^pipe:/)).toBe(before + 1)
    expect(isClosed()).toBe(false)
    socket.drop()
    expect(isClosed()).toBe(true)
    sender.close()
    expect(await descriptors(/^pipe:/)).toBe(before)
  })

  test('a socket that is closed leaves nothing that hears or is open', async () => {
    const before = [process.listenerCount('SIGURG'), await descriptors(/^socket:/)]
    const {socket} = opened()
    expect(process.listenerCount('SIGURG')).toBe(1)
    socket.close()
    expect([process.listenerCount('SIGURG'), await descriptors(/^socket:/)]).toEqual(before)
  })

  test.each([
    ['where something is already', () => inTemp('socket'), 'EADDRINUSE'],
    ['where no directory is', () => inTemp('nowhere', 'socket'), 'ENOENT'],
    ['whose path is too long', () => inTemp('x'.repeat(120)), 'ENAMETOOLONG'],
  ])('a socket %s is refused, and nothing stays open', async (_, path, code) => {
    opened()
    const before = [process.listenerCount('SIGURG'), await descriptors(/^socket:/)]
    expect(thrownBy(() => opened(path()))).toMatchObject({code, message: expect.stringContaining(code) as string})
    expect([process.listenerCount('SIGURG'), await descriptors(/^socket:/)]).toEqual(before)
  })
})
