import {renameSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {isPrivate, makePrivate} from './private-directory.js'
import {readRegularSync} from './regular.js'

/**
 * What an earlier process of this user has kept in a directory that nobody else may write to; nothing where it has not,
 * or not there.
 *
 * @param limit the most bytes that it may have
 */
export function readKept(directory: string, name: string, limit: number): string | undefined {
  try {
    return isPrivate(directory) ? readRegularSync(join(directory, name), {limit}).toString() : undefined
  } catch {
    return undefined
  }
}

/** Keeps a text for {@link readKept}, whole or not at all. */
export function keep(directory: string, name: string, text: string): void {
  const file = join(directory, name)
  const unfinished = `${file}.${String(process.pid)}`
  try {
    makePrivate(directory)
    try {
      // Processes in PID namespaces of their own may have the same PID, and no two may write to one file.
      writeFileSync(unfinished, text, {mode: 0o600, flag: 'wx'})
      renameSync(unfinished, file)
    } finally {
      rmSync(unfinished, {force: true})
    }
  } catch {
    // As in a unit that may not write there: each of its runs finds it out anew.
  }
}
