/**
 * Which of the container's streams a piece of output belongs to (Engine API, `POST /containers/{id}/attach`, stream
 * format).
 */
export type OutputStream = 'stdout' | 'stderr'

const HEADER_BYTES = 8
const STDERR = 2

/**
 * Takes an attached container's output apart: each frame is a header of 8 bytes (stream, three zeros, the payload's
 * length as big-endian uint32) and a payload, and both may be cut anywhere.
 *
 * The payloads are moved together within the chunk that they came in, so that nothing is allocated or kept and a chunk
 * of a thousand short lines is one write; what a chunk held of other streams' frames splits it.
 */
export class Demultiplexer {
  readonly #emit: (stream: OutputStream, payload: Buffer) => void
  readonly #header = Buffer.alloc(HEADER_BYTES)
  #headerFill = 0
  #payloadLeft = 0
  #stream: OutputStream = 'stdout'

  /** `emit` gets parts of the chunks that `push` was given, which it may keep. */
  constructor(emit: (stream: OutputStream, payload: Buffer) => void) {
    this.#emit = emit
  }

  /** Takes the next chunk, which is overwritten. */
  push(chunk: Buffer): void {
    let begin = 0
    let end = 0
    let stream = this.#stream
    for (let read = 0; read < chunk.length;) {
      if (this.#payloadLeft === 0) {
        read += this.#readHeader(chunk, read)
        continue
      }
      if (stream !== this.#stream) {
        if (end > begin) this.#emit(stream, chunk.subarray(begin, end))
        begin = end = read
        stream = this.#stream
      }
      const length = Math.min(this.#payloadLeft, chunk.length - read)
      if (end !== read) chunk.copyWithin(end, read, read + length)
      end += length
      read += length
      this.#payloadLeft -= length
    }
    if (end > begin) this.#emit(stream, chunk.subarray(begin, end))
  }

  /** Takes what is there of a header; how many bytes that was. */
  #readHeader(chunk: Buffer, from: number): number {
    if (this.#headerFill === 0 && chunk.length - from >= HEADER_BYTES) {
      this.#begin(chunk, from)
      return HEADER_BYTES
    }
    const taken = chunk.copy(this.#header, this.#headerFill, from, from + HEADER_BYTES - this.#headerFill)
    this.#headerFill += taken
    if (this.#headerFill === HEADER_BYTES) {
      this.#headerFill = 0
      this.#begin(this.#header, 0)
    }
    return taken
  }

  #begin(header: Buffer, at: number): void {
    this.#stream = header[at] === STDERR ? 'stderr' : 'stdout'
    this.#payloadLeft = header.readUInt32BE(at + 4)
  }
}
