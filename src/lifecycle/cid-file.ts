import {open, rm, type FileHandle} from 'node:fs/promises'
import {CidFileError, hasErrorCode, reason} from '../errors.js'
import {readRegular} from '../files/regular.js'

/** More than the id of a container has. */
const LIMIT_BYTES = 256
const REMOVE_IT = 'make sure that its container is not running, and remove it, for example with ExecStartPre=-/bin/rm'

/** A file that was not there: as long as it is, nobody else makes a container with it. @throws {CidFileError} */
export async function openCidFile(path: string): Promise<{path: string; handle: FileHandle}> {
  try {
    return {path, handle: await open(path, 'wx', 0o644)}
  } catch (error) {
    const why = hasErrorCode(error, 'EEXIST') ? `it exists already; ${REMOVE_IT}` : reason(error)
    throw new CidFileError(path, why, error)
  }
}

/**
 * Sees that the file has the id of a container that is there already. One that is empty is of a start that was killed.
 *
 * @returns whether it was written
 * @throws {CidFileError} when something else is in it, which may be another container's id
 */
export async function keepCidFile(path: string, id: string): Promise<boolean> {
  const there = await contentOf(path)
  if (there === id) return false
  if (there !== undefined && there !== '') throw new CidFileError(path, `it names another container; ${REMOVE_IT}`)
  if (there === '') await rm(path, {force: true})
  const {handle} = await openCidFile(path)
  try {
    await handle.writeFile(id)
  } finally {
    await handle.close()
  }
  return true
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return (await readRegular(path, {limit: LIMIT_BYTES})).toString().trim()
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw new CidFileError(path, reason(error), error)
  }
}
