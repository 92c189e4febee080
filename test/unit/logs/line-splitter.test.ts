import {describe, expect, test} from 'vitest'
import {LONGEST_LINE_BYTES, LineSplitter} from '../../../src/logs/line-splitter.js'

/** What is given of pieces that come one after another, with a + before what goes on a line. */
function splitter(): {lines: LineSplitter; given: string[]} {
  const given: string[] = []
  const lines = new LineSplitter((text, isRest) => given.push(`${isRest ? '+' : ''}${text.toString()}`))
  return {lines, given}
}

describe('a stream that is taken apart into lines', () => {
  test('has the same lines wherever it is cut', () => {
    const text = 'one\n\ntwo\nthree'
    for (let size = 1; size <= text.length; size++) {
      const {lines, given} = splitter()
      for (let at = 0; at < text.length; at += size) lines.push(Buffer.from(text.slice(at, at + size)))
      expect(given).toEqual(['one', '', 'two'])
      expect(lines.isHolding).toBe(true)
      lines.flush()
      expect(given).toEqual(['one', '', 'two', 'three'])
      expect(lines.isHolding).toBe(false)
    }
  })

  test('is taken apart as far as it is asked to', () => {
    const {lines, given} = splitter()
    expect(lines.push(Buffer.from('one\ntwo\nthree\nfour'), 2)).toBe(8)
    expect(given).toEqual(['one', 'two'])
    expect(lines.push(Buffer.from('three\nfour'), 2)).toBe(10)
    lines.flush()
    expect(given).toEqual(['one', 'two', 'three', 'four'])
  })

  test('keeps nothing of what it was given', () => {
    const {lines, given} = splitter()
    const piece = Buffer.from('one\nhal')
    lines.push(piece)
    piece.fill('x')
    lines.push(Buffer.from('f\n'))
    expect(given).toEqual(['one', 'half'])
  })

  test('what it gives of a piece stays as it is until the next one, whatever more of it is held', () => {
    const given: Buffer[] = []
    const lines = new LineSplitter((text) => given.push(text))
    const long = 'x'.repeat(LONGEST_LINE_BYTES + 10)
    for (const text of ['begin', `end\n${long}\n${long}\nbegin again`, `${long}\nand again`]) {
      given.length = 0
      lines.push(Buffer.from(text))
      expect(given.map(String)).toEqual(
        {
          b: [],
          e: ['beginend', long.slice(10), long.slice(0, 10), long.slice(10), long.slice(0, 10)],
          x: [`begin again${long.slice(21)}`, long.slice(0, 21)],
        }[text[0] ?? ''],
      )
    }
  })

  test('knows what goes on a line that was given before its end came, and the end alone for nothing', () => {
    const {lines, given} = splitter()
    lines.push(Buffer.from('name: '))
    lines.flush()
    lines.push(Buffer.from('web\nnext? '))
    lines.flush()
    lines.push(Buffer.from('\n\nlast'))
    lines.flush()
    lines.flush()
    expect(given).toEqual(['name: ', '+web', 'next? ', '', 'last'])
  })

  test('gives a line that is too long in parts, whether it comes at once or bit by bit', () => {
    const line = 'abcdefgh'.repeat(20_000)
    const parts = [0, 1, 2, 3].map((part) => line.slice(part * LONGEST_LINE_BYTES, (part + 1) * LONGEST_LINE_BYTES))
    for (const size of [1000, 160_001]) {
      const {lines, given} = splitter()
      const text = `${line}\nnext\n`
      for (let at = 0; at < text.length; at += size) lines.push(Buffer.from(text.slice(at, at + size)))
      expect(given).toEqual([parts[0], ...parts.slice(1).map((part) => `+${part}`), 'next'])
    }
  })

  test('holds no more of a line without an end than one entry takes', () => {
    const {lines, given} = splitter()
    lines.push(Buffer.alloc(LONGEST_LINE_BYTES, 'x'))
    expect(given).toEqual([])
    lines.push(Buffer.from('y'))
    expect(given).toEqual(['x'.repeat(LONGEST_LINE_BYTES)])
    lines.push(Buffer.from('\n'))
    expect(given.at(-1)).toBe('+y')
  })

  test('cuts no character of a line that is too long', () => {
    const {lines, given} = splitter()
    lines.push(Buffer.from(`${'x'.repeat(LONGEST_LINE_BYTES - 1)}\u20ac\n`))
    expect(given).toEqual(['x'.repeat(LONGEST_LINE_BYTES - 1), '+\u20ac'])
  })

  test('cuts a long line of other bytes where it is too long', () => {
    const given: Buffer[] = []
    const lines = new LineSplitter((text) => given.push(text))
    const bytes = Buffer.alloc(LONGEST_LINE_BYTES + 10, 0x80)
    lines.push(Buffer.concat([bytes, Buffer.from('\n')]))
    expect(given.map(({length}) => length)).toEqual([LONGEST_LINE_BYTES, 10])
    expect(Buffer.concat(given).equals(bytes)).toBe(true)
  })
})
