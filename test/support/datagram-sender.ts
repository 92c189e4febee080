import {closeSync, readSync} from 'node:fs'
import {onTestFinished} from 'vitest'
import {loadLibc, type Libc} from './libc.js'

const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOL_SOCKET = 1
const SCM_RIGHTS = 1
const O_NONBLOCK = 0o4000
const O_CLOEXEC = 0o2000000

/** Who sends datagrams to a unix socket, as the programs of a container do. */
export interface DatagramSender {
  send(text: string): void
  /** Sends the writing end of a new pipe along (unix(7), `SCM_RIGHTS`), as sd_notify_barrier(3) does. */
  sendWithPipe(text: string): {
    /** Whether nobody has that end any more. */
    readonly isClosed: () => boolean
  }
  close(): void
}

/** Opens a sender to the socket at a path, on 64-bit machines. It is closed after the test. */
export function openSender(path: string): DatagramSender {
  const {koffi, func} = loadLibc()
  const socket = func('socket', ['int', 'int', 'int'])
  const connect = func('connect', ['int', 'void*', 'uint32_t'])
  const send = func('send', ['int', 'void*', 'size_t', 'int'], 'long')
  const sendmsg = func('sendmsg', ['int', 'void*', 'int'], 'long')
  const pipe2 = func('pipe2', ['void*', 'int'])
  const open: number[] = []
  const fd = socket(AF_UNIX, SOCK_DGRAM | O_CLOEXEC, 0)
  open.push(fd)
  const close = (): void => {
    for (const one of open.splice(0)) closeSync(one)
  }
  onTestFinished(close)
  const address = Buffer.from(`\0\0${path}\0`)
  new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_UNIX
  connect(fd, address, address.length)
  return {
    send: (text) => void send(fd, Buffer.from(text), Buffer.byteLength(text), 0),
    sendWithPipe: (text) => {
      const ends = new Int32Array(2)
      pipe2(ends, O_NONBLOCK | O_CLOEXEC)
      const [reading = -1, writing = -1] = ends
      open.push(reading)
      const bytes = Buffer.from(text)
      // A cmsghdr with one descriptor (cmsg(3)).
      const control = Buffer.alloc(24)
      control.writeBigUInt64LE(20n, 0)
      control.writeInt32LE(SOL_SOCKET, 8)
      control.writeInt32LE(SCM_RIGHTS, 12)
      control.writeInt32LE(writing, 16)
      const vector = Buffer.alloc(16)
      vector.writeBigUInt64LE(addressOf(koffi, bytes), 0)
      vector.writeBigUInt64LE(BigInt(bytes.length), 8)
      // A msghdr (recvmsg(2)).
      const header = Buffer.alloc(56)
      header.writeBigUInt64LE(addressOf(koffi, vector), 16)
      header.writeBigUInt64LE(1n, 24)
      header.writeBigUInt64LE(addressOf(koffi, control), 32)
      header.writeBigUInt64LE(BigInt(control.length), 40)
      sendmsg(fd, header, 0)
      closeSync(writing)
      return {
        isClosed: () => {
          try {
            return readSync(reading, Buffer.alloc(1)) === 0
          } catch {
            // EAGAIN: somebody has it.
            return false
          }
        },
      }
    },
    close,
  }
}

function addressOf(koffi: Libc['koffi'], bytes: Buffer): bigint {
  return koffi.address(bytes)
}
