import {BadValueError} from '../errors.js'

/** The shell that Docker gives a command of a health check, too (Engine API, `HealthConfig`, `CMD-SHELL`). */
const SHELL = ['/bin/sh', '-c']

/**
 * The words of a command that is run in a container: for its shell, or as they are where they are a list in JSON, as in
 * a Dockerfile, for an image that has no shell.
 *
 * @throws {BadValueError}
 */
export function execWords(command: string, option: string): readonly string[] {
  if (command.trim() === '') throw new BadValueError(option, command, 'give a command')
  // The shell has a command that is called `[`, with a blank behind it.
  if (!/^\s*\[["\]]/.test(command)) return [...SHELL, command]
  const words = listIn(command)
  if (words === undefined || words[0] === undefined || words[0] === '')
    throw new BadValueError(option, command, 'a list of words must be JSON, such as ["nginx", "-s", "reload"]')
  return words
}

function listIn(text: string): readonly string[] | undefined {
  try {
    const words: unknown = JSON.parse(text)
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined
  } catch {
    return undefined
  }
}
