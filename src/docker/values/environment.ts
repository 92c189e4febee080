import {readFile} from 'node:fs/promises'
import {resolve} from 'node:path'
import {BadValueError, UnreadableFileError} from '../../errors.js'
import type {Effect} from '../run-options.js'

/**
 * `--env KEY=value`; `--env KEY` takes the value from the unit's environment, and where that has none, the container has none either, whatever
 * its image says.
 */
export const environment: Effect = (draft, value, option, {env}) => {
  if (value === '' || value.startsWith('=')) throw new BadValueError(option, value, 'a variable needs a name')
  draft.request.body.Env.push(valued(value, env) ?? value)
}

/**
 * `--env-file FILE`: a variable a line as `--env` takes it, blank lines and lines that begin with `#` passed over. Values are taken as they
 * stand, quotes too, unlike in systemd's `EnvironmentFile=`. Where a variable is set twice, `--env` wins over any file.
 */
export const environmentFile: Effect = async (draft, value, option, {env, cwd}) => {
  const path = resolve(cwd, value)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new UnreadableFileError(option, path, error)
  }
  const lines = text.split('\n').map((line) => line.replace(/\r$/, '').trimStart())
  for (const [index, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue
    const name = line.split('=', 1)[0] ?? ''
    if (name === '' || /\s/.test(name))
      throw new BadValueError(option, value, `line ${String(index + 1)} has no variable's name before its value`)
    const entry = valued(line, env)
    if (entry !== undefined) draft.request.body.Env.push(entry)
  }
}

/** The entry with its value, which the unit's environment gives where it has none; nothing where that has none either. */
function valued(entry: string, env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  if (entry.includes('=')) return entry
  const inherited = env[entry]
  return inherited === undefined ? undefined : `${entry}=${inherited}`
}
