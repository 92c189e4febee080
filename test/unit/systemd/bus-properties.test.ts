import {once} from 'node:events'
import {mkdir} from 'node:fs/promises'
import net from 'node:net'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {askByBus} from '../../../src/systemd/bus-properties.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()
const {signal} = new AbortController()
const UNIT = {name: 'web@1.service', manager: 'user'} as const

/** What a bus says to a call of a serial: bytes of its own making, not of the code under test. */
type Say = (serial: number, property: string) => Buffer

let server: net.Server
const open = new Set<net.Socket>()
/** All that the bus was sent, connection by connection. */
let heard: string[]

beforeEach(() => {
  vi.stubEnv('XDG_RUNTIME_DIR', inTemp())
  heard = []
})

afterEach(async () => {
  for (const socket of open) socket.destroy()
  open.clear()
  server.close()
  await once(server, 'close')
})

/** A bus that takes whoever comes, and answers what it is called in the way of `say`. */
async function bus(say: Say, {taken = 'OK 0123\r\n', slice = Infinity} = {}): Promise<void> {
  server = net.createServer((socket) => {
    open.add(socket)
    const at = heard.push('') - 1
    const send = (bytes: Buffer): void => {
      for (let from = 0; from < bytes.length; from += slice) socket.write(bytes.subarray(from, from + slice))
    }
    let isAnswered = false
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      const text = `${heard[at] ?? ''}${chunk.toString('latin1')}`
      heard[at] = text
      if (!isAnswered && text.startsWith('\0AUTH EXTERNAL ')) {
        isAnswered = true
        send(Buffer.from(taken))
      }
      if (!text.includes('BEGIN\r\n')) return
      const asked = [...text.matchAll(/\0\0\0org\.freedesktop\.systemd1\.(?:Unit|Service)\0+.\0\0\0(\w+)\0/gs)]
      if (asked.length === 0) return
      send(Buffer.concat([reply(1, 's', stringBytes(':1.7')), signalBytes()]))
      for (const [index, [, property = '']] of asked.entries()) send(say(index + 2, property))
    })
  })
  await mkdir(inTemp(), {recursive: true})
  server.listen(inTemp('bus'))
  await once(server, 'listening')
}

function uint(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function stringBytes(text: string): Buffer {
  return Buffer.concat([uint(text.length), Buffer.from(`${text}\0`)])
}

function bigBytes(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)])
}

function message(kind: number, fields: Buffer, body: Buffer): Buffer {
  const head = Buffer.from([0x6c, kind, 1, 1])
  return Buffer.concat([pad(Buffer.concat([head, uint(body.length), uint(9), uint(fields.length), fields])), body])
}

/** A return whose body is one value of that type. */
function reply(serial: number, signature: string, body: Buffer): Buffer {
  const fields = Buffer.concat([
    Buffer.from([5, 1, 0x75, 0]),
    uint(serial),
    Buffer.from([8, 1, 0x67, 0, signature.length]),
    Buffer.from(`${signature}\0`),
  ])
  return message(2, fields, body)
}

/** The value of a property: a variant, whose type stands before it, padded to where the value begins. */
function variant(serial: number, type: string, value: Buffer): Buffer {
  const size = type === 't' ? 8 : 4
  const before = Buffer.from([type.length, ...Buffer.from(type), 0])
  const gap = Buffer.alloc((size - (before.length % size)) % size)
  return reply(serial, 'v', Buffer.concat([before, gap, value]))
}

function errorBytes(serial: number, name: string): Buffer {
  const named = pad(Buffer.concat([Buffer.from([4, 1, 0x73, 0]), stringBytes(name)]))
  return message(3, Buffer.concat([named, Buffer.from([5, 1, 0x75, 0]), uint(serial)]), Buffer.alloc(0))
}

/** What a bus says besides: NameAcquired. */
function signalBytes(): Buffer {
  return message(4, Buffer.concat([Buffer.from([3, 1, 0x73, 0]), stringBytes('NameAcquired')]), stringBytes(':1.7'))
}

const AT = 'StateChangeTimestampMonotonic'

/** Says one property in a way, and that the unit has been in its state since then. */
function saying(way: (serial: number) => Buffer): Say {
  return (serial, property) => (property === AT ? variant(serial, 't', bigBytes(7n)) : way(serial))
}

describe('what a property is', () => {
  test.each([
    ['KillMode', 's', stringBytes('mixed'), 'mixed'],
    ['MainPID', 'u', uint(4_000_000_000), '4000000000'],
    ['KillSignal', 'i', uint(15), '15'],
    ['SyslogLevelPrefix', 'b', uint(1), 'yes'],
    ['RemainAfterExit', 'b', uint(0), 'no'],
    ['TimeoutStopUSec', 't', bigBytes(90_000_000n), '90000000us'],
    ['TimeoutStopUSec', 't', bigBytes(2n ** 64n - 1n), 'infinity'],
    ['InactiveExitTimestampMonotonic', 't', bigBytes(9_007_199_254_740_993n), '9007199254740993'],
  ])('%s is shown as systemctl shows it, of type %s', async (property, type, value, shown) => {
    await bus(saying((serial) => variant(serial, type, value)))
    expect(await askByBus(UNIT, [property], signal)).toEqual({[AT]: '7', [property]: shown})
  })

  test('it is read though it comes in the smallest of parts', async () => {
    await bus(
      saying((serial) => variant(serial, 's', stringBytes('active'))),
      {slice: 1},
    )
    expect(await askByBus(UNIT, ['ActiveState'], signal)).toEqual({[AT]: '7', ActiveState: 'active'})
  })

  test('one that this systemd does not have is left out', async () => {
    await bus(saying((serial) => errorBytes(serial, 'org.freedesktop.DBus.Error.UnknownProperty')))
    expect(await askByBus(UNIT, ['ReloadSignal'], signal)).toEqual({[AT]: '7'})
  })
})

