import {BadValueError} from '../../errors.js'
import type {Effect} from '../run-options.js'

/** `KEY=value` as an entry; without a sign the value is empty. */
export function keyValue(text: string): Record<string, string> {
  const equals = text.indexOf('=')
  return equals === -1 ? {[text]: ''} : {[text.slice(0, equals)]: text.slice(equals + 1)}
}

/** `--label KEY[=value]`. */
export const label: Effect = ({request}, value, option) => {
  if (value === '' || value.startsWith('=')) throw new BadValueError(option, value, 'a label needs a name')
  Object.assign(request.body.Labels, keyValue(value))
}
