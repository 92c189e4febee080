/** How much may come before a body, in bytes: more than any Engine says. */
const MOST_BYTES = 64 * 1024
const END = '\r\n\r\n'
/** RFC 9110, section 5.6.2, `token`. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** RFC 9110, section 5.5, `field-value`. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** What needs no escape in a path and a query (RFC 3986), and more: nothing that would end it. */
const PATH = /^[\x21-\x7e]+$/

/** An answer that is no HTTP/1.1, or none that is understood. */
export class MalformedAnswerError extends Error {}

/** A question in HTTP/1.1, with all of its body. */
export interface HttpRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** What an answer says before its body. */
export interface Head {
  readonly status: number
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>
}

/** Whether that can be the name of a header. */
export function isHeaderName(text: string): boolean {
  return TOKEN.test(text)
}

/** Whether a header can have that value. */
export function isHeaderValue(text: string): boolean {
  return VALUE.test(text)
}

/**
 * A question as it is sent, for a connection of its own (RFC 9112, section 9.6).
 *
 * @throws {TypeError} where a part of it would be read as another one
 */
export function written({method, path, headers, body = ''}: HttpRequest): Buffer {
  if (!PATH.test(path)) throw new TypeError('the path of a request has characters that it cannot have')
  const fields = Object.entries({Host: 'localhost', Connection: 'close', ...lengthOf(method, body), ...headers})
  for (const [name, value] of fields)
    if (!isHeaderName(name) || !isHeaderValue(value))
      throw new TypeError(`the header ${JSON.stringify(name)} of a request has characters that it cannot have`)
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'),
    Buffer.from(body),
  ])
}

/** What a proxy before an Engine may insist on (RFC 9110, section 8.6). What has a body says itself how long it is. */
function lengthOf(method: string, body: string): Readonly<Record<string, string>> {
  return method === 'POST' && body === '' ? {'Content-Length': '0'} : {}
}

/**
 * An answer's beginning, in what has come of it, and how many bytes it has; nothing before all of it is there.
 *
 * @throws {MalformedAnswerError}
 */
export function readHead(bytes: Buffer): (Head & {readonly length: number}) | undefined {
  const end = bytes.indexOf(END)
  if (end > MOST_BYTES || (end < 0 && bytes.length > MOST_BYTES))
    throw new MalformedAnswerError('its answer has too many headers')
  if (end < 0) return undefined
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const status = /^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(first)?.[1]
  if (status === undefined) throw new MalformedAnswerError('its answer is not HTTP/1.1')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]*):[\t ]*(.*?)[\t ]*$/s.exec(line) ?? []
    if (!isHeaderName(name)) throw new MalformedAnswerError('its answer has a line that is no header')
    const known = name.toLowerCase()
    const before = headers.get(known)
    headers.set(known, before === undefined ? value : `${before}, ${value}`)
  }
  return {status: Number(status), headers: Object.fromEntries(headers), length: end + END.length}
}
