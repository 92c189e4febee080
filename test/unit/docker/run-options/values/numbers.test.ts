import {describe, expect, test} from 'vitest'
import {bytes, integer, nanoCpus, octal} from '../../../../../src/docker/run-options/values/numbers.js'
import {thrownBy} from '../../../../support/thrown.js'

describe('a size', () => {
  test.each([
    ['0', 0],
    ['512', 512],
    ['512b', 512],
    ['512B', 512],
    ['1k', 1024],
    ['1K', 1024],
    ['1kb', 1024],
    ['1KiB', 1024],
    ['64m', 67_108_864],
    ['64MB', 67_108_864],
    ['64MiB', 67_108_864],
    ['64 m', 67_108_864],
    ['1g', 1_073_741_824],
    ['1.5g', 1_610_612_736],
    ['0.5k', 512],
    ['2GiB', 2_147_483_648],
    ['1t', 1_099_511_627_776],
    ['1p', 1_125_899_906_842_624],
    ['1.0009765625k', 1025],
    ['1.0001k', 1024],
    ['1e3', 1000],
    ['64 ', 64],
  ])('a size of %s is %i bytes', (value, size) => {
    expect(bytes(value, '--memory')).toBe(size)
  })

  test.each(['', 'm', 'big', '-1', '-1m', '64x', '64mm', '64mbb', '1.5.5m', '1,5g', '64  m', ' 64m', '0x10', '64m m'])(
    'the size %j is refused',
    (value) => {
      expect(thrownBy(() => bytes(value, '--memory'))).toMatchObject({
        code: 'BAD_VALUE',
        message: `invalid value "${value}" for --memory: use a number of bytes, or one with a unit: b, k, m, g, t, p`,
      })
    },
  )
})

describe('a number of CPUs', () => {
  test.each([
    ['1', 1_000_000_000],
    ['0', 0],
    ['1.5', 1_500_000_000],
    ['.5', 500_000_000],
    ['2.', 2_000_000_000],
    ['0.25', 250_000_000],
    ['0.1', 100_000_000],
    ['1.1', 1_100_000_000],
    ['0.000000001', 1],
    ['0.123456789', 123_456_789],
    ['64.000000001', 64_000_000_001],
    ['007', 7_000_000_000],
    ['1.500000000000', 1_500_000_000],
    ['1e-3', 1_000_000],
    ['3/2', 1_500_000_000],
    ['0x2', 2_000_000_000],
  ])('a number of %s CPUs is %i billionths', (value, nano) => {
    expect(nanoCpus(value, '--cpus')).toBe(nano)
  })

  test.each(['', '.', 'two', '-1', '1,5', '1.5.5', ' 1', '1 '])('the number of CPUs %j is refused', (value) => {
    expect(thrownBy(() => nanoCpus(value, '--cpus'))).toMatchObject({
      code: 'BAD_VALUE',
      message: `invalid value "${value}" for --cpus: use a number of CPUs, such as 1.5`,
    })
  })

  test('a number of CPUs that is finer than a billionth is refused', () => {
    expect(thrownBy(() => nanoCpus('0.0000000001', '--cpus'))).toMatchObject({
      code: 'BAD_VALUE',
      message: 'invalid value "0.0000000001" for --cpus: it is finer than a billionth of a CPU',
    })
  })
})

describe('a whole number', () => {
  test.each([
    ['0', 0],
    ['10', 10],
    ['+10', 10],
    ['-1', -1],
    ['0x10', 16],
    ['010', 8],
    ['0b11', 3],
    ['1_000', 1000],
  ])('the whole number %s is %i', (value, number) => {
    expect(integer(value, '--stop-timeout')).toBe(number)
  })

  test.each(['', '-', '1.5', '10s', 'ten', ' 10', '1e3', '--1'])('the whole number %j is refused', (value) => {
    expect(thrownBy(() => integer(value, '--stop-timeout'))).toMatchObject({
      code: 'BAD_VALUE',
      message: `invalid value "${value}" for --stop-timeout: use a whole number`,
    })
  })
})

test.each(['64ki', '64i', '64ib', '9999999999999p', '.', 'k'])('the word %s is no size', (value) => {
  expect(thrownBy(() => bytes(value, '--memory'))).toMatchObject({code: 'BAD_VALUE'})
})

test.each([
  ['.5g', 536_870_912],
  ['1.', 1],
  ['2b', 2],
  ['3KiB', 3072],
])('the size %s is %i bytes', (value, expected) => {
  expect(bytes(value, '--memory')).toBe(expected)
})

test.each([
  ['0027', 0o27],
  ['22', 0o22],
  ['0', 0],
])('%s is the octal number %i', (value, expected) => {
  expect(octal(value, '--umask')).toBe(expected)
})

test.each(['', '9', '0o22', '-1', '0x1', '40000000000'])('%j is not an octal number', (value) => {
  expect(() => octal(value, '--umask')).toThrow(`'${value}' is not an octal number, such as 0027`)
})
