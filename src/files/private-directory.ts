import {lstatSync, mkdirSync} from 'node:fs'
import {StateError, hasErrorCode} from '../errors.js'

/**
 * Makes a directory that its owner alone may enter, unless it is there already.
 *
 * @throws {StateError} where what is there is no directory, or others may write to it
 */
export function makePrivate(directory: string): void {
  try {
    mkdirSync(directory, {mode: 0o700})
  } catch (error) {
    if (!hasErrorCode(error, 'EEXIST')) throw error
    const stats = lstatSync(directory)
    if (!stats.isDirectory() || stats.uid !== process.getuid?.() || (stats.mode & 0o022) !== 0)
      throw new StateError(directory, 'it is not a directory that only this user can write to; remove it')
  }
}
