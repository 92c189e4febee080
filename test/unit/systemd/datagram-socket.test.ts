import {closeSync, readFileSync, writeSync} from 'node:fs'
import {lstat, readlink, readdir, rm} from 'node:fs/promises'
import {describe, expect, onTestFinished, test} from 'vitest'
import {until} from '../../../sandbox/until.js'
import {
  loadDatagramSenders,
  loadDatagramSockets,
  type DatagramSender,
  type DatagramSocket,
  type Sent,
} from '../../../src/systemd/datagram-socket.js'
import {openReceiver} from '../../support/datagram-receiver.js'
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

/** A sender to the socket at a path, which is closed after the test. */
function sender(path = inTemp('socket')): DatagramSender {
  const open = loadDatagramSenders()
  if ('why' in open) throw new Error(open.why)
  const made = open(path)
  onTestFinished(() => {
    made.close()
  })
  return made
}

function sent(by: DatagramSender, text: string): Sent {
  return by.send(Buffer.from(text), Buffer.byteLength(text))
}

describe('a sender of datagrams', () => {
  test('sends so much of what it is given as it is asked to', () => {
    const {socket} = opened()
    const by = sender()
    expect(by.send(Buffer.from('one and more'), 3)).toBe('sent')
    expect(textOf(socket)).toBe('one')
  })

  test('a receiver that takes nothing is full, and has room again once it has taken one', () => {
    const {socket} = opened()
    const by = sender()
    let count = 0
    while (sent(by, String(count)) === 'sent') count++
    expect(sent(by, 'more')).toBe('full')
    socket.drop()
    expect(sent(by, 'more')).toBe('sent')
    const texts: (string | undefined)[] = []
    while (textOf(socket) !== undefined) {
      texts.push(textOf(socket))
      socket.drop()
    }
    expect(texts).toEqual([...Array.from({length: count - 1}, (_, index) => String(index + 1)), 'more'])
  })

  test('a receiver that was gone is found again', async () => {
    const {socket} = opened()
    const by = sender()
    expect(sent(by, 'one')).toBe('sent')
    socket.close()
    expect([sent(by, 'two'), sent(by, 'two')]).toEqual(['nobody', 'nobody'])
    await rm(inTemp('socket'))
    expect(sent(by, 'two')).toBe('nobody')
    const {socket: next} = opened()
    expect(sent(by, 'two')).toBe('sent')
    expect(textOf(next)).toBe('two')
  })

  test('what is too long for a datagram goes as a file that nobody can change', async () => {
    const receiver = openReceiver(inTemp('socket'))
    const by = sender()
    const bytes = Buffer.alloc(8_000_000, 'x')
    const before = await descriptors(/memfd/)
    expect(by.send(bytes, bytes.length)).toBe('too-long')
    expect(by.sendAsFile(bytes)).toBe('sent')
    const {length, file} = receiver.receive()
    expect(length).toBe(0)
    expect(readFileSync(`/proc/self/fd/${String(file)}`).equals(bytes)).toBe(true)
    expect(() => writeSync(file, 'y', 0)).toThrow('EPERM')
    closeSync(file)
    expect(await descriptors(/memfd/)).toBe(before)
  })

  test.each([
    ['where nothing is', () => inTemp('nowhere'), 'ENOENT'],
    ['where nobody receives any more', () => inTemp('socket'), 'ECONNREFUSED'],
    ['whose path is too long', () => inTemp('x'.repeat(120)), 'ENAMETOOLONG'],
  ])('a socket %s cannot be sent to, and nothing stays open', async (_, path, code) => {
    opened().socket.close()
    const before = await descriptors(/^socket:/)
    expect(thrownBy(() => sender(path()))).toMatchObject({code})
    expect(await descriptors(/^socket:/)).toBe(before)
  })
})
