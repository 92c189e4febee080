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
    if (!isPrivate(directory))
      throw new StateError(directory, 'it is not a directory that only this user can write to; remove it')
  }
}

/** Whether a directory is there, and its owner, who is this user, alone may write to it. */
export function isPrivate(directory: string): boolean {
  const stats = lstatSync(directory, {throwIfNoEntry: false})
  return stats?.isDirectory() === true && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0
}
