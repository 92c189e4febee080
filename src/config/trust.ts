import type {Stats} from 'node:fs'
import {realpath, stat} from 'node:fs/promises'
import {dirname} from 'node:path'
import {ConfigurationError} from '../errors.js'
import {openRegular, readWithin} from '../files/regular.js'

const WRITABLE_BY_OTHERS = 0o022
/** In such a directory nobody may remove or rename what another owns (unlink(2)). */
const STICKY = 0o1000

/**
 * What is in a file that neither it nor its directory could have been written by anyone but root and the user who runs
 * us, as ssh has it: what it says is done as that user. What was looked at is what is read.
 *
 * @param limit the most bytes that it may have
 * @throws {ConfigurationError} that says how to mend it
 * @throws {IrregularFileError} and what open(2) says
 */
export async function readTrusted(path: string, limit: number, uid = process.geteuid?.() ?? 0): Promise<string> {
  const handle = await openRegular(path, {mayBeLink: true})
  try {
    refuse(path, await handle.stat(), uid)
    refuse(dirname(path), await stat(dirname(path)), uid)
    return (await readWithin(limit, handle, path)).toString()
  } finally {
    await handle.close()
  }
}

/**
 * The path without links of a program, which Node opens by its path again: besides the program and its directory,
 * nobody else may rename what is on the way there.
 *
 * @throws {ConfigurationError} that says how to mend it
 */
export async function trustedProgram(path: string, uid = process.geteuid?.() ?? 0): Promise<string> {
  const real = await realpath(path)
  refuse(real, await stat(real), uid)
  for (const directory of new Set([dirname(path), dirname(real)])) refuse(directory, await stat(directory), uid)
  for (let above = dirname(dirname(real)); above !== '/'; above = dirname(above)) {
    const stats = await stat(above)
    if ((stats.mode & STICKY) === 0 || !isOwn(stats, uid)) refuse(above, stats, uid)
  }
  return real
}

function refuse(path: string, stats: Stats, uid: number): void {
  if (!isOwn(stats, uid))
    throw new ConfigurationError(
      path,
      `it belongs to user ${String(stats.uid)}; correct it with \`chown root ${path}\``,
    )
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0)
    throw new ConfigurationError(
      path,
      `users other than its owner may write to it; correct it with \`chmod go-w ${path}\``,
    )
}

function isOwn(stats: Stats, uid: number): boolean {
  return stats.uid === 0 || stats.uid === uid
}
