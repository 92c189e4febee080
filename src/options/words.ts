import {BadValueError, MissingValueError, UnknownOptionError, type SystemdDockerError} from '../errors.js'
import {parseSwitch, wordsOfSwitch} from './boolean.js'
import {nearest} from './nearest.js'

/** What the parser must know of an option: its one-letter form and whether a value follows. */
export interface WordRule {
  readonly char?: string
  readonly takes: 'nothing' | 'value'
  /** What a switch takes besides `true` and `false`. */
  readonly modes?: readonly string[]
  /** What its one-letter form is where that is followed by a value which only this other option takes. */
  readonly orByLetter?: {readonly name: string; readonly takes: (value: string) => boolean}
}

/** One option as it was given; a switch without a value has the value `true`. */
export interface GivenOption {
  readonly name: string
  readonly value: string
}

/**
 * Why an option that is unknown on one side of the line is not taken there, by its spelling and by the word that its
 * value would be; nothing where nobody knows it.
 */
export type Elsewhere = (spelled: string, value: string | undefined) => SystemdDockerError | undefined

/** Options that stand elsewhere on the line. `hint` says where, for example "which belongs before `run`". */
export function misplaced(rules: Readonly<Record<string, WordRule>>, hint: string): Elsewhere {
  return (spelled) => (isOneOf(rules, spelled) ? new UnknownOptionError(spelled, hint) : undefined)
}

/**
 * Parses the options that `words` begin with, as docker's own parser (spf13/pflag, not interspersed) does: `--name
 * value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`, joined switches (`-it`), up to `--` or the first word that
 * is no option. The values of switches are `true`, `false` or one of their modes, whatever their spelling was. A long
 * option with a single dash (`-name`, `-rm`), which docker took until 1.8 and old unit files still have, is understood
 * wherever the letters cannot be read as short options.
 *
 * @param elsewhere what an option that is unknown here may have been meant as
 * @throws {UnknownOptionError} {@link MissingValueError} {@link BadValueError} and what `elsewhere` says
 */
export function parseWords(
  words: readonly string[],
  rules: Readonly<Record<string, WordRule>>,
  elsewhere?: Elsewhere,
): {given: GivenOption[]; rest: string[]} {
  const given: GivenOption[] = []
  const nameOfChar = new Map<string, string>()
  for (const [name, {char}] of Object.entries(rules)) if (char !== undefined) nameOfChar.set(char, name)
  let index = 0

  /** Takes `attached`, or the next word, or `true` for a switch. */
  const take = (spelling: string, name: string, rule: WordRule, attached: string | undefined): void => {
    if (rule.takes === 'nothing') {
      const value = parseSwitch(attached ?? 'true', rule.modes)
      if (value === undefined) throw new BadValueError(spelling, attached ?? '', `use ${wordsOfSwitch(rule.modes)}`)
      given.push({name, value: String(value)})
      return
    }
    const value = attached ?? words[index++]
    if (value === undefined) throw new MissingValueError(spelling)
    given.push({name, value})
  }

  const takeLong = (spelling: string, body: string): boolean => {
    const equals = body.indexOf('=')
    const name = equals === -1 ? body : body.slice(0, equals)
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) return false
    take(`${spelling}${name}`, name, rule, equals === -1 ? undefined : body.slice(equals + 1))
    return true
  }

  const takeShorts = (letters: string): boolean => {
    const shorts: Parameters<typeof take>[] = []
    for (let rest = letters; rest !== '';) {
      const char = rest.charAt(0)
      const name = nameOfChar.get(char)
      const rule = name === undefined ? undefined : rules[name]
      if (name === undefined || rule === undefined) return false
      rest = rest.slice(1)
      // A sign with nothing behind it is no sign: the value of `-m=` is `=`, and no switch is called so.
      const equals = rest.startsWith('=') && rest !== '='
      const attached = rest === '' ? undefined : rest.slice(equals ? 1 : 0)
      const value = attached ?? words[index]
      const {orByLetter: other} = rule
      const isOther = other !== undefined && value !== undefined && other.takes(value)
      const isLast = rule.takes === 'value' || equals || isOther
      if (isOther) shorts.push([`-${char}`, other.name, {takes: 'value'}, attached])
      else shorts.push([`-${char}`, name, rule, isLast ? attached : undefined])
      if (isLast) break
    }
    for (const short of shorts) take(...short)
    return true
  }

  const unknown = (word: string): SystemdDockerError => {
    const letters = word.slice(1)
    const at = Array.from(letters, (char) => nameOfChar.has(char)).indexOf(false)
    if (!word.startsWith('--') && at > 0) return new UnknownOptionError(`-${letters.charAt(at)} in ${word}`, undefined)
    const [, spelled = word, value = words[index]] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? []
    const name = spelled.replace(/^-+/, '')
    const reason = elsewhere?.(spelled, value)
    if (reason !== undefined) return reason
    const meant = nearest(name, Object.keys(rules))
    return new UnknownOptionError(spelled, meant && `did you mean --${meant}?`)
  }

  for (;;) {
    const word = words[index]
    if (word === undefined || word === '-' || !word.startsWith('-')) break
    index++
    if (word === '--') break
    if (word.startsWith('--')) {
      if (takeLong('--', word.slice(2))) continue
    } else if (takeShorts(word.slice(1)) || takeLong('-', word.slice(1))) continue
    throw unknown(word)
  }
  return {given, rest: words.slice(index)}
}

function isOneOf(rules: Readonly<Record<string, WordRule>>, spelled: string): boolean {
  const name = spelled.replace(/^-+/, '')
  const isLetter = name.length === 1 && !spelled.startsWith('--')
  return isLetter ? Object.values(rules).some(({char}) => char === name) : Object.hasOwn(rules, name)
}
