import {expect, test} from 'vitest'
import {duration} from '../../../../../src/docker/run-options/values/duration.js'
import {thrownBy} from '../../../../support/thrown.js'

test.each([
  ['0', 0],
  ['500ms', 500_000_000],
  ['30s', 30_000_000_000],
  ['1m30s', 90_000_000_000],
  ['1.5h', 5_400_000_000_000],
  ['.5s', 500_000_000],
  ['1µs', 1000],
  ['+3s', 3_000_000_000],
  ['0.3333333333333333s', 333_333_333],
])('the duration %s is %i nanoseconds', (value, nanoseconds) => {
  expect(duration(value, '--health-interval')).toBe(nanoseconds)
})

test.each([
  ['5', 'use a time with a unit, such as 500ms, 30s, 1m30s or 2h'],
  ['1d', 'use a time with a unit, such as 500ms, 30s, 1m30s or 2h'],
  ['.s', 'use a time with a unit, such as 500ms, 30s, 1m30s or 2h'],
  ['-5s', 'a time cannot be negative'],
  ['3000000h', 'the time is too long'],
])('the duration %s is refused: %s', (value, why) => {
  expect(thrownBy(() => duration(value, '--health-interval'))).toMatchObject({
    code: 'BAD_VALUE',
    message: `invalid value "${value}" for --health-interval: ${why}`,
  })
})
