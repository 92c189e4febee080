import {closeSync, writeSync} from 'node:fs'
import {constants} from 'node:os'
import {hasErrorCode} from '../errors.js'
import {withLibc, type Foreign, type Koffi} from './libc.js'

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
 * What came of a datagram: it is with the receiver; that has no room at the moment, or is not there; or the datagram is
 * longer than a socket of this process may send.
 */
export type Sent = 'sent' | 'full' | 'nobody' | 'too-long'

/** Sends datagrams to a unix socket, and connects to it again whenever that has been made anew. */
export interface DatagramSender {
  /** Sends the first `length` bytes. @throws an error with the system's `code` */
  send(bytes: Buffer, length: number): Sent
  /**
   * Sends bytes as the descriptor of a file in memory that nobody can change any more (memfd_create(2)), which some
   * take in place of a datagram that is too long. @throws an error with the system's `code`
   */
  sendAsFile(bytes: Buffer): Sent
  close(): void
}

/**
 * Makes a sender to the socket at a path.
 *
 * @throws an error with the system's `code` where nobody receives there
 */
export type OpenDatagramSender = (path: string) => DatagramSender

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
const MSG_NOSIGNAL = 0x4000
const SOL_SOCKET = 1
const SCM_RIGHTS = 1
const MFD_CLOEXEC = 1
const MFD_ALLOW_SEALING = 2
const F_ADD_SEALS = 1033
/** No shrinking, no growing, no writing, no other seals (fcntl(2), `F_SEAL_SEAL` and others). */
const ALL_SEALS = 0xf
const F_SETFL = 4
const F_SETOWN = 8
const F_SETSIG = 10
const O_NONBLOCK = 0o4000
const O_ASYNC = 0o20000
/** The most bytes of a path, without the NUL at its end (unix(7), `sun_path`). */
const LONGEST_PATH = 107

/**
 * Loads koffi, through which the system's own calls are made. It is optional.
 *
 * @returns why there is none, where there is none
 */
export function loadDatagramSockets(): OpenDatagramSocket | {readonly why: string} {
  return withLibc((koffi, libc) => {
    const calls = {
      socket: libc.func('socket', 'int', ['int', 'int', 'int']),
      bind: libc.func('bind', 'int', ['int', 'void*', 'uint32_t']),
      fcntl: libc.func('fcntl', 'int', ['int', 'int', '...']),
      recv: libc.func('recv', 'long', ['int', 'void*', 'size_t', 'int']),
      close: libc.func('close', 'int', ['int']),
    }
    return (path, longest, arrived) => openSocket({...calls, errno: () => koffi.errno()}, path, longest, arrived)
  })
}

/** The same for those who send. */
export function loadDatagramSenders(): OpenDatagramSender | {readonly why: string} {
  return withLibc((koffi, libc) => {
    const calls = {
      socket: libc.func('socket', 'int', ['int', 'int', 'int']),
      connect: libc.func('connect', 'int', ['int', 'void*', 'uint32_t']),
      send: libc.func('send', 'long', ['int', 'void*', 'size_t', 'int']),
      sendmsg: libc.func('sendmsg', 'long', ['int', 'void*', 'int']),
      memfd_create: libc.func('memfd_create', 'int', ['str', 'uint32_t']),
      fcntl: libc.func('fcntl', 'int', ['int', 'int', '...']),
    }
    return (path) => new ConnectedSender(koffi, calls, path)
  })
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

type SenderCalls = Readonly<Record<'socket' | 'connect' | 'send' | 'sendmsg' | 'memfd_create' | 'fcntl', Foreign>>

/** What the system says where nobody is there to receive (connect(2)), and where there is no room (send(2)). */
const NOBODY = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'ENOTCONN', 'EPIPE']
const FULL = ['EAGAIN', 'ENOBUFS', 'ENOMEM']

class ConnectedSender implements DatagramSender {
  readonly #koffi: Koffi
  readonly #calls: SenderCalls
  readonly #address: Buffer
  /** Nothing while there is no connection. */
  #fd: number | undefined
  #control: Buffer | undefined

  constructor(koffi: Koffi, calls: SenderCalls, path: string) {
    this.#koffi = koffi
    this.#calls = calls
    this.#address = addressOf(path)
    this.#fd = this.#connect()
  }

  send(bytes: Buffer, length: number): Sent {
    return this.#attempt((fd) => {
      this.#check('send', this.#calls.send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL))
    })
  }

  sendAsFile(bytes: Buffer): Sent {
    return this.#attempt((fd) => {
      const file = this.#check('memfd_create', this.#calls.memfd_create('journal', MFD_CLOEXEC | MFD_ALLOW_SEALING))
      try {
        for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
        this.#check('fcntl', this.#calls.fcntl(file, F_ADD_SEALS, 'int', ALL_SEALS))
        this.#check('sendmsg', this.#sendDescriptor(fd, file))
      } finally {
        closeSync(file)
      }
    })
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #attempt(act: (fd: number) => void): Sent {
    try {
      act((this.#fd ??= this.#connect()))
      return 'sent'
    } catch (error) {
      if (hasErrorCode(error, ...FULL)) return 'full'
      if (hasErrorCode(error, 'EMSGSIZE')) return 'too-long'
      if (!hasErrorCode(error, ...NOBODY)) throw error
      this.close()
      return 'nobody'
    }
  }

  #connect(): number {
    const fd = this.#check('socket', this.#calls.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
    try {
      this.#check('connect', this.#calls.connect(fd, this.#address, this.#address.length))
      return fd
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  /** Sends a descriptor alone: a `msghdr` (recvmsg(2)) with one `cmsghdr` (cmsg(3)), as the kernel has them. */
  #sendDescriptor(fd: number, sent: number): number {
    const word = this.#koffi.sizeof('size_t')
    // Only its address is in the header: held here, it is not collected before the call.
    this.#control = words(word, [word + 12], 2 * word + 8)
    new Int32Array(this.#control.buffer, word, 3).set([SOL_SOCKET, SCM_RIGHTS, sent])
    const header = words(word, [0, 0, 0, 0, this.#koffi.address(this.#control), this.#control.length, 0])
    return this.#calls.sendmsg(fd, header, MSG_DONTWAIT | MSG_NOSIGNAL)
  }

  #check(call: string, result: number): number {
    if (result === -1) throw systemError(call, this.#koffi.errno())
    return result
  }
}

/** Numbers as long as an address, one after another, in memory of their own. */
function words(bytes: number, values: readonly (number | bigint)[], length = bytes * values.length): Buffer {
  const memory = new ArrayBuffer(length)
  if (bytes === 8) new BigUint64Array(memory, 0, values.length).set(values.map(BigInt))
  else new Uint32Array(memory, 0, values.length).set(values.map(Number))
  return Buffer.from(memory)
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
