import {BadValueError} from '../../../errors.js'

/** `--link CONTAINER[:ALIAS]`. @throws {BadValueError} */
export function link(value: string, option: string): string {
  if (value === '' || value.split(':').length > 2)
    throw new BadValueError(option, value, 'use CONTAINER or CONTAINER:ALIAS')
  return value
}
