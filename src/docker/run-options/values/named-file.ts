import {createReadStream, constants, fstatSync, open} from 'node:fs'
import {Socket} from 'node:net'
import {addAbortSignal, type Readable} from 'node:stream'
import {promisify} from 'node:util'
import {UnreadableFileError} from '../../../errors.js'

const LARGEST_MIB = 4
const BYTES_PER_MIB = 1024 * 1024

/**
 * The content of a file that `option` names, which may also be a FIFO, as of a shell's process substitution, or a
 * device such as a terminal. One that gives nothing is waited for until `signal` aborts.
 *
 * @throws {UnreadableFileError} also when it is larger than 4 MiB
 */
export async function readNamedFile(path: string, option: string, signal: AbortSignal): Promise<Buffer> {
  const aborted = new AbortController()
  try {
    // A file on a server that is away cannot be left off; what reads it is left to itself then.
    return await Promise.race([readAll(path, signal), rejection(signal, aborted.signal)])
  } catch (error) {
    signal.throwIfAborted()
    throw new UnreadableFileError(option, path, error)
  } finally {
    aborted.abort()
  }
}

async function readAll(path: string, signal: AbortSignal): Promise<Buffer> {
  // Whoever opens a FIFO waits for its writer unless he says otherwise.
  const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of addAbortSignal(signal, streamOf(fd, path)) as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > LARGEST_MIB * BYTES_PER_MIB) throw new Error(`it is larger than ${String(LARGEST_MIB)} MiB`)
  }
  return Buffer.concat(chunks)
}

/** What gives nothing at the moment is waited for by the event loop, not by a thread that nobody could call back. */
function streamOf(fd: number, path: string): Readable {
  const {ReadStream, isatty} = process.getBuiltinModule('node:tty')
  if (isatty(fd)) return new ReadStream(fd)
  return fstatSync(fd).isFIFO() ? new Socket({fd, readable: true, writable: false}) : createReadStream(path, {fd})
}

async function rejection(signal: AbortSignal, unlisten: AbortSignal): Promise<never> {
  return await new Promise((_, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, {signal: unlisten})
  })
}
