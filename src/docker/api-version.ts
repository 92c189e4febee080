import {BadValueError} from '../errors.js'
import {textOf} from './client/config-file.js'

/**
 * The newest version of the Engine API that all of this is tried with (Docker 28.5). What a later one means by a
 * request is not known, so none is asked for it.
 */
export const NEWEST_API = '1.51'
/** The one of the oldest Engine that we know (Docker 20.10), for one that does not say what it speaks. */
const OLDEST_API = '1.41'
const VERSION = /^\d{1,3}\.\d{1,3}$/

/** The newest version that the Engine speaks, from what it says of that. */
export function spokenVersion(said: unknown): string {
  return typeof said === 'string' && VERSION.test(said) ? said : OLDEST_API
}

/** The version that both know: the older of ours and the one that the Engine speaks. */
export function commonVersion(spoken: string): string {
  return isOlder(spoken, NEWEST_API) ? spoken : NEWEST_API
}

/**
 * The version that `DOCKER_API_VERSION` asks for, which docker's client then speaks with every Engine; nothing where it
 * does not say.
 *
 * @throws {BadValueError}
 */
export function pinnedVersion(env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  const said = textOf(env['DOCKER_API_VERSION'])
  if (said === undefined) return undefined
  const version = said.replace(/^v/, '')
  if (VERSION.test(version)) return version
  throw new BadValueError('DOCKER_API_VERSION', said, `use a version of the Engine API, such as ${NEWEST_API}`)
}

/** Whether version `a` of the Engine API comes before `b`. */
export function isOlder(a: string, b: string): boolean {
  const [major = 0, minor = 0] = a.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = b.split('.').map(Number)
  return major < otherMajor || (major === otherMajor && minor < otherMinor)
}
