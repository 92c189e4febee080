/** The header of a frame (Engine API, `POST /containers/{id}/attach`, stream format). */
const HEADER_BYTES = 8
const BLOCK_PAYLOAD_BYTES = 1e6

/** How long the lines are that are measured, by what they are called. */
export const LINE_BYTES = {'100-byte lines': 100, '16 kB lines': 16_384}

/** Some frames, and how many bytes of them are payload. */
export interface Block {
  readonly bytes: Buffer
  readonly payload: number
}

/** About a megabyte of lines on standard output, each in a frame of its own. */
export function block(lineBytes: number): Block {
  const header = Buffer.alloc(HEADER_BYTES)
  header[0] = 1
  header.writeUInt32BE(lineBytes, 4)
  const frame = Buffer.concat([header, Buffer.alloc(lineBytes - 1, 'x'), Buffer.from('\n')])
  const count = Math.floor(BLOCK_PAYLOAD_BYTES / lineBytes)
  return {bytes: Buffer.concat(Array.from({length: count}, () => frame)), payload: count * lineBytes}
}

export function* repeated(chunk: Buffer, times: number): Generator<Buffer> {
  for (let time = 0; time < times; time++) yield chunk
}
