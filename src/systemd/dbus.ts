/** A method call, with strings of ASCII alone (D-Bus Specification, "Message Protocol"). */
export interface Call {
  /** What its answer is known by. */
  readonly serial: number
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly words: readonly string[]
}

/** What is read of a message. */
export interface Message {
  readonly kind: 'return' | 'error' | 'other'
  /** The serial of the call that it answers. */
  readonly replyTo: number | undefined
  /** What an error is called. */
  readonly errorName: string | undefined
  /** The value of a return that has one, of any plain type: an unsigned number of 64 bits is a bigint. */
  readonly value: Plain | undefined
}

/** A value that is neither a list nor made of others. */
type Plain = string | number | bigint | boolean

const LITTLE_ENDIAN = 'l'.charCodeAt(0)
const PROTOCOL = 1
const METHOD_CALL = 1
const KINDS: Readonly<Record<number, Message['kind']>> = {2: 'return', 3: 'error'}
/** The header's fields that a call has, or that are looked at in an answer. */
const FIELD = {path: 1, interface: 2, member: 3, errorName: 4, replySerial: 5, destination: 6, signature: 8} as const
/** Where a message has its kind, its version, the lengths of its body and of its fields, its serial, and its fields. */
const AT = {kind: 1, protocol: 3, bodyLength: 4, serial: 8, fieldsLength: 12, fields: 16} as const

/** A call as bytes. */
export function encodeCall({serial, words, ...call}: Call): Buffer {
  const body = words.reduce(withString, '')
  let fields = withField('', FIELD.path, 'o', call.path)
  fields = withField(fields, FIELD.interface, 's', call.interface)
  fields = withField(fields, FIELD.member, 's', call.member)
  fields = withField(fields, FIELD.destination, 's', call.destination)
  if (words.length > 0) fields = withField(fields, FIELD.signature, 'g', 's'.repeat(words.length))
  const head = String.fromCharCode(LITTLE_ENDIAN, METHOD_CALL, 0, PROTOCOL)
  const lengths = `${unsigned(body.length)}${unsigned(serial)}${unsigned(fields.length)}`
  return Buffer.from(`${head}${lengths}${padded(fields, 8)}${body}`, 'latin1')
}

// What is written is text of which each character is a byte: a call has dozens of values, and an object for each of
// them takes as long as the rest of a question. Each value is aligned to its own size from the beginning.

/** With a field of a header behind what is there. */
function withField(before: string, code: number, type: 's' | 'o' | 'g', value: string): string {
  const begun = `${padded(before, 8)}${String.fromCharCode(code, 1, type.charCodeAt(0), 0)}`
  return type === 'g' ? `${begun}${String.fromCharCode(value.length)}${value}\0` : withString(begun, value)
}

function withString(before: string, text: string): string {
  return `${padded(before, 4)}${unsigned(text.length)}${text}\0`
}

function unsigned(value: number): string {
  return String.fromCharCode(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24)
}

function padded(text: string, to: number): string {
  return text.padEnd(aligned(text.length, to), '\0')
}

function aligned(at: number, to: number): number {
  return Math.ceil(at / to) * to
}

/**
 * How many bytes the message has that begins here; nothing where its beginning is not whole.
 *
 * @throws where this is no message in the byte order of the machines that this program runs on
 */
export function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < AT.fields) return undefined
  if (bytes[0] !== LITTLE_ENDIAN || bytes[AT.protocol] !== PROTOCOL)
    throw new Error('a D-Bus message of another byte order or version')
  return aligned(AT.fields + bytes.readUInt32LE(AT.fieldsLength), 8) + bytes.readUInt32LE(AT.bodyLength)
}

/** Reads a whole message. @throws where it is not made as the specification says */
export function decodeMessage(bytes: Buffer): Message {
  const end = AT.fields + bytes.readUInt32LE(AT.fieldsLength)
  const fields = new Reader(bytes, AT.fields)
  let replyTo: number | undefined
  let errorName: string | undefined
  let signature = ''
  while (fields.at < end) {
    fields.align(8)
    const code = fields.byte()
    const value = fields.variant()
    if (value === undefined) throw new Error('a D-Bus message with a field of no plain type')
    if (code === FIELD.replySerial) replyTo = Number(value)
    if (code === FIELD.errorName) errorName = String(value)
    if (code === FIELD.signature) signature = String(value)
  }
  const kind = KINDS[bytes[AT.kind] ?? 0] ?? 'other'
  const hasValue = kind === 'return' && signature === 'v'
  return {kind, replyTo, errorName, value: hasValue ? new Reader(bytes, aligned(end, 8)).variant() : undefined}
}

/** Reads values one after the other. Each throws where the message ends before it. */
class Reader {
  readonly #bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  align(to: number): void {
    this.at = aligned(this.at, to)
  }

  byte(): number {
    return this.#bytes.readUInt8(this.at++)
  }

  /** A value that says its type; nothing where that is no plain one. */
  variant(): Plain | undefined {
    const type = this.#signature()
    switch (type) {
      case 'b':
        return this.#unsigned() !== 0
      case 'u':
        return this.#unsigned()
      case 'i':
        return this.#bytes.readInt32LE(this.#take(4))
      case 't':
        return this.#bytes.readBigUInt64LE(this.#take(8))
      case 's':
      case 'o':
        return this.#text(this.#unsigned())
      case 'g':
        return this.#signature()
      default:
        return undefined
    }
  }

  #unsigned(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }

  #signature(): string {
    return this.#text(this.byte())
  }

  /** Where a number of so many bytes begins. */
  #take(size: number): number {
    this.align(size)
    this.at += size
    return this.at - size
  }

  #text(length: number): string {
    const end = this.at + length
    if (end >= this.#bytes.length) throw new RangeError('a D-Bus message that ends within a string')
    const text = this.#bytes.toString('utf8', this.at, end)
    this.at = end + 1
    return text
  }
}
