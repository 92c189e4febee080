import {BadValueError} from '../../../errors.js'

/** What `read` makes of a part of an option's value; its complaint names the whole. @throws {BadValueError} */
export function partOf<T>(whole: string, option: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof BadValueError ? new BadValueError(option, whole, error.why) : error
  }
}
