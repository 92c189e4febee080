import type {Socket} from 'node:net'
import {messageLength} from '../../src/systemd/dbus.js'

/** What systemd says of a property, as one of its types (D-Bus Specification, "Type System"). */
type Value = readonly ['s', string] | readonly ['i' | 'u', number] | readonly ['t', bigint]

/** All else is an empty text. */
const PROPERTIES: Readonly<Record<string, Value>> = {
  ActiveState: ['s', 'activating'],
  SubState: ['s', 'start'],
  Type: ['s', 'notify'],
  KillMode: ['s', 'control-group'],
  KillSignal: ['i', 15],
  RestartKillSignal: ['i', 15],
  MainPID: ['u', 0],
  StateChangeTimestampMonotonic: ['t', 1n],
  TimeoutStartUSec: ['t', 90_000_000n],
  TimeoutStopUSec: ['t', 90_000_000n],
  TimeoutAbortUSec: ['t', 90_000_000n],
}
const BEGIN = 'BEGIN\r\n'
/** Where a message has its serial, and where a body begins behind the two fields that an answer has here. */
const SERIAL_AT = 8
const BODY_AT = 32
/** How many bytes those two take. */
const FIELDS_LENGTH = 15

/** Answers whoever asks for a property of a unit on the bus, as far as the program does (D-Bus Specification). */
export function answerOnBus(client: Socket): void {
  let rest = Buffer.alloc(0)
  let isTaken = false
  client.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    if (!isTaken) {
      const begin = rest.indexOf(BEGIN)
      if (begin === -1) {
        client.write('OK 0\r\n')
        return
      }
      isTaken = true
      rest = rest.subarray(begin + BEGIN.length)
    }
    for (
      let length = messageLength(rest);
      length !== undefined && length <= rest.length;
      length = messageLength(rest)
    ) {
      const property = rest.toString('latin1', 0, length).split('\0').at(-2) ?? ''
      client.write(answerTo(rest.readUInt32LE(SERIAL_AT), PROPERTIES[property] ?? ['s', '']))
      rest = rest.subarray(length)
    }
  })
}

/** The return of a call, with a variant (D-Bus Specification, "Message Protocol"). */
function answerTo(serial: number, [type, value]: Value): Buffer {
  const at = type === 't' ? 8 : 4
  const size = typeof value === 'string' ? 4 + value.length + 1 : at
  const message = Buffer.alloc(BODY_AT + at + size)
  message.write('l\x02\x00\x01', 'latin1')
  message.writeUInt32LE(at + size, 4)
  message.writeUInt32LE(1, SERIAL_AT)
  message.writeUInt32LE(FIELDS_LENGTH, 12)
  // The serial of the call that it answers, and the body's signature.
  message.write('\x05\x01u\0', 16, 'latin1')
  message.writeUInt32LE(serial, 20)
  message.write('\x08\x01g\0\x01v\0', 24, 'latin1')
  message.write(`\x01${type}\0`, BODY_AT, 'latin1')
  if (typeof value === 'bigint') message.writeBigUInt64LE(value, BODY_AT + at)
  else message.writeUInt32LE(typeof value === 'number' ? value : value.length, BODY_AT + at)
  if (typeof value === 'string') message.write(value, BODY_AT + at + 4, 'latin1')
  return message
}
