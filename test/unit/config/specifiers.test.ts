import {expect, test} from 'vitest'
import {expandSpecifiers} from '../../../src/config/specifiers.js'

test.each([
  ['%n', 'web@eu-1.service', 'web@eu-1.service'],
  ['%N', 'web@eu-1.service', 'web@eu-1'],
  ['%p', 'web@eu-1.service', 'web'],
  ['%i', 'web@eu-1.service', 'eu-1'],
  ['%p/%i', 'web.service', 'web/'],
  ['/run/%N.pid on %H, 100 %%', 'a.b.service', '/run/a.b.pid on alpha, 100 %'],
  ['%n %H %x %', undefined, '%n alpha %x %'],
])('%j in the unit %s is %j', (text, unit, expected) => {
  expect(expandSpecifiers(text, {unit, host: 'alpha'})).toBe(expected)
})
