import {resolve} from 'node:path'
import {BadValueError, UnreadableFileError} from '../../../errors.js'
import type {OptionContext} from '../draft.js'

/**
 * The entries of a file that `option` names: `KEY=value` or `KEY`, one a line; blank lines and lines that begin with
 * `#` are none.
 *
 * @throws {UnreadableFileError} {@link BadValueError} when a line has no name, or one with spaces in it
 */
export async function entriesOfFile(value: string, option: string, {cwd, signal}: OptionContext): Promise<string[]> {
  const path = value === '' ? '' : resolve(cwd, value)
  // Few lines name one.
  const {readNamedFile} = await import('./named-file.js')
  const content = await readNamedFile(path, option, signal)
  let text: string
  try {
    text = new TextDecoder('utf-8', {fatal: true}).decode(content)
  } catch (error) {
    throw new UnreadableFileError(option, path, error)
  }
  const entries: string[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '').trimStart()
    if (line === '' || line.startsWith('#')) continue
    const name = line.split('=', 1)[0] ?? ''
    if (name === '' || /\s/.test(name))
      throw new BadValueError(
        option,
        value,
        `line ${String(index + 1)} has no name before its value, or one with spaces`,
      )
    entries.push(line)
  }
  return entries
}
