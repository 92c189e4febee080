import {accessSync, constants} from 'node:fs'
import {dirname} from 'node:path'
import {hasErrorCode} from '../errors.js'

/**
 * Whether a path, or the nearest directory above it that is there, is on a file system that is read-only here, as the
 * settings of a unit that protect it make it (systemd.exec(5), "Sandboxing"; access(2), EROFS).
 */
export function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return false
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT') && path !== '/') return isReadOnly(dirname(path))
    return hasErrorCode(error, 'EROFS')
  }
}
