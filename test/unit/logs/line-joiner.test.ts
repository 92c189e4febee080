import {describe, expect, test} from 'vitest'
import {LineJoiner} from '../../../src/logs/line-joiner.js'
import {LONGEST_LINE_BYTES} from '../../../src/logs/line-splitter.js'

interface Given {
  readonly text: string
  readonly isRest: boolean
}

/** Joins lines that go on with white space, and what it has given so far. */
function joining({takesPrefix = true} = {}): {joiner: LineJoiner; given: Given[]; say: (...lines: string[]) => void} {
  const given: Given[] = []
  const beginsEntry = (line: Buffer): boolean => /^\S/.test(line.toString())
  const joiner = new LineJoiner({beginsEntry, takesPrefix}, (text, isRest) => {
    given.push({text: text.toString(), isRest})
  })
  return {
    joiner,
    given,
    say: (...lines) => {
      for (const line of lines) joiner.take(Buffer.from(line), false)
    },
  }
}

describe('joining lines', () => {
  test('a line that begins no entry goes on the one before it, which is given when the next begins', () => {
    const {joiner, given, say} = joining()
    say('it failed', '  at one', '  at two')
    expect(given).toEqual([])
    expect(joiner.isHolding).toBe(true)
    say('it goes on')
    expect(given).toEqual([{text: 'it failed\n  at one\n  at two', isRest: false}])
  })

  test('what is held is given when it is asked for, once', () => {
    const {joiner, given, say} = joining()
    say('it failed', '  at one')
    joiner.flush()
    joiner.flush()
    expect(given).toEqual([{text: 'it failed\n  at one', isRest: false}])
    expect(joiner.isHolding).toBe(false)
  })

  test('the first line of all begins an entry, and so does one after what was held was given', () => {
    const {joiner, given, say} = joining()
    say('  at one', '  at two')
    joiner.flush()
    say('  at three')
    joiner.flush()
    expect(given.map(({text}) => text)).toEqual(['  at one\n  at two', '  at three'])
  })

  test('an empty line is held, and goes on an entry', () => {
    const {joiner, given, say} = joining()
    say('')
    expect(joiner.isHolding).toBe(true)
    say('it failed', '', '  at one')
    joiner.flush()
    expect(given.map(({text}) => text)).toEqual(['', 'it failed\n\n  at one'])
  })

  test('the prefix of the first line stays, and those of the others are taken off', () => {
    const {joiner, given, say} = joining()
    say('<3>it failed', '<3>  at one', '<6>  at two', '<6>it goes on')
    joiner.flush()
    expect(given.map(({text}) => text)).toEqual(['<3>it failed\n  at one\n  at two', '<6>it goes on'])
  })

  test('a prefix stays where it is text', () => {
    const {joiner, given, say} = joining({takesPrefix: false})
    say('<3>it failed', '<3>  at one')
    joiner.flush()
    expect(given.map(({text}) => text)).toEqual(['<3>it failed', '<3>  at one'])
  })

  test('the rest of a line goes on the beginning of it without a newline', () => {
    const {joiner, given, say} = joining()
    say('it failed', '  at ')
    joiner.take(Buffer.from('one'), true)
    say('  at two')
    joiner.flush()
    expect(given).toEqual([{text: 'it failed\n  at one\n  at two', isRest: false}])
  })

  test('the rest of a line whose beginning was given is the rest of an entry, and lines go on it', () => {
    const {joiner, given, say} = joining()
    say('it ')
    joiner.flush()
    joiner.take(Buffer.from('failed'), true)
    say('  at one')
    joiner.flush()
    expect(given).toEqual([
      {text: 'it ', isRest: false},
      {text: 'failed\n  at one', isRest: true},
    ])
  })

  test('what does not fit in an entry goes on in another', () => {
    const {joiner, given, say} = joining()
    const line = ` ${'x'.repeat(LONGEST_LINE_BYTES / 2 - 1)}`
    say('it failed', line, line, '  at one', 'it goes on')
    joiner.flush()
    expect(given).toEqual([
      {text: `it failed\n${line}`, isRest: false},
      {text: `${line}\n  at one`, isRest: true},
      {text: 'it goes on', isRest: false},
    ])
  })

  test('an entry of the longest length is one, and its line goes on in another', () => {
    const {joiner, given, say} = joining()
    const line = 'x'.repeat(LONGEST_LINE_BYTES)
    say(line)
    joiner.take(Buffer.from('y'), true)
    joiner.flush()
    expect(given).toEqual([
      {text: line, isRest: false},
      {text: 'y', isRest: true},
    ])
  })

  test('an entry has a thousand lines at most', () => {
    const {joiner, given, say} = joining()
    say('it failed', ...Array.from({length: 1500}, () => ' '))
    joiner.flush()
    expect(given.map(({text, isRest}) => [text.split('\n').length, isRest])).toEqual([
      [1000, false],
      [501, true],
    ])
  })

  test('what is given is not overwritten by what comes', () => {
    const given: Buffer[] = []
    const joiner = new LineJoiner({beginsEntry: () => true, takesPrefix: true}, (text) => {
      given.push(text)
    })
    const line = Buffer.from('first')
    joiner.take(line, false)
    line.fill('x')
    for (const next of ['second', 'third']) joiner.take(Buffer.from(next), false)
    expect(given.map(String)).toEqual(['first', 'second'])
  })
})
