import {constants} from 'node:fs'
import {access, chmod, copyFile, lstat, readFile, rename, rm, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {SetupError, hasErrorCode, reason} from '../errors.js'

/** Where the programs of a host's own are (Filesystem Hierarchy Standard, 4.9). */
const PREFERRED = '/usr/local/bin'
const EXECUTABLE = 0o755

/** Whether the program at `path` is there and the same as that at `source`. */
export async function isSame(path: string, source: string): Promise<boolean> {
  try {
    const [there, ours] = await Promise.all([readFile(path), readFile(source)])
    await access(path, constants.X_OK)
    return there.equals(ours)
  } catch {
    return false
  }
}

/**
 * Copies the program at `source` to `path`, so that containers go on when the package is updated or removed. Whoever
 * looks meanwhile finds the one before or the new one, whole.
 *
 * @throws {SetupError}
 */
export async function install(source: string, path: string): Promise<void> {
  const unfinished = `${path}.new`
  try {
    await rm(unfinished, {force: true})
    await copyFile(source, unfinished, constants.COPYFILE_EXCL)
    await chmod(unfinished, EXECUTABLE)
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, {force: true}).catch(() => undefined)
    throw new SetupError(`cannot install ${path}`, reason(error), error)
  }
}

/**
 * Removes what {@link install} put at `path`; false where nothing is there. A link is the package's own, and stays.
 * @throws {SetupError}
 */
export async function uninstall(path: string): Promise<boolean> {
  try {
    if (!(await lstat(path)).isFile()) return false
    await rm(path)
    return true
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return false
    throw new SetupError(`cannot remove ${path}`, reason(error), error)
  }
}

/**
 * Of the directories where programs are looked for, the one to install into: /usr/local/bin, or the first that is
 * there. Programs in it are executed as root, so it must be root's.
 *
 * @throws {SetupError}
 */
export async function directoryToInstallIn(root: string, path: readonly string[]): Promise<string> {
  const ordered = [...path].sort((a, b) => Number(b === PREFERRED) - Number(a === PREFERRED))
  for (const directory of ordered) {
    const stats = await stat(join(root, directory)).catch(() => undefined)
    if (stats?.isDirectory() && stats.uid === 0 && (stats.mode & 0o002) === 0) return directory
  }
  throw new SetupError('cannot install the shim', `none of ${path.join(', ')} is a directory that belongs to root`)
}
