import {statSync} from 'node:fs'
import {isContextName} from '../docker/client/global-options.js'

/**
 * What `--config` names before the command, which must be known before any other option can be: a directory is docker's
 * client's, and what else there is our configuration file.
 */
export function configWords(words: readonly string[]): {file?: string; directory?: string} {
  const found: {file?: string; directory?: string} = {}
  for (const [index, word] of beforeCommand(words).entries()) {
    const path = word === '--config' ? words[index + 1] : /^--config=(.*)$/s.exec(word)?.[1]
    if (path === undefined) continue
    if (isDirectory(path)) found.directory = path
    else found.file ??= path
  }
  return found
}

/** Whether a line says where the Engine is, so that nobody knows that before all of its options are known. */
export function namesEngine(words: readonly string[]): boolean {
  return beforeCommand(words).some(
    (word, index) =>
      /^(?:-[a-zD]*H|--(?:host|context)(?:=|$))/.test(word) ||
      (word.startsWith('-c') && isContextName(word.replace(/^-c=?/, '') || (words[index + 1] ?? ''))),
  )
}

function beforeCommand(words: readonly string[]): readonly string[] {
  const end = words.findIndex((word) => word === 'run' || word === '--')
  return end === -1 ? words : words.slice(0, end)
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // What reads it says so.
    return false
  }
}
