import {mkdtemp, rm} from 'node:fs/promises'
import type {Socket} from 'node:net'
import {connect, createServer, type Server} from 'node:net'
import {once} from 'node:events'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {Answer, exchange} from '../../../../src/docker/http/exchange.js'

const REQUEST = {method: 'GET', path: '/', headers: {}}
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
const CUT_OFF = {code: 'ECONNRESET', message: 'it closed the connection in the middle of an answer'}
const BROKEN_OFF = {code: 'ABORT_ERR', name: 'AbortError'}

let directory: string
let server: Server
let path: string
/** The Engine's ends of the connections, and the ends here. */
let theirs: Socket[]
let ours: Socket[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'exchange-'))
  path = join(directory, 'docker.sock')
  theirs = []
  ours = []
  server = createServer((socket) => theirs.push(socket.on('error', () => undefined)))
  await once(server.listen(path), 'listening')
})

afterEach(async () => {
  for (const socket of theirs) socket.destroy()
  server.close()
  await rm(directory, {recursive: true})
})

function open(): Socket {
  const socket = connect({path})
  ours.push(socket)
  return socket
}

interface Asking {
  /** Whether the Engine closes the connection behind them. */
  readonly isLast?: boolean
  /** Whether the connection is asked for. */
  readonly isHijack?: boolean
  readonly signal?: AbortSignal
}

/** Asks an Engine that says these pieces, one after another, once it has been asked. */
async function ask(pieces: readonly string[], {isLast = false, isHijack = false, signal}: Asking = {}) {
  server.once('connection', (socket: Socket) => {
    socket.once('data', () => {
      void (async () => {
        for (const piece of pieces) {
          await new Promise((resolve) => socket.write(piece, resolve))
          await new Promise(setImmediate)
        }
        if (isLast) socket.end()
      })()
    })
  })
  return await exchange(open, isHijack ? {...REQUEST, headers: {Upgrade: 'tcp'}} : REQUEST, signal)
}

async function answerOf(...words: Parameters<typeof ask>): Promise<Answer> {
  const answer = await ask(...words)
  if (answer instanceof Answer) return answer
  throw new Error('it gave the connection away')
}

