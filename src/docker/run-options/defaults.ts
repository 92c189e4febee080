import {RefusedOptionError} from '../../errors.js'
import {parseBoolean} from '../../options/boolean.js'
import type {Draft} from './draft.js'
import {NO_SIGNATURES} from './table.js'
import {platform} from './values/platform.js'

/**
 * What docker's client takes for options that are not on the line from its environment: `DOCKER_DEFAULT_PLATFORM` for
 * `--platform`, and `DOCKER_CONTENT_TRUST`, which asks for signed images unless it says no, for
 * `--disable-content-trust`.
 *
 * @param said the names of the options on the line
 * @throws {BadValueError} {@link RefusedOptionError}
 */
export function takeDefaults(
  {request}: Draft,
  said: ReadonlySet<string>,
  {DOCKER_DEFAULT_PLATFORM = '', DOCKER_CONTENT_TRUST = ''}: Readonly<NodeJS.ProcessEnv>,
): void {
  const asked = said.has('platform') ? undefined : platform(DOCKER_DEFAULT_PLATFORM, 'DOCKER_DEFAULT_PLATFORM')
  if (asked !== undefined) request.platform = asked
  const isTrusting = DOCKER_CONTENT_TRUST !== '' && parseBoolean(DOCKER_CONTENT_TRUST) !== false
  if (isTrusting && !said.has('disable-content-trust'))
    throw new RefusedOptionError(`DOCKER_CONTENT_TRUST=${DOCKER_CONTENT_TRUST}`, NO_SIGNATURES)
}
