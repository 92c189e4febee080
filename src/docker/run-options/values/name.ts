import {BadValueError} from '../../../errors.js'

/**
 * `--name NAME`, of the letters that the Engine takes; the name of a template's unit has one that it does not. The
 * slash that the Engine itself puts before names may stand there too, and is none of it. Empty is none.
 *
 * @throws {BadValueError}
 */
export function containerName(value: string, option: string): string | undefined {
  if (value === '') return undefined
  const name = value.replace(/^\//, '')
  const bad = (why: string): never => {
    throw new BadValueError(option, value, why)
  }
  if (!/^[\w.-]*$/.test(name)) {
    const hint = value.includes('@') ? '; in a template unit use --name %p-%i' : ''
    bad(`a name consists of letters, digits, dots, dashes and underscores${hint}`)
  }
  if (!/^[a-z\d]/i.test(name)) bad('a name begins with a letter or a digit')
  if (name.length < 2) bad('a name has at least two letters')
  return name
}