describe('a question to the Engine', () => {
  test.each([
    ['at once', [OK]],
    ['byte by byte', Array.from(OK)],
    [
      'behind the word that it is still to come',
      [`HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n${OK}`],
    ],
  ])('an answer that comes %s is read, and its connection closed', async (_, pieces) => {
    const answer = await answerOf(pieces)
    expect([answer.statusCode, answer.headers]).toEqual([200, {'content-length': '2'}])
    expect(String(await answer.content())).toBe('ok')
    expect(ours.map(({destroyed}) => destroyed)).toEqual([true])
  })

  test('an answer is given as soon as it has begun, and goes on as it comes', async () => {
    const answer = await answerOf([CHUNKED])
    const [theirEnd] = theirs
    theirEnd?.write('2\r\nab\r\n')
    expect(String((await once(answer, 'data'))[0])).toBe('ab')
    theirEnd?.write('1\r\nc\r\n0\r\n\r\n')
    expect(String(await answer.content())).toBe('c')
  })

  test('an answer that ends with its connection is whole', async () => {
    const answer = await answerOf(['HTTP/1.1 200 OK\r\n\r\n', 'all ', 'of it'], {isLast: true})
    expect(String(await answer.content())).toBe('all of it')
  })

  test('an answer that nobody reads yet holds up who sends it', async () => {
    const answer = await answerOf(['HTTP/1.1 200 OK\r\n\r\n'])
    const [theirEnd] = theirs
    const bytes = 8 * 1024 * 1024
    const sent = new Promise((resolve) => theirEnd?.end(Buffer.alloc(bytes), resolve as () => void))
    await once(answer, 'readable')
    expect(answer.readableLength).toBeLessThan(bytes / 8)
    expect(theirEnd?.writableFinished).toBe(false)
    expect((await answer.content()).length).toBe(bytes)
    await sent
  })

  test('the connection itself is given where the Engine lets it be used for something else, with what came already', async () => {
    const socket = await ask(['HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nfirst '], {isHijack: true})
    expect(socket).toBe(ours[0])
    let said = ''
    socket.on('data', (chunk) => (said += String(chunk)))
    theirs[0]?.write('second')
    await expect.poll(() => said).toBe('first second')
    ours[0]?.write('word')
    expect(String((await once(theirs[0] as Socket, 'data'))[0])).toBe('word')
    socket.destroy()
  })

  test('an answer that is cut is no answer, whenever somebody looks', async () => {
    const read = await answerOf(['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc'], {isLast: true})
    await expect(read.content()).rejects.toMatchObject(CUT_OFF)
    const late = await answerOf(['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc'], {isLast: true})
    await new Promise((resolve) => late.once('close', resolve))
    await expect(late.content()).rejects.toMatchObject(CUT_OFF)
    const streamed = await answerOf([`${CHUNKED}3\r\nabc\r\n`], {isLast: true})
    const iterated = async (): Promise<void> => {
      for await (const chunk of streamed) expect(String(chunk)).toBe('abc')
    }
    await expect(iterated()).rejects.toMatchObject(CUT_OFF)
  })

  test.each([
    ['closes the connection without a word', '', 'it closed the connection without an answer'],
    [
      'closes the connection in its first words',
      'HTTP/1.1 200 OK\r\nA: ',
      'it closed the connection without an answer',
    ],
    ['says what is not HTTP', 'hello\r\n\r\n', 'its answer is not HTTP/1.1'],
    ['switches unasked', 'HTTP/1.1 101 UPGRADED\r\n\r\n', 'its answer switches to another protocol'],
    ['has a fault right behind its head', `${CHUNKED}no size\r\n`, 'its answer has a chunk without a size'],
  ])('an Engine that %s is told of, and its connection closed', async (_, text, why) => {
    await expect(ask(text === '' ? [] : [text], {isLast: true})).rejects.toThrow(why)
    expect(ours.map(({destroyed}) => destroyed)).toEqual([true])
  })

  test('what is wrong behind the beginning of an answer is told to who reads it', async () => {
    const answer = await answerOf([CHUNKED])
    theirs[0]?.write('1\r\na\r\nno size\r\n')
    await expect(answer.content()).rejects.toThrow('its answer has a chunk without a size')
    expect(ours.map(({destroyed}) => destroyed)).toEqual([true])
  })

  test('what a reader of an answer throws is not taken for a fault of the answer', async () => {
    const answer = await answerOf(['HTTP/1.1 200 OK\r\n\r\n'])
    answer.on('data', () => {
      throw new Error('a fault of ours')
    })
    await new Promise(setImmediate)
    expect(() => ours[0]?.emit('data', Buffer.from('x'))).toThrow('a fault of ours')
    expect(answer.destroyed).toBe(false)
    answer.destroy()
  })

  test('an Engine that is not there is told of by the name of the error', async () => {
    const nowhere = exchange(() => connect({path: join(directory, 'none.sock')}), REQUEST)
    await expect(nowhere).rejects.toMatchObject({code: 'ENOENT'})
  })

  test('nothing is connected for what is broken off already, or cannot be asked', async () => {
    await expect(exchange(open, REQUEST, AbortSignal.abort())).rejects.toMatchObject(BROKEN_OFF)
    await expect(exchange(open, {...REQUEST, path: '/a b'})).rejects.toThrow(TypeError)
    expect(ours).toEqual([])
  })

  test.each([
    ['before an answer', []],
    ['in the first words of an answer', ['HTTP/1.1 200 OK\r\n']],
  ])('a question is broken off %s, and its connection closed', async (_, pieces) => {
    const abort = new AbortController()
    const asked = ask(pieces, {signal: abort.signal})
    const refused = expect(asked).rejects.toMatchObject({...BROKEN_OFF, cause: 'stop'})
    await once(server, 'connection')
    abort.abort('stop')
    await refused
    expect(ours.map(({destroyed}) => destroyed)).toEqual([true])
  })

  test('an answer is broken off in its middle, and its connection closed', async () => {
    const abort = new AbortController()
    const answer = await answerOf(['HTTP/1.1 200 OK\r\n\r\nab'], {signal: abort.signal})
    const refused = expect(answer.content()).rejects.toMatchObject({...BROKEN_OFF, cause: 'stop'})
    abort.abort('stop')
    await refused
    expect(ours.map(({destroyed}) => destroyed)).toEqual([true])
  })

  test('who is through with an answer before its end closes the connection', async () => {
    const answer = await answerOf(['HTTP/1.1 200 OK\r\n\r\nab'])
    const closed = once(theirs[0] as Socket, 'close')
    answer.destroy()
    await closed
  })

  test('nothing listens to a signal any more once there is an answer', async () => {
    const abort = new AbortController()
    await (await answerOf([OK], {signal: abort.signal})).content()
    const socket = await ask(['HTTP/1.1 101 UPGRADED\r\n\r\n'], {isHijack: true, signal: abort.signal})
    abort.abort()
    expect(socket.destroyed).toBe(false)
    socket.destroy()
  })
})
