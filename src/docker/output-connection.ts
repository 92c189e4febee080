import {Socket, type ConnectOpts, type SocketConstructorOpts} from 'node:net'

/** About as much as a unix socket holds (socket(7), `SO_SNDBUF`), so that a burst is read at once. */
const BUFFER_BYTES = 128 * 1024

/**
 * A connection that can be read into one buffer again and again: where each read allocates one, what waits for Node's
 * garbage collector is tens of megabytes once output comes fast.
 */
export class OutputConnection extends Socket {
  #isOverwritten = false

  constructor() {
    // The types have this option only where there is a constructor behind it.
    const options: SocketConstructorOpts & ConnectOpts = {
      onread: {
        buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES),
        callback: (bytes, buffer) => this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, bytes)),
      },
    }
    super(options)
  }

  /**
   * From now on a chunk that comes while the stream flows is overwritten by the next one, and not copied: who needs it
   * for longer than it takes to be told of it pauses the stream.
   */
  overwriteChunks(): void {
    this.#isOverwritten = true
  }

  /** Whether more is to be read (net.Socket, `onread`). */
  #read(chunk: Buffer): boolean {
    const isTakenAtOnce = this.#isOverwritten && this.readableFlowing === true && this.readableLength === 0
    if (!isTakenAtOnce) return this.push(Buffer.from(chunk))
    // A push would have the next chunk read ahead, paused or not.
    this.emit('data', chunk)
    return true
  }
}
