import {once} from 'node:events'
import {mkdtemp, rm} from 'node:fs/promises'
import {createServer, type Server} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Writable, type Duplex} from 'node:stream'
import {setImmediate as nextTurn, setTimeout as sleep} from 'node:timers/promises'
import {describe, expect, onTestFinished, test} from 'vitest'
import {DockerodeEngine} from '../../src/docker/dockerode-engine.js'
import {EngineRefusedError, EngineUnreachableError} from '../../src/errors.js'
import {forwardOutput} from '../../src/logs/forward-output.js'
import {until} from '../../sandbox/until.js'
import {frame} from '../support/engine/frames.js'

const {signal} = new AbortController()
const UPGRADED = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'

/** Serves on a socket until the test is over; what asks it. */
async function engineAt(server: Server): Promise<DockerodeEngine> {
  const directory = await mkdtemp(join(tmpdir(), 'engine-'))
  const path = join(directory, 'docker.sock')
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(directory, {recursive: true})
  })
  return new DockerodeEngine(path, '1.41')
}

/** An Engine that lets who attaches have what `send` sends. */
async function engineThatSends(send: (connection: Duplex) => void): Promise<DockerodeEngine> {
  const server = createServer()
  server.on('upgrade', (_, connection: Duplex) => {
    connection.on('error', () => undefined)
    onTestFinished(() => void connection.destroy())
    send(connection)
  })
  return await engineAt(server)
}

/** Takes a little of the time for each write, and looks at its bytes only then. */
class SlowSink extends Writable {
  readonly #texts: string[] = []

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    setImmediate(() => {
      this.#texts.push(chunk.toString('latin1'))
      done()
    })
  }

  get text(): string {
    return this.#texts.join('')
  }
}

/** So many lines of which none is like another, and the frames that they come in. */
function numbered(count: number, stream: 1 | 2): {text: string; frames: Buffer[]} {
  const lines = Array.from({length: count}, (_, index) => `${String(stream)} line ${String(index)}\n`)
  return {text: lines.join(''), frames: lines.map((line) => frame(stream, line))}
}

describe('the output of a container that is attached to', () => {
  test('output that comes faster than it is taken arrives whole, though it is all read into the same memory', async () => {
    const out = numbered(150_000, 1)
    const err = numbered(150_000, 2)
    const both = out.frames.flatMap((one, index) => [one, err.frames[index] ?? Buffer.alloc(0)])
    const engine = await engineThatSends((connection) => {
      connection.end(Buffer.concat([Buffer.from(UPGRADED), ...both]))
    })
    const [stdout, stderr] = [new SlowSink(), new SlowSink()]
    await forwardOutput(await engine.attach('abc', 'output', signal), false, stdout, stderr)
    expect(stdout.text === out.text).toBe(true)
    expect(stderr.text === err.text).toBe(true)
  })

  test.each(['output', 'input'] as const)(
    'a container gets nothing as its input when its %s is attached to',
    async (to) => {
      let got = ''
      const server = createServer().on('upgrade', (_, connection: Duplex, head: Buffer) => {
        got = head.toString()
        connection.write(UPGRADED)
        connection.on('data', (chunk) => (got += String(chunk))).on('end', () => connection.end())
      })
      const stream = await (await engineAt(server)).attach('abc', to, signal)
      stream.end('input')
      await once(stream, 'close')
      expect(got).toBe('input')
    },
  )

  test('chunks stay as they are for who keeps them, as a plugin may', async () => {
    const {frames} = numbered(50_000, 1)
    const sent = Buffer.concat(frames)
    const engine = await engineThatSends((connection) => {
      connection.write(UPGRADED)
      connection.end(sent)
    })
    const chunks: Buffer[] = []
    const stream = await engine.attach('abc', 'output', signal)
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    await once(stream, 'close')
    expect(Buffer.concat(chunks).equals(sent)).toBe(true)
  })

  test('nothing is lost of what comes before anybody takes it', async () => {
    const {text, frames} = numbered(50_000, 1)
    const engine = await engineThatSends((connection) => {
      connection.write(UPGRADED)
      connection.end(Buffer.concat(frames))
    })
    const stream = await engine.attach('abc', 'output', signal)
    await until(20_000, () => Promise.resolve(stream.readableLength > 0 ? true : undefined))
    const sink = new SlowSink()
    await forwardOutput(stream, false, sink, new SlowSink())
    expect(sink.text === text).toBe(true)
  })

  test('an Engine whose output nobody takes is held up', async () => {
    let sending: Duplex | undefined
    const engine = await engineThatSends((connection) => {
      sending = connection
      connection.write(UPGRADED)
      connection.write(frame(1, Buffer.alloc(8_000_000, 'x')))
    })
    let letGo: () => void = () => undefined
    /** Takes nothing until it is let go of. */
    class Stuck extends Writable {
      override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
        letGo = done
        this.emit('stuck')
      }
    }
    const sink = new Stuck()
    const stream = await engine.attach('abc', 'output', signal)
    const stuck = once(sink, 'stuck')
    const forwarded = forwardOutput(stream, false, sink, new SlowSink())
    await stuck
    await nextTurn()
    expect(stream.isPaused()).toBe(true)
    expect(sink.writableLength + stream.readableLength).toBeLessThan(300_000)
    expect(sending?.writableLength).toBeGreaterThan(7_000_000)
    stream.destroy()
    letGo()
    await forwarded
  })

  test('the words of an Engine that refuses come whole, however they are cut', async () => {
    const server = createServer((_, response) => {
      void (async () => {
        response.writeHead(409, {'content-type': 'application/json'})
        for (const part of ['{"mess', 'age":"Container abc is ', 'paused"}']) {
          response.write(part)
          await sleep(5)
        }
        response.end()
      })()
    })
    const engine = await engineAt(server)
    await expect(engine.attach('abc', 'output', signal)).rejects.toEqual(
      new EngineRefusedError('attach to the container', 409, 'Container abc is paused', undefined),
    )
  })

  test('an Engine that hangs up before it answers is not reachable', async () => {
    const server = createServer((request) => {
      request.socket.destroy()
    })
    const engine = await engineAt(server)
    await expect(engine.attach('abc', 'output', signal)).rejects.toThrow(EngineUnreachableError)
  })

  test('an attachment that nobody wants any more is given up', async () => {
    const engine = await engineAt(createServer(() => undefined))
    const gaveUp = new AbortController()
    const attached = engine.attach('abc', 'output', gaveUp.signal)
    setTimeout(() => {
      gaveUp.abort()
    }, 20)
    await expect(attached).rejects.toMatchObject({code: 'ABORT_ERR'})
  })
})
