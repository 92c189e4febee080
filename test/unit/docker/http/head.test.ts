import {describe, expect, test} from 'vitest'
import {readHead, written} from '../../../../src/docker/http/head.js'

const GET = {method: 'GET', path: '/_ping', headers: {}}

describe('the head of a request', () => {
  test('a request has its headers, a connection of its own, and its body behind them', () => {
    const bytes = written({method: 'POST', path: '/a?b=c', headers: {'X-A': 'ü', 'Content-Length': '3'}, body: 'ü!'})
    expect(bytes.toString('latin1').split('\r\n')).toEqual([
      'POST /a?b=c HTTP/1.1',
      'Host: localhost',
      'Connection: close',
      'X-A: ü',
      'Content-Length: 3',
      '',
      Buffer.from('ü!').toString('latin1'),
    ])
  })

  test('a request that could have a body and has none says so', () => {
    expect(written({...GET, method: 'POST'}).toString()).toContain('\r\nContent-Length: 0\r\n')
    expect(written(GET).toString()).not.toContain('Content-Length')
  })

  test('a header of the request itself takes the place of ours', () => {
    const text = written({...GET, headers: {Connection: 'Upgrade', Upgrade: 'tcp'}}).toString()
    expect(text).toContain('Connection: Upgrade\r\nUpgrade: tcp\r\n')
    expect(text).not.toContain('close')
  })

  test.each([
    ['a path with a new line', {...GET, path: '/a\r\nX: y'}, 'the path'],
    ['a path with a space', {...GET, path: '/a HTTP/1.1'}, 'the path'],
    ['a path that is not of ASCII', {...GET, path: '/ä'}, 'the path'],
    ['a value with a new line', {...GET, headers: {A: 'b\r\nC: d'}}, 'the header "A"'],
    ['a value that is not of Latin-1', {...GET, headers: {A: '€'}}, 'the header "A"'],
    ['a name with a colon', {...GET, headers: {'A: b\r\nC': 'd'}}, String.raw`the header "A: b\r\nC"`],
  ])('%s is refused, and the value is not said', (_, request, what) => {
    expect(() => written(request)).toThrow(new TypeError(`${what} of a request has characters that it cannot have`))
  })
})

describe('the head of an answer', () => {
  test('an answer has a status and headers, by their names in small letters, several of one name in one', () => {
    const head = 'HTTP/1.1 200 OK\r\nApi-Version: 1.51\r\nA:b \r\nEmpty:\r\nA: c: d\r\n\r\n'
    expect(readHead(Buffer.from(`${head}rest`))).toEqual({
      status: 200,
      headers: {'api-version': '1.51', a: 'b, c: d', empty: ''},
      length: head.length,
    })
  })

  test('a header may be called like something that every object has', () => {
    const {headers} = readHead(Buffer.from('HTTP/1.1 200 OK\r\nconstructor: a\r\n__proto__: b\r\n\r\n')) ?? {}
    expect(Object.entries(headers ?? {})).toEqual([
      ['constructor', 'a'],
      ['__proto__', 'b'],
    ])
  })

  test('an answer without a reason, and of HTTP/1.0, is one', () => {
    expect(readHead(Buffer.from('HTTP/1.0 404\r\n\r\n'))).toMatchObject({status: 404})
  })

  test('nothing is said of a head before its end has come', () => {
    expect(readHead(Buffer.from('HTTP/1.1 200 OK\r\nA: b\r\n\r'))).toBeUndefined()
  })

  test.each([
    ['what is not HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'its answer is not HTTP/1.1'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n', 'its answer is not HTTP/1.1'],
    ['a line that is no header', 'HTTP/1.1 200 OK\r\nno header\r\n\r\n', 'its answer has a line that is no header'],
    ['a header that goes on', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n', 'its answer has a line that is no header'],
    ['a head without an end', 'x'.repeat(64 * 1024 + 1), 'its answer has too many headers'],
    [
      'a head that is too long',
      `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(64 * 1024)}\r\n\r\n`,
      'its answer has too many headers',
    ],
  ])('%s is refused', (_, text, why) => {
    expect(() => readHead(Buffer.from(text))).toThrow(new Error(why))
  })
})
