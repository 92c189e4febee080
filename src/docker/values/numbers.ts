import {BadValueError} from '../../errors.js'

const POWER: Readonly<Record<string, number>> = {k: 1, m: 2, g: 3, t: 4, p: 5}

/** A size in bytes as docker writes it: `512`, `64m`, `1.5g`, `2GiB`; the units are powers of 1024. @throws {BadValueError} */
export function bytes(value: string, option: string): number {
  const [, number = '', unit = ''] = /^(\d+\.?\d*|\.\d+) ?(?:b|([kmgtp])(?:i?b)?)?$/i.exec(value) ?? []
  const size = Math.floor(Number(number) * 1024 ** (POWER[unit.toLowerCase()] ?? 0))
  if (number === '' || !Number.isSafeInteger(size))
    throw new BadValueError(option, value, 'say a number of bytes, or one with a unit: b, k, m, g, t, p')
  return size
}

/** A number of CPUs, such as `1.5`, in billionths of one. @throws {BadValueError} */
export function nanoCpus(value: string, option: string): number {
  const [, whole = '', fraction = ''] = /^(\d*)\.?(\d*)$/.exec(value) ?? []
  if (whole === '' && fraction === '') throw new BadValueError(option, value, 'say a number of CPUs, such as 1.5')
  if (fraction.length > 9) throw new BadValueError(option, value, 'more than nine decimals')
  return Number(whole) * 1e9 + Number(fraction.padEnd(9, '0'))
}

/** A whole number. @throws {BadValueError} */
export function integer(value: string, option: string): number {
  if (!/^[+-]?\d+$/.test(value)) throw new BadValueError(option, value, 'say a whole number')
  return Number(value)
}
