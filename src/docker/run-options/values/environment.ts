import {BadValueError} from '../../../errors.js'
import type {Effect} from '../draft.js'
import {entriesOfFile} from './entries-file.js'
import {keyValue} from './pairs.js'

/**
 * `--env KEY=value`; `--env KEY` takes the value from the unit's environment, and where that has none, the container
 * has none either, whatever its image says.
 */
export const environment: Effect = (draft, value, option, {env}) => {
  if (value === '' || value.startsWith('=')) throw new BadValueError(option, value, 'a variable needs a name')
  draft.request.body.Env.push(valued(value, env) ?? value)
}

/**
 * `--env-file FILE`: a variable a line as `--env` takes it, blank lines and lines that begin with `#` passed over.
 * Values are taken as they stand, quotes too, unlike in systemd's `EnvironmentFile=`. Where a variable is set twice,
 * `--env` wins over any file.
 */
export const environmentFile: Effect = async (draft, value, option, around) => {
  for (const line of await entriesOfFile(value, option, around)) {
    const entry = valued(line, around.env)
    if (entry !== undefined) draft.request.body.Env.push(entry)
  }
}

/**
 * `--label-file FILE`: like `--env-file`, with labels; one without a value is passed over. `--label` wins over any
 * file.
 */
export const labelFile: Effect = async ({request}, value, option, around) => {
  for (const line of await entriesOfFile(value, option, around))
    if (line.includes('=')) Object.assign(request.body.Labels, keyValue(line))
}

/**
 * The entry with its value, which the unit's environment gives where it has none; nothing where that has none either.
 */
function valued(entry: string, env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  if (entry.includes('=')) return entry
  const inherited = env[entry]
  return inherited === undefined ? undefined : `${entry}=${inherited}`
}
