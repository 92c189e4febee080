import {BadValueError} from '../../../errors.js'

/** `value`, which must be one of `choices`. @throws {BadValueError} */
export function oneOf<const Choice extends string>(choices: readonly Choice[], value: string, option: string): Choice {
  const choice = choices.find((candidate) => candidate === value)
  if (choice === undefined)
    throw new BadValueError(option, value, `use one of ${choices.filter((candidate) => candidate !== '').join(', ')}`)
  return choice
}

/** Reads a value that must be one of `choices`. */
export function choiceOf(...choices: readonly string[]): (value: string, option: string) => string {
  return (value, option) => oneOf(choices, value, option)
}

/** Whose processes the container sees: its own, the host's, or another container's. @throws {BadValueError} */
export function pidMode(value: string, option: string): string {
  if (value !== '' && value !== 'host' && !/^container:./s.test(value))
    throw new BadValueError(option, value, 'use host or container:NAME')
  return value
}
