import {access, constants} from 'node:fs/promises'
import {dirname} from 'node:path'
import {hasErrorCode} from '../errors.js'

/**
 * Whether a path, or the nearest directory above it that is there, is on a file system that is read-only here, as the
 * settings of a unit that protect it make it (systemd.exec(5), "Sandboxing"; access(2), EROFS).
 */
export async function isReadOnly(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK)
    return false
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT') && path !== '/') return await isReadOnly(dirname(path))
    return hasErrorCode(error, 'EROFS')
  }
}
