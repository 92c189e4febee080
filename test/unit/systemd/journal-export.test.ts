import {describe, expect, test} from 'vitest'
import {readExport} from '../../../src/systemd/journal-export.js'

/** A field whose value is not a line, as journalctl prints it. */
function binary(name: string, value: Buffer): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(value.length))
  return Buffer.concat([Buffer.from(`${name}\n`), length, value, Buffer.from('\n')])
}

describe("the journal's export format", () => {
  test('an entry has its fields, those of several lines and those that are no text among them', () => {
    const message = Buffer.from([0x0a, 0x0a, 0xff, 0x3d])
    const text = Buffer.concat([
      Buffer.from('__REALTIME_TIMESTAMP=17\nA=b=c\nEMPTY=\n'),
      binary('MESSAGE', message),
      Buffer.from('\n__REALTIME_TIMESTAMP=18\nMESSAGE=next\n\n'),
    ])
    expect(readExport(text).map((fields) => Object.fromEntries(fields))).toEqual([
      {
        __REALTIME_TIMESTAMP: Buffer.from('17'),
        A: Buffer.from('b=c'),
        EMPTY: Buffer.alloc(0),
        MESSAGE: message,
      },
      {__REALTIME_TIMESTAMP: Buffer.from('18'), MESSAGE: Buffer.from('next')},
    ])
  })

  test('an entry whose end is missing is left out, wherever it was cut', () => {
    const whole = Buffer.concat([Buffer.from('A=1\n\nA=2\n'), binary('MESSAGE', Buffer.from('a\nb'))])
    for (let length = 5; length <= whole.length; length++)
      expect(readExport(whole.subarray(0, length)), String(length)).toHaveLength(1)
  })
})
