import {BadValueError} from '../../../errors.js'

const POWER: Readonly<Record<string, number>> = {k: 1, m: 2, g: 3, t: 4, p: 5}
const SIZE = /^(\+?(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:e[+-]?\d+)?) ?(?:b|([kmgtp])(?:i?b)?)?$/i

/**
 * A size in bytes as docker writes it: `512`, `64m`, `1.5g`, `2GiB`; the units are powers of 1024. @throws
 * {BadValueError}
 */
export function bytes(value: string, option: string): number {
  const [, number = '', unit = ''] = SIZE.exec(value) ?? []
  const size = Math.floor(Number(number.replaceAll('_', '')) * 1024 ** (POWER[unit.toLowerCase()] ?? 0))
  if (number === '' || !Number.isSafeInteger(size))
    throw new BadValueError(option, value, 'use a number of bytes, or one with a unit: b, k, m, g, t, p')
  return size
}

/** A size in bytes, or -1 for no limit. @throws {BadValueError} */
export function bytesOrUnlimited(value: string, option: string): number {
  return value === '-1' ? -1 : bytes(value, option)
}

/** A number of CPUs, such as `1.5`, `15e-1` or `3/2`, in billionths of one. @throws {BadValueError} */
export function nanoCpus(value: string, option: string): number {
  const [over, under] = decimalOf(value) ?? fractionOf(value) ?? []
  if (over === undefined || under === undefined || under === 0n)
    throw new BadValueError(option, value, 'use a number of CPUs, such as 1.5')
  const billionths = over * 1_000_000_000n
  if (billionths % under !== 0n) throw new BadValueError(option, value, 'it is finer than a billionth of a CPU')
  const count = Number(billionths / under)
  if (!Number.isSafeInteger(count)) throw new BadValueError(option, value, 'no host has so many CPUs')
  return count
}

function fractionOf(value: string): [bigint, bigint] | undefined {
  const [over = '', under = '1', ...more] = value.replace(/^\+/, '').split('/')
  const isFraction = more.length === 0 && [over, under].every((part) => INTEGER.test(part) && !/^[+-]/.test(part))
  return isFraction ? [BigInt(literal(over)), BigInt(literal(under))] : undefined
}

function decimalOf(value: string): [bigint, bigint] | undefined {
  const [all, whole = '', decimals = '', power = '0'] =
    /^\+?(\d(?:_?\d)*)?(?:\.(\d(?:_?\d)*)?)?(?:e([+-]?\d{1,2}))?$/i.exec(value) ?? []
  if (all === undefined || whole + decimals === '') return undefined
  const fraction = decimals.replaceAll('_', '')
  const exponent = Number(power) - fraction.length
  const digits = BigInt(whole.replaceAll('_', '') + fraction)
  return exponent < 0 ? [digits, 10n ** BigInt(-exponent)] : [digits * 10n ** BigInt(exponent), 1n]
}

/** A whole number as Go writes it (`strconv.ParseInt` with base 0), so that `0x10`, `020` and `1_6` are numbers too. */
const INTEGER = /^[+-]?(?:0x(?:_?[\da-f])+|0b(?:_?[01])+|0o?(?:_?[0-7])+|0|[1-9](?:_?\d)*)$/i

/** Such a number without its sign as JavaScript writes it. */
function literal(number: string): string {
  const digits = number.replaceAll('_', '')
  return /^0[0-7]+$/.test(digits) ? `0o${digits}` : digits
}

/** A whole number. @throws {BadValueError} */
export function integer(value: string, option: string): number {
  const size = Number(literal(value.replace(/^[+-]/, '')))
  if (!INTEGER.test(value)) throw new BadValueError(option, value, 'use a whole number')
  if (!Number.isSafeInteger(size)) throw new BadValueError(option, value, 'the number is too large')
  return value.startsWith('-') ? -size : size
}

/** A number of plain digits, such as the number of operations a second. @throws {BadValueError} */
export function digits(value: string, option: string): number {
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(Number(value)))
    throw new BadValueError(option, value, `'${value}' is not a number, or is too large`)
  return Number(value)
}

/** A share of the disks' time; the Engine takes 0 or 10 to 1000. @throws {BadValueError} */
export function weight(value: string, option: string): number {
  const number = integer(value, option)
  if (/^[+-]/.test(value) || number > 65_535)
    throw new BadValueError(option, value, 'use 0, or a number from 10 to 1000')
  return number
}

/** How readily memory is swapped out, in percent; -1 leaves it to the host. @throws {BadValueError} */
export function swappiness(value: string, option: string): number {
  const number = integer(value, option)
  if (number < -1 || number > 100) throw new BadValueError(option, value, 'use 0 to 100')
  return number
}

/** A whole number that is not below zero. @throws {BadValueError} */
export function count(value: string, option: string): number {
  const number = integer(value, option)
  if (number < 0) throw new BadValueError(option, value, 'it cannot be negative')
  return number
}

/** A number in octal of at most 32 bits, such as a mode or a umask: `027`. @throws {BadValueError} */
export function octal(value: string, option: string): number {
  const number = /^[0-7]+$/.test(value) ? Number.parseInt(value, 8) : Number.NaN
  if (!(number < 2 ** 32)) throw new BadValueError(option, value, `'${value}' is not an octal number, such as 0027`)
  return number
}
