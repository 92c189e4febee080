import {closeSync, constants, fstatSync, openSync, readSync, type Stats} from 'node:fs'
import {open, type FileHandle} from 'node:fs/promises'
import {IrregularFileError, hasErrorCode} from '../errors.js'

/** What is asked of a file that others than the user who runs us may have put there. */
export interface Bounds {
  /** The most bytes that it may have. */
  readonly limit: number
  /** Whether a link to it will do, as where people keep their configuration elsewhere. */
  readonly mayBeLink?: boolean
}

/**
 * What is in a file that somebody else may have put there: no link is followed, nothing is waited for as for the writer
 * of a FIFO (open(2), `O_NONBLOCK`), and no more than the limit is read.
 *
 * @throws {IrregularFileError} and what open(2) and read(2) say
 */
export async function readRegular(path: string, {limit, ...kind}: Bounds): Promise<Buffer> {
  const handle = await openRegular(path, kind)
  try {
    return await readWithin(limit, handle, path)
  } finally {
    await handle.close()
  }
}

/** The same, at once. */
export function readRegularSync(path: string, {limit, ...kind}: Bounds): Buffer {
  let descriptor: number
  try {
    descriptor = openSync(path, flagsFor(kind))
  } catch (error) {
    throw irregular(path, error)
  }
  try {
    refuseIrregular(path, fstatSync(descriptor))
    const buffer = Buffer.allocUnsafe(limit + 1)
    let length = 0
    for (let read = -1; read !== 0; length += read)
      read = readSync(descriptor, buffer, length, buffer.length - length, null)
    return unlessFull(buffer, length, path)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Opens such a file, for one who looks at what was opened before it is read. @throws {IrregularFileError} and what
 * open(2) says
 */
export async function openRegular(path: string, kind: Pick<Bounds, 'mayBeLink'>): Promise<FileHandle> {
  const handle = await open(path, flagsFor(kind)).catch((error: unknown) => {
    throw irregular(path, error)
  })
  try {
    refuseIrregular(path, await handle.stat())
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** What is in an open file. @throws {IrregularFileError} when that is more than `limit` bytes */
export async function readWithin(limit: number, handle: FileHandle, path: string): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(limit + 1)
  let length = 0
  for (let read = -1; read !== 0; length += read)
    ({bytesRead: read} = await handle.read(buffer, length, buffer.length - length))
  return unlessFull(buffer, length, path)
}

function flagsFor({mayBeLink = false}: Pick<Bounds, 'mayBeLink'>): number {
  const {O_RDONLY, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW} = constants
  return O_RDONLY | O_NONBLOCK | O_NOCTTY | (mayBeLink ? 0 : O_NOFOLLOW)
}

function refuseIrregular(path: string, stats: Stats): void {
  if (stats.isFile()) return
  const kind = stats.isDirectory() ? 'a directory' : stats.isFIFO() ? 'a FIFO' : 'a device'
  throw new IrregularFileError(path, `it is ${kind}, not a regular file`)
}

/** What open(2) says of a link that it was not to follow (ELOOP) and of a socket (ENXIO), in words. */
function irregular(path: string, error: unknown): unknown {
  if (hasErrorCode(error, 'ELOOP')) return new IrregularFileError(path, 'it is a link, not a regular file', error)
  if (hasErrorCode(error, 'ENXIO')) return new IrregularFileError(path, 'it is a socket, not a regular file', error)
  return error
}

function unlessFull(buffer: Buffer, length: number, path: string): Buffer {
  if (length < buffer.length) return buffer.subarray(0, length)
  throw new IrregularFileError(path, `it has more than ${String(buffer.length - 1)} bytes`)
}
