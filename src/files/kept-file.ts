import {renameSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {makePrivate} from './private-directory.js'
import {readRegularSync} from './regular.js'

/**
 * What an earlier process of this user has kept in a directory that nobody else may write to; nothing where it has not,
 * or not there.
 *
 * @param limit the most bytes that it may have
 */
export function readKept(directory: string, name: string, limit: number): string | undefined {
  try {
    makePrivate(directory)
    return readRegularSync(join(directory, name), {limit}).toString()
  } catch {
    return undefined
  }
}

/** Keeps a text for {@link readKept}, whole or not at all, as in a unit that may not write there. */
export function keep(directory: string, name: string, text: string): void {
  const file = join(directory, name)
  const unfinished = `${file}.${String(process.pid)}`
  try {
    makePrivate(directory)
    try {
      writeFileSync(unfinished, text, {mode: 0o600})
      renameSync(unfinished, file)
    } finally {
      rmSync(unfinished, {force: true})
    }
  } catch {
    // What is kept nowhere is found out anew each time.
  }
}
