import type {Hook} from '@oclif/core/hooks'
import {UnknownCommandError} from '../errors.js'
import {nearest} from '../options/nearest.js'

/**
 * Refuses words that are no command, and says which was probably meant (oclif, Hooks, `command_not_found`).
 *
 * @throws {UnknownCommandError}
 */
export const COMMAND_NOT_FOUND: Hook<'command_not_found'> = ({config, id}) => {
  const typed = asTyped(id)
  throw new UnknownCommandError(typed, nearest(typed, config.commandIDs.map(asTyped)))
}

/** oclif joins a topic and what stands in it by a colon. */
function asTyped(id: string): string {
  return id.replaceAll(':', ' ')
}
