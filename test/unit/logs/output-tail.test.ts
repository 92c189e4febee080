import {describe, expect, test} from 'vitest'
import {OutputTail} from '../../../src/logs/output-tail.js'

const SIZE = 32 * 1024

/** Text of which no part is like another. */
function counted(bytes: number): string {
  let text = ''
  for (let count = 0; text.length < bytes; count++) text += `${String(count)} `
  return text.slice(0, bytes)
}

describe('what was written last', () => {
  test('the tail is nothing at first, and new is what comes after that', () => {
    const tail = new OutputTail(1234)
    expect(tail.read()).toEqual({text: Buffer.alloc(0), isWhole: true})
    expect(tail.at).toBe(1234)
  })

  test.each([
    [[], true],
    [['one\n'], true],
    [['one\ntwo'], false],
    [['one', 'two\n'], true],
    [['one\n', '\r'], false],
  ])('the tail knows whether its last line is finished: %j', (texts, isAtLineStart) => {
    const tail = new OutputTail(0)
    for (const text of texts) tail.add(Buffer.from(text))
    expect(tail.isAtLineStart).toBe(isAtLineStart)
  })

  test('the tail is all of the output as long as that is little', () => {
    const tail = new OutputTail(0)
    for (const text of ['one\n', 'two\n', 'three']) tail.add(Buffer.from(text))
    expect(tail.read()).toEqual({text: Buffer.from('one\ntwo\nthree'), isWhole: true})
    expect(Math.abs(Date.now() - tail.at)).toBeLessThan(60_000)
  })

  test.each([
    ['short pieces', [100]],
    ['pieces that fill it', [SIZE]],
    ['pieces that are longer', [SIZE * 2 + 5]],
    ['pieces of all lengths', [1, SIZE - 1, 7, SIZE + 3, 20_000, 5, 15_000, SIZE * 3, 2]],
  ])('the tail is the last 32 KiB of %s', (_, lengths) => {
    const text = counted(1_000_000)
    const tail = new OutputTail(0)
    let end = 0
    for (let piece = 0; end < text.length; piece++) {
      const next = Math.min(text.length, end + (lengths[piece % lengths.length] ?? 1))
      tail.add(Buffer.from(text.slice(end, next)))
      end = next
      const read = tail.read()
      if (piece % 50 > lengths.length) continue
      expect(read.text.toString() === text.slice(Math.max(0, end - SIZE), end)).toBe(true)
      if (end > SIZE) expect(read.isWhole).toBe(false)
    }
  })
})
