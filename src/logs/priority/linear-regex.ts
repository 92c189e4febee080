// What a run with a regular expression for its output loads, and no other: a file of its own in dist
// (scripts/bundle.mjs).
import {RE2JS} from 're2js'

const FLAGS: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
}

/** A regular expression whose time grows with the length of a text and no faster, whoever has written the text. */
export interface LinearRegex {
  /** How many groups it has. */
  readonly groups: number
  /** Whether it matches anywhere in the text. */
  test(text: string): boolean
  /** What the group `level` of a match holds, or else its first; nothing where it does not match. */
  level(text: string): string | undefined
}

/**
 * An expression in the syntax of RE2, as Go has it and therefore Docker's own `awslogs-multiline-pattern`: without
 * look-around and references to groups.
 *
 * @param flags some of `i`, `m` and `s`, as JavaScript has them
 * @throws {Error} saying what is wrong with it
 */
export function linearRegex(source: string, flags: string): LinearRegex {
  const regex = RE2JS.compile(
    source,
    Array.from(flags, (flag) => FLAGS[flag] ?? 0).reduce((all, flag) => all | flag, 0),
  )
  const group = regex.namedGroups()['level'] ?? 1
  return {
    groups: regex.groupCount(),
    test: (text) => regex.test(text),
    level: (text) => {
      const groups: readonly unknown[] | null = regex.exec(text)
      const level = groups?.[group]
      return typeof level === 'string' ? level : undefined
    },
  }
}
