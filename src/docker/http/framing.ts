import {MalformedAnswerError, type Head} from './head.js'

/** How long the line before a chunk may be, in bytes. */
const MOST_LINE = 4096

/** How the end of an answer's body is told (RFC 9112, section 6.3). */
export interface Framing {
  /** Whether it ends where the connection does. */
  readonly isOpen: boolean
  /**
   * Gives what of a body has come, and says whether it has ended.
   *
   * @throws {MalformedAnswerError}
   */
  take(bytes: Buffer, give: (part: Buffer) => void): boolean
}

/**
 * How the end of the body is told of an answer to anything but `HEAD`.
 *
 * @throws {MalformedAnswerError}
 */
export function framingOf({status, headers}: Head): Framing {
  const {'transfer-encoding': coding, 'content-length': length} = headers
  if (status === 204 || status === 304) return new OfLength(0)
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked')
      throw new MalformedAnswerError(`its answer has the transfer encoding ${coding}`)
    return new Chunked()
  }
  if (length === undefined) return UNTIL_CLOSED
  if (!/^\d{1,15}$/.test(length)) throw new MalformedAnswerError('its answer has no length')
  return new OfLength(Number(length))
}

const UNTIL_CLOSED: Framing = {
  isOpen: true,
  take(bytes, give) {
    give(bytes)
    return false
  },
}

class OfLength implements Framing {
  readonly isOpen = false
  #left: number

  constructor(bytes: number) {
    this.#left = bytes
  }

  take(bytes: Buffer, give: (part: Buffer) => void): boolean {
    const part = bytes.subarray(0, this.#left)
    this.#left -= part.length
    if (part.length > 0) give(part)
    return this.#left === 0
  }
}

/** RFC 9112, section 7.1. What a chunk and the end of them all may say besides is passed over. */
class Chunked implements Framing {
  readonly isOpen = false
  /** What is left of a chunk, in bytes; nothing between two. */
  #left = 0
  /** What is to be read next. */
  #next: 'size' | 'chunk' | 'line behind it' | 'trailer' = 'size'
  #line = ''

  take(bytes: Buffer, give: (part: Buffer) => void): boolean {
    for (let at = 0; at < bytes.length;) {
      if (this.#next === 'chunk') {
        const part = bytes.subarray(at, at + this.#left)
        at += part.length
        this.#left -= part.length
        if (this.#left === 0) this.#next = 'line behind it'
        give(part)
        continue
      }
      const end = bytes.indexOf('\n', at)
      this.#line += bytes.toString('latin1', at, end < 0 ? bytes.length : end)
      if (this.#line.length > MOST_LINE) throw new MalformedAnswerError('its answer has a line too long for a chunk')
      if (end < 0) return false
      at = end + 1
      const line = this.#line.replace(/\r$/, '')
      this.#line = ''
      if (this.#read(line)) return true
    }
    return false
  }

  /** Takes a line, and says whether it was the last one. */
  #read(line: string): boolean {
    switch (this.#next) {
      case 'size': {
        const size = /^([0-9a-f]{1,12})[\t ]*(?:;|$)/i.exec(line)?.[1]
        if (size === undefined) throw new MalformedAnswerError('its answer has a chunk without a size')
        this.#left = Number.parseInt(size, 16)
        this.#next = this.#left === 0 ? 'trailer' : 'chunk'
        return false
      }
      case 'trailer':
        return line === ''
      case 'chunk':
      case 'line behind it':
        if (line !== '') throw new MalformedAnswerError('its answer has a chunk that is longer than it says')
        this.#next = 'size'
        return false
    }
  }
}
