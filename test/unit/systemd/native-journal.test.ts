import {describe, expect, test} from 'vitest'
import type {DatagramSender, Sent} from '../../../src/systemd/datagram-socket.js'
import {NativeJournal, isFieldName} from '../../../src/systemd/native-journal.js'

/** What a sender is given, which answers this, one after another, and `sent` from then on. */
function recorded(...answers: Sent[]) {
  const datagrams: Buffer[] = []
  const files: Buffer[] = []
  const take = (bytes: Buffer, into: Buffer[]): Sent => {
    const answer = answers.shift() ?? 'sent'
    if (answer === 'sent') into.push(Buffer.from(bytes))
    return answer
  }
  const sender: DatagramSender = {
    send: (bytes, length) => take(bytes.subarray(0, length), datagrams),
    sendAsFile: (bytes) => take(bytes, files),
    close: () => undefined,
  }
  return {datagrams, files, open: () => sender}
}

const FIELDS = new Map([
  ['SYSLOG_IDENTIFIER', 'web'],
  ['CONTAINER_NAME', 'web'],
])
const ALL = 'SYSLOG_IDENTIFIER=web\nCONTAINER_NAME=web\n'

/** A field whose value has newlines (systemd, "Native Journal Protocol"). */
function long(name: string, value: string): string {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(value)))
  return `${name}\n${length.toString('latin1')}${value}\n`
}

describe('an entry of the journal', () => {
  test('has its priority, its text and the fields that all have', () => {
    const {datagrams, open} = recorded()
    const journal = new NativeJournal(open, '/journal', FIELDS)
    expect(journal.send(6, Buffer.from('one'))).toBe('sent')
    expect(journal.send(3, Buffer.alloc(0))).toBe('sent')
    expect(datagrams.map(String)).toEqual([`${ALL}PRIORITY=6\nMESSAGE=one\n`, `${ALL}PRIORITY=3\nMESSAGE=\n`])
  })

  test('may have a text of several lines, or a field', () => {
    const {datagrams, open} = recorded()
    const journal = new NativeJournal(open, '/journal', new Map([['MOTTO', 'one\ntwo']]))
    journal.send(6, Buffer.from('Error\n  at one\n'))
    journal.send(6, Buffer.from('one'))
    expect(datagrams.map((datagram) => datagram.toString('latin1'))).toEqual([
      `${long('MOTTO', 'one\ntwo')}PRIORITY=6\n${long('MESSAGE', 'Error\n  at one\n')}`,
      `${long('MOTTO', 'one\ntwo')}PRIORITY=6\nMESSAGE=one\n`,
    ])
  })

  test('has the bytes of its text as they are', () => {
    const {datagrams, open} = recorded()
    const bytes = Buffer.from(Array.from({length: 256}, (_, byte) => byte).filter((byte) => byte !== 10))
    new NativeJournal(open, '/journal', new Map()).send(6, bytes)
    expect(datagrams[0]?.equals(Buffer.concat([Buffer.from('PRIORITY=6\nMESSAGE='), bytes, Buffer.from('\n')]))).toBe(
      true,
    )
  })

  test('may be as long as it likes, and the next is as long as itself', () => {
    const {datagrams, open} = recorded()
    const journal = new NativeJournal(open, '/journal', FIELDS)
    for (const length of [5000, 100_000, 1]) journal.send(4, Buffer.alloc(length, 'x'))
    expect(datagrams.map(String)).toEqual(
      [5000, 100_000, 1].map((length) => `${ALL}PRIORITY=4\nMESSAGE=${'x'.repeat(length)}\n`),
    )
  })

  test('goes as a file where it is too long for a datagram', () => {
    const {datagrams, files, open} = recorded('too-long')
    expect(new NativeJournal(open, '/journal', FIELDS).send(6, Buffer.from('one'))).toBe('sent')
    expect([datagrams, files.map(String)]).toEqual([[], [`${ALL}PRIORITY=6\nMESSAGE=one\n`]])
  })

  test.each([
    ['the journal has no room', ['full'], 'full'],
    ['the journal is not there', ['nobody'], 'nobody'],
    ['the journal has no room for a file', ['too-long', 'full'], 'full'],
  ] as const)('is not sent where %s, and can be sent again', (_, answers, expected) => {
    const {datagrams, open} = recorded(...answers)
    const journal = new NativeJournal(open, '/journal', FIELDS)
    expect(journal.send(6, Buffer.from('one'))).toBe(expected)
    expect(journal.send(6, Buffer.from('one'))).toBe('sent')
    expect(datagrams.map(String)).toEqual([`${ALL}PRIORITY=6\nMESSAGE=one\n`])
  })
})

test('the names that a field may have', () => {
  for (const name of ['A', 'CONTAINER_NAME', 'A1_', 'X'.repeat(64)]) expect(isFieldName(name), name).toBe(true)
  for (const name of ['', '_PID', '1A', 'a', 'A-B', 'A=B', 'A\n', 'X'.repeat(65)])
    expect(isFieldName(name), name).toBe(false)
})
