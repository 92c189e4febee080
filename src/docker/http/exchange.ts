import type {Socket} from 'node:net'
import {Readable} from 'node:stream'
import {framingOf, type Framing} from './framing.js'
import {MalformedAnswerError, readHead, written, type Head, type HttpRequest} from './head.js'

/** RFC 9110, section 15.2: up to which an answer is still to come, and after which the connection is another's. */
const LAST_INTERIM = 199
export const SWITCHING = 101
const NOTHING: Buffer = Buffer.alloc(0)

/** An answer whose head has come. Its body is read from it, and destroying it closes the connection. */
export class Answer extends Readable {
  readonly statusCode: number
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  readonly #socket: Socket
  /** What it was cut with. */
  #broken: Error | null = null

  constructor(socket: Socket, {status, headers}: Head) {
    super()
    this.#socket = socket
    this.statusCode = status
    this.headers = headers
  }

  /** All of its body. @throws {Error} what it is cut with, or broken off */
  async content(): Promise<Buffer> {
    const chunks: Buffer[] = []
    await new Promise<void>((resolve, reject) => {
      const closed = (): void => {
        reject(this.#broken ?? cut('in the middle of an answer'))
      }
      if (this.destroyed) closed()
      this.on('data', (chunk: Buffer) => chunks.push(chunk))
      this.once('end', resolve).once('error', reject).once('close', closed)
    })
    return Buffer.concat(chunks)
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy()
    this.#broken = error
    // Who reads it only later is told then.
    done(this.listenerCount('error') > 0 ? error : null)
  }
}

/**
 * Asks over a connection of its own, and gives the answer as soon as its head is there, or the connection where that
 * was asked for and the Engine lets it be used for something else. When the signal aborts, the question is broken off,
 * and an answer in its middle, with an error whose code is `ABORT_ERR`; what is cut has one with `ECONNRESET`.
 *
 * Node's own client (`node:http`) is more than what a unix socket, one question a connection and an Engine take: to
 * load and compile it is a tenth of the processor time of a start.
 *
 * @throws {TypeError} where the request has what HTTP cannot have, before anything is connected
 */
export async function exchange(
  connect: () => Socket,
  request: HttpRequest,
  signal?: AbortSignal,
): Promise<Answer | Socket> {
  if (signal?.aborted) throw brokenOff(signal.reason)
  const bytes = written(request)
  return await new Promise((resolve, reject) => {
    const mayGiveAway = request.headers['Upgrade'] !== undefined
    new Exchange(connect(), signal, {mayGiveAway, answered: resolve, failed: reject}).begin(bytes)
  })
}

/** An answer whose body is still coming. */
interface Coming {
  readonly answer: Answer
  readonly framing: Framing
}

/** Who waits for an answer. */
interface Asker {
  /** Whether the connection may be given in place of an answer. */
  readonly mayGiveAway: boolean
  readonly answered: (answer: Answer | Socket) => void
  readonly failed: (error: Error) => void
}

class Exchange {
  readonly #socket: Socket
  readonly #signal: AbortSignal | undefined
  readonly #asker: Asker
  /** What has come of the answer's head. */
  #head = NOTHING
  #body: Coming | undefined

  constructor(socket: Socket, signal: AbortSignal | undefined, asker: Asker) {
    this.#socket = socket
    this.#signal = signal
    this.#asker = asker
  }

  begin(request: Buffer): void {
    this.#socket.on('data', this.#take).on('end', this.#end).on('close', this.#end).on('error', this.#fail)
    this.#signal?.addEventListener('abort', this.#abort)
    this.#socket.write(request)
  }

  readonly #take = (bytes: Buffer): void => {
    try {
      if (this.#body === undefined) this.#takeHead(Buffer.concat([this.#head, bytes]))
      else this.#takeBody(bytes, this.#body)
    } catch (error) {
      // What a reader of the answer throws is no fault of the answer's.
      if (!(error instanceof MalformedAnswerError)) throw error
      this.#fail(error)
    }
  }

  #takeHead(bytes: Buffer): void {
    const head = readHead(bytes)
    this.#head = head === undefined ? bytes : NOTHING
    if (head === undefined) return
    const rest = bytes.subarray(head.length)
    if (head.status === SWITCHING && this.#asker.mayGiveAway) this.#giveAway(rest)
    else if (head.status === SWITCHING) throw new MalformedAnswerError('its answer switches to another protocol')
    else if (head.status <= LAST_INTERIM) this.#takeHead(rest)
    else {
      const body = {answer: new Answer(this.#socket, head), framing: framingOf(head)}
      // Before anybody has the answer, so that one with a fault that is here already is no answer.
      this.#takeBody(rest, body)
      this.#body = body
      this.#asker.answered(body.answer)
    }
  }

  #takeBody(bytes: Buffer, {answer, framing}: Coming): void {
    const isOver = framing.take(bytes, (part) => {
      if (!answer.push(part)) this.#socket.pause()
    })
    if (isOver) this.#finish(answer)
  }

  #finish(answer: Answer): void {
    this.#release()
    this.#socket.destroy()
    answer.push(null)
  }

  /** Whoever has the connection next finds it as one that nobody has read from. */
  #giveAway(rest: Buffer): void {
    this.#release()
    Object.assign(this.#socket, {readableFlowing: null})
    if (rest.length > 0) this.#socket.unshift(rest)
    this.#asker.answered(this.#socket)
  }

  readonly #end = (): void => {
    if (this.#body?.framing.isOpen === true) this.#finish(this.#body.answer)
    else this.#fail(cut(this.#body === undefined ? 'without an answer' : 'in the middle of an answer'))
  }

  readonly #abort = (): void => {
    this.#fail(brokenOff(this.#signal?.reason))
  }

  readonly #fail = (error: Error): void => {
    this.#release()
    this.#socket.destroy()
    if (this.#body === undefined) this.#asker.failed(error)
    else this.#body.answer.destroy(error)
  }

  #release(): void {
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#socket.off('data', this.#take).off('end', this.#end).off('close', this.#end).off('error', this.#fail)
    // What a connection fails with that nobody reads from any more is of no consequence.
    this.#socket.on('error', ignore)
  }
}

function ignore(): void {
  // Nothing is to be done.
}

function brokenOff(why: unknown): Error {
  return Object.assign(new Error('the question was broken off', {cause: why}), {name: 'AbortError', code: 'ABORT_ERR'})
}

function cut(where: string): Error {
  return Object.assign(new Error(`it closed the connection ${where}`), {code: 'ECONNRESET'})
}
