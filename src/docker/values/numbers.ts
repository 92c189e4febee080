import {BadValueError} from '../../errors.js'

const POWER: Readonly<Record<string, number>> = {'': 0, k: 1, m: 2, g: 3, t: 4, p: 5}

/** A size in bytes as docker writes it: `512`, `64m`, `1.5g`, `2GiB`; the units are powers of 1024. @throws {BadValueError} */
export function bytes(value: string, option: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])?i?b?)?$/i.exec(value) ?? []
  const power = POWER[unit.toLowerCase()]
  if (number === '' || power === undefined)
    throw new BadValueError(option, value, 'say a number of bytes, or one with a unit: b, k, m, g, t, p')
  return Math.floor(Number(number) * 1024 ** power)
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
