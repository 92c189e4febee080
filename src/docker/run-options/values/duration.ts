import {BadValueError} from '../../../errors.js'

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
}
// The two µ by their code points: V8 takes two bytes for each character of a program that is not of Latin-1 alone, 245
// KB for ours in every unit.
const PART = /(\d*)(?:\.(\d*))?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/gy
const LONGEST = 2 ** 63

/**
 * A time in nanoseconds, as Go writes it (`time.ParseDuration`): `90s`, `1m30s`, `1.5h`; not below zero. @throws
 * {BadValueError}
 */
export function duration(value: string, option: string): number {
  if (/^[+-]?0$/.test(value)) return 0
  const bad = (why: string): never => {
    throw new BadValueError(option, value, why)
  }
  if (value.startsWith('-')) bad('a time cannot be negative')
  const text = value.replace(/^\+/, '')
  let sum = 0
  let end = 0
  for (const [all, whole = '', decimals = '', unit = ''] of text.matchAll(PART)) {
    if (whole + decimals === '') break
    const size = NANOSECONDS[unit] ?? Number.NaN
    sum += Number(whole) * size + Math.trunc(Number(decimals) * (size / 10 ** decimals.length))
    end += all.length
  }
  if (end === 0 || end !== text.length) bad('use a time with a unit, such as 500ms, 30s, 1m30s or 2h')
  if (sum >= LONGEST) bad('the time is too long')
  return sum
}
