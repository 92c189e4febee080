import {BadValueError} from '../../errors.js'

/** `--name NAME`, of the letters that the Engine takes; the name of a template's unit has one that it does not. Empty is none. @throws {BadValueError} */
export function containerName(value: string, option: string): string | undefined {
  if (value === '') return undefined
  if (!/^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(value)) {
    const hint = value.includes('@') ? '; in a template unit say --name %p-%i' : ''
    throw new BadValueError(option, value, `a name is of letters, digits, dots, dashes and underscores${hint}`)
  }
  return value
}
