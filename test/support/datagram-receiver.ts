import {closeSync} from 'node:fs'
import {onTestFinished} from 'vitest'
import {loadLibc} from './libc.js'

const AF_UNIX = 1
const SOCK_DGRAM = 2
const O_CLOEXEC = 0o2000000
const MSG_DONTWAIT = 0x40

/** Who receives datagrams at a unix socket, as journald does. */
export interface DatagramReceiver {
  /** The oldest datagram, its text in UTF-8, and the descriptor that came with it; -1 for none. */
  receive(): {readonly length: number; readonly bytes: Buffer; readonly file: number}
}

/** Opens a receiver at a path, on 64-bit machines. It is closed after the test. */
export function openReceiver(path: string): DatagramReceiver {
  const {koffi, func} = loadLibc()
  const fd = func('socket', ['int', 'int', 'int'])(AF_UNIX, SOCK_DGRAM | O_CLOEXEC, 0)
  onTestFinished(() => {
    closeSync(fd)
  })
  const address = Buffer.from(`\0\0${path}\0`)
  new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_UNIX
  func('bind', ['int', 'void*', 'uint32_t'])(fd, address, address.length)
  const recvmsg = func('recvmsg', ['int', 'void*', 'int'], 'long')
  return {
    receive: () => {
      const bytes = Buffer.alloc(1_000_000)
      const vector = Buffer.alloc(16)
      vector.writeBigUInt64LE(koffi.address(bytes), 0)
      vector.writeBigUInt64LE(BigInt(bytes.length), 8)
      const control = Buffer.alloc(24)
      // A msghdr (recvmsg(2)).
      const header = Buffer.alloc(56)
      header.writeBigUInt64LE(koffi.address(vector), 16)
      header.writeBigUInt64LE(1n, 24)
      header.writeBigUInt64LE(koffi.address(control), 32)
      header.writeBigUInt64LE(BigInt(control.length), 40)
      const length = recvmsg(fd, header, MSG_DONTWAIT)
      const hasFile = header.readBigUInt64LE(40) > 0n
      return {length, bytes: bytes.subarray(0, length), file: hasFile ? control.readInt32LE(16) : -1}
    },
  }
}
