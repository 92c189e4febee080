import {describe, expect, test} from 'vitest'
import {framingOf} from '../../../../src/docker/http/framing.js'

const CHUNKED = {'transfer-encoding': 'chunked'}

/** What is given of a body that comes in these pieces, and after which of them it is over, counted from 1. */
function read(headers: Record<string, string>, pieces: readonly string[], status = 200) {
  const framing = framingOf({status, headers})
  let given = ''
  for (const [index, piece] of pieces.entries()) {
    const isOver = framing.take(Buffer.from(piece), (part) => {
      expect(part.length).toBeGreaterThan(0)
      given += part.toString()
    })
    if (isOver) return {given, overAfter: index + 1}
  }
  return {given, overAfter: undefined, isOpen: framing.isOpen}
}

describe('the body of an answer', () => {
  test('a body with a length is over when that has come, and what comes behind it is none of it', () => {
    expect(read({'content-length': '5'}, ['ab', 'cdefg'])).toEqual({given: 'abcde', overAfter: 2})
  })

  test.each([
    ['without a length where the status has no body', {}, 204],
    ['with a length where the status has no body', {'content-length': '9'}, 304],
    ['of no length', {'content-length': '0'}, 200],
  ])('a body %s is over at once', (_, headers: Record<string, string>, status) => {
    expect(read(headers, [''], status)).toEqual({given: '', overAfter: 1})
  })

  test('a body of which neither is said is over where the connection is', () => {
    expect(read({}, ['ab', 'c'])).toEqual({given: 'abc', overAfter: undefined, isOpen: true})
  })

  const body = '4\r\nWiki\r\n00B;note="x"\r\npedia in\r\nA\r\n0;last\r\nTrailer: x\r\n\r\n'

  test('a body in chunks is put together, whatever chunks and the end say besides', () => {
    expect(read(CHUNKED, [body])).toEqual({given: 'Wikipedia in\r\nA', overAfter: 1})
  })

  test('a body in chunks is the same wherever it is cut on its way', () => {
    expect(read(CHUNKED, Array.from(body))).toEqual({given: 'Wikipedia in\r\nA', overAfter: body.length})
    for (let at = 1; at < body.length; at++)
      expect(read(CHUNKED, [body.slice(0, at), body.slice(at)])).toEqual({given: 'Wikipedia in\r\nA', overAfter: 2})
  })

  test('a body in chunks that the connection cuts is not over', () => {
    expect(read(CHUNKED, ['4\r\nWiki\r\n'])).toEqual({given: 'Wiki', overAfter: undefined, isOpen: false})
  })

  test.each([
    ['a chunk without a size', 'x\r\n', 'its answer has a chunk without a size'],
    ['a chunk of a negative size', '-1\r\n', 'its answer has a chunk without a size'],
    ['a chunk that is larger than numbers are exact', '1000000000000\r\n', 'its answer has a chunk without a size'],
    ['a chunk that is longer than it says', '1\r\nab\r\n', 'its answer has a chunk that is longer than it says'],
    ['a size without an end', '1'.repeat(4097), 'its answer has a line too long for a chunk'],
  ])('%s is refused', (_, text, why) => {
    expect(() => read(CHUNKED, [text])).toThrow(new Error(why))
  })

  test.each([
    ['another transfer encoding', {'transfer-encoding': 'gzip'}, 'its answer has the transfer encoding gzip'],
    ['a length that is none', {'content-length': '5, 5'}, 'its answer has no length'],
  ])('%s is refused', (_, headers: Record<string, string>, why) => {
    expect(() => framingOf({status: 200, headers})).toThrow(new Error(why))
  })
})
