import {homedir} from 'node:os'
import {join} from 'node:path'
import {ConfigurationError, IrregularFileError, hasErrorCode} from '../../errors.js'
import {readRegularSync} from '../../files/regular.js'

/** The most bytes that one of its files may have. */
const LIMIT = 1024 * 1024

/**
 * The directory in which docker's client keeps what it was told: `$DOCKER_CONFIG`, else `.docker` in the home
 * directory. Without `HOME`, as in the system's units, that is the user database's. Nothing when the user has no home.
 */
export function clientDirectory(env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  const directory = env['DOCKER_CONFIG']
  if (directory !== undefined && directory !== '') return directory
  const home = env['HOME']
  try {
    return join(home === undefined || home === '' ? homedir() : home, '.docker')
  } catch {
    return undefined
  }
}

/**
 * What a JSON file of docker's client says, or nothing when it is not there or not for us to read; docker, too, goes on
 * without it then.
 *
 * @throws {ConfigurationError} when it is no JSON object; what is in it is not repeated, as there may be passwords
 */
export function readClientFile(path: string): Readonly<Record<string, unknown>> | undefined {
  let text: string
  try {
    text = readRegularSync(path, {limit: LIMIT, mayBeLink: true}).toString()
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) return undefined
    throw new ConfigurationError(path, error instanceof IrregularFileError ? error.why : 'cannot be read', error)
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    content = undefined
  }
  if (!isRecord(content)) throw new ConfigurationError(path, "is not what docker's client writes: not a JSON object")
  return content
}

/** What config.json says, if it is there, and where it is or would be, for messages. */
export interface ClientConfig {
  readonly path: string
  readonly content: Readonly<Record<string, unknown>> | undefined
}

/** What docker's client was told for all of its commands. @throws {ConfigurationError} */
export function readClientConfig(env: Readonly<NodeJS.ProcessEnv>): ClientConfig {
  const directory = clientDirectory(env)
  if (directory === undefined) return {path: 'config.json', content: undefined}
  const path = join(directory, 'config.json')
  return {path, content: readClientFile(path)}
}

/**
 * A field of something that may be a record, however its letters are: docker's client, as Go does, takes `HTTPProxy`
 * for `httpProxy` where that is not there.
 */
export function fieldOf(holder: unknown, name: string): unknown {
  if (!isRecord(holder)) return undefined
  const key = Object.hasOwn(holder, name)
    ? name
    : Object.keys(holder).find((candidate) => candidate.toLowerCase() === name.toLowerCase())
  return key === undefined ? undefined : holder[key]
}

/** The entry of that name of something that may be a record. */
export function entryOf(holder: unknown, name: string): unknown {
  return isRecord(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined
}

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A record. @throws {TypeError} when it is something else */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw new TypeError('it is not an object')
  return value
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
