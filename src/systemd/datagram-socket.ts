import {createRequire} from 'node:module'
import {constants} from 'node:os'
import {reason} from '../errors.js'

/** A unix socket for datagrams (unix(7)), which Node has none of. */
export interface DatagramSocket {
  /**
   * The oldest datagram, which stays where it is: so many of its bytes as were asked for, valid until the next look,
   * and how many it has. Nothing where there is none.
   */
  look(): {readonly bytes: Buffer; readonly length: number} | undefined
  /**
   * Takes the oldest datagram away. Whatever descriptors came with it the kernel closes: none is ever opened in this
   * process.
   */
  drop(): void
  close(): void
}

/**
 * Makes a socket at a path where nothing is yet.
 *
 * @param longest how many bytes of a datagram are looked at
 * @param arrived is called when there may be a datagram
 * @throws an error with the system's `code`
 */
export type OpenDatagramSocket = (path: string, longest: number, arrived: () => void) => DatagramSocket

/**
 * The kernel says with this signal that a datagram has come (fcntl(2), `F_SETSIG`): neither a thread nor a timer waits
 * for one, and nothing keeps this process. Nobody else sends it, and its default effect is none (signal(7)).
 */
const ARRIVAL = 'SIGURG'

/**
 * The same numbers on every architecture that koffi is built for (Linux, include/uapi/asm-generic/fcntl.h, net.h,
 * socket.h).
 */
const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const MSG_PEEK = 0x02
const MSG_TRUNC = 0x20
const MSG_DONTWAIT = 0x40
const F_SETFL = 4
const F_SETOWN = 8
const F_SETSIG = 10
const O_NONBLOCK = 0o4000
const O_ASYNC = 0o20000
/** The most bytes of a path, without the NUL at its end (unix(7), `sun_path`). */
const LONGEST_PATH = 107

type Foreign = (...values: readonly unknown[]) => number
interface Library {
  func(name: string, result: string, parameters: readonly string[]): Foreign
}
interface Koffi {
  load(path: null): Library
  errno(): number
}

/**
 * Loads koffi, through which the system's own calls are made. It is optional.
 *
 * @returns why there is none, where there is none
 */
export function loadDatagramSockets(): OpenDatagramSocket | {readonly why: string} {
  try {
    const koffi = createRequire(__filename)('koffi') as Koffi
    const libc = koffi.load(null)
    const calls = {
      socket: libc.func('socket', 'int', ['int', 'int', 'int']),
      bind: libc.func('bind', 'int', ['int', 'void*', 'uint32_t']),
      fcntl: libc.func('fcntl', 'int', ['int', 'int', '...']),
      recv: libc.func('recv', 'long', ['int', 'void*', 'size_t', 'int']),
      close: libc.func('close', 'int', ['int']),
    }
    return (path, longest, arrived) => openSocket({...calls, errno: () => koffi.errno()}, path, longest, arrived)
  } catch (error) {
    return {why: reason(error).split('\n')[0] ?? ''}
  }
}

type Calls = Readonly<Record<'socket' | 'bind' | 'fcntl' | 'recv' | 'close' | 'errno', Foreign>>

function openSocket(calls: Calls, path: string, longest: number, arrived: () => void): DatagramSocket {
  const checked = (call: string, result: number): number => {
    if (result === -1) throw systemError(call, calls.errno())
    return result
  }
  const address = addressOf(path)
  const fd = checked('socket', calls.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
  const close = (): void => {
    calls.close(fd)
    process.removeListener(ARRIVAL, arrived)
  }
  try {
    process.on(ARRIVAL, arrived)
    checked('bind', calls.bind(fd, address, address.length))
    checked('fcntl', calls.fcntl(fd, F_SETOWN, 'int', process.pid))
    checked('fcntl', calls.fcntl(fd, F_SETSIG, 'int', constants.signals[ARRIVAL]))
    checked('fcntl', calls.fcntl(fd, F_SETFL, 'int', O_NONBLOCK | O_ASYNC))
  } catch (error) {
    close()
    throw error
  }
  const buffer = Buffer.alloc(longest)
  return {
    look() {
      const length = calls.recv(fd, buffer, longest, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT)
      if (length !== -1) return {bytes: buffer.subarray(0, Math.min(length, longest)), length}
      const errno = calls.errno()
      if (errno === constants.errno.EAGAIN) return undefined
      throw systemError('recv', errno)
    },
    drop() {
      calls.recv(fd, buffer, 0, MSG_DONTWAIT)
    },
    close,
  }
}

/** A `sockaddr_un` (unix(7)). */
function addressOf(path: string): Buffer {
  const bytes = Buffer.from(path)
  if (bytes.length > LONGEST_PATH) throw systemError('bind', constants.errno.ENAMETOOLONG)
  const address = Buffer.alloc(2 + bytes.length + 1)
  new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_UNIX
  bytes.copy(address, 2)
  return address
}

function systemError(call: string, errno: number): Error {
  const [code = `errno ${String(errno)}`] = Object.entries(constants.errno).find(([, number]) => number === errno) ?? []
  return Object.assign(new Error(`${code}: ${call}`), {code})
}