describe('how the bus is asked', () => {
  test('the user is told in hexadecimal, and the unit by the path of its object', async () => {
    await bus(saying((serial) => variant(serial, 's', stringBytes('x'))))
    await askByBus({name: '1-\\x2dä_b.service', manager: 'user'}, ['SubState', 'KillMode'], signal)
    const user = Buffer.from(String(process.geteuid?.())).toString('hex')
    expect(heard[0]).toMatch(new RegExp(`^\0AUTH EXTERNAL ${user}\r\nBEGIN\r\n`))
    expect(heard[0]).toContain('\0/org/freedesktop/systemd1/unit/_31_2d_5cx2d_c3_a4_5fb_2eservice\0')
    expect(heard[0]).toMatch(/systemd1\.Unit\0+.\0\0\0SubState\0/)
    expect(heard[0]).toMatch(/systemd1\.Service\0+.\0\0\0KillMode\0/)
  })

  test('it is asked again about a unit whose state changed in between', async () => {
    let now = 0n
    const told: Say = (serial, property) =>
      property === AT
        ? variant(serial, 't', bigBytes(heard.length === 1 ? now++ : 5n))
        : variant(serial, 's', stringBytes(heard.length === 1 ? 'active' : 'deactivating'))
    await bus(told)
    expect(await askByBus(UNIT, ['ActiveState'], signal)).toEqual({[AT]: '5', ActiveState: 'deactivating'})
    expect(heard).toHaveLength(2)
  })

  test('it is given up for a unit whose state changes all the time', async () => {
    let now = 0n
    await bus((serial) => variant(serial, 't', bigBytes(now++)))
    await expect(askByBus(UNIT, ['MainPID'], signal)).rejects.toThrow('changes all the time')
    expect(heard).toHaveLength(5)
  })

  test('its connection is closed when the signal aborts, whose reason is thrown', async () => {
    await bus(() => Buffer.alloc(0))
    const over = new AbortController()
    const answer = expect(askByBus(UNIT, ['MainPID'], over.signal)).rejects.toThrow('enough')
    await vi.waitFor(() => {
      expect(heard[0]).toContain('MainPID')
    })
    over.abort(new Error('enough'))
    await answer
    await vi.waitFor(() => {
      expect([...open].every((socket) => socket.destroyed || socket.readableEnded)).toBe(true)
    })
  })
})

describe('no answer is taken', () => {
  test.each<[string, (serial: number) => Buffer, RegExp]>([
    ['a list', (serial) => variant(serial, 'as', uint(0)), /^KillMode is of a type that is not read$/],
    ['a refusal', (serial) => errorBytes(serial, 'org.x.AccessDenied'), /^org\.x\.AccessDenied$/],
    ['a return without a value', (serial) => reply(serial, 's', stringBytes('mixed')), /not read$/],
    ['a text that does not end', (serial) => variant(serial, 's', uint(99)), /ends within a string$/],
    ['another byte order', () => Buffer.from('B\x02\x01\x01'.padEnd(16, '\0')), /another byte order/],
    [
      'a message without an end',
      () => Buffer.concat([message(2, uint(0), uint(0)).fill(255, 4, 8), Buffer.alloc(70_000)]),
      /too much|no plain type/,
    ],
  ])('of %s', async (_, way, why) => {
    await bus(saying(way))
    await expect(askByBus(UNIT, ['KillMode'], signal)).rejects.toThrow(why)
  })

  test('of a bus that does not take the user', async () => {
    await bus(() => Buffer.alloc(0), {taken: 'REJECTED EXTERNAL\r\n'})
    await expect(askByBus(UNIT, ['KillMode'], signal)).rejects.toThrow('does not take this user')
  })

  test('of a bus that hangs up', async () => {
    server = net.createServer((socket) => {
      open.add(socket)
      socket.destroy()
    })
    server.listen(inTemp('bus'))
    await once(server, 'listening')
    await expect(askByBus(UNIT, ['KillMode'], signal)).rejects.toThrow(/hung up|EPIPE|ECONNRESET/)
  })

  test('of a unit that is no service', async () => {
    await bus(() => Buffer.alloc(0))
    await expect(askByBus({...UNIT, name: 'x.scope'}, ['KillMode'], signal)).rejects.toThrow('x.scope is no service')
    expect(heard).toEqual([])
  })
})
