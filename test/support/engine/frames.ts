/** A frame of an attached container's output: 1 is standard output, 2 standard error. */
export function frame(stream: 0 | 1 | 2, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload)
  const length = bytes.length
  return Buffer.concat([
    Buffer.from([stream, 0, 0, 0, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255]),
    bytes,
  ])
}
