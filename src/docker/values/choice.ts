import {BadValueError} from '../../errors.js'

/** `value`, which must be one of `choices`. @throws {BadValueError} */
export function oneOf<const Choice extends string>(choices: readonly Choice[], value: string, option: string): Choice {
  const choice = choices.find((candidate) => candidate === value)
  if (choice === undefined) throw new BadValueError(option, value, `say one of ${choices.join(', ')}`)
  return choice
}
