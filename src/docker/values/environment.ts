import {readFile} from 'node:fs/promises'
import {resolve} from 'node:path'
import {BadValueError, UnreadableFileError} from '../../errors.js'
import type {Draft, Effect} from '../run-options.js'

/** `--env KEY=value`; `--env KEY` takes the value from the unit's environment, and says nothing when it has none. */
export const environment: Effect = (draft, value, option, {env}) => {
  if (value === '' || value.startsWith('=')) throw new BadValueError(option, value, 'a variable needs a name')
  add(draft, value, env)
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
  const lines = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, '').trimStart())
  for (const [index, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue
    const name = line.split('=', 1)[0] ?? ''
    if (name === '' || /\s/.test(name))
      throw new BadValueError(option, value, `line ${String(index + 1)} has no variable's name before its value`)
    add(draft, line, env)
  }
}

function add({request}: Draft, entry: string, env: Readonly<NodeJS.ProcessEnv>): void {
  if (entry.includes('=')) {
    request.body.Env.push(entry)
    return
  }
  const inherited = env[entry]
  if (inherited !== undefined) request.body.Env.push(`${entry}=${inherited}`)
}
