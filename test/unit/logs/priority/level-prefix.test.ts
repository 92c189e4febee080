import {expect, test} from 'vitest'
import {levelPrefix} from '../../../../src/logs/priority/level-prefix.js'

test.each([
  ['<0>it burns', 0, 'it burns'],
  ['<3>it failed', 3, 'it failed'],
  ['<7> it goes on', 7, ' it goes on'],
  ['<06>it runs', 6, 'it runs'],
  ['<006>it runs', 6, 'it runs'],
  ['<6>', 6, ''],
  ['<6><3>twice', 6, '<3>twice'],
])('the prefix of %j is a priority, as it is to journald', (line, priority, text) => {
  const prefix = levelPrefix(Buffer.from(line))
  expect(prefix?.priority).toBe(priority)
  expect(line.slice(prefix?.length)).toBe(text)
})

test.each([
  'it runs',
  '',
  '<',
  '<6',
  '<>it runs',
  '<8>no level',
  '<30>with a facility',
  '<0006>too many digits',
  '<-6>it runs',
  '<a>it runs',
  '< 6>it runs',
  ' <6>it runs',
  '<xml>',
])('%j has no prefix, as it has none to journald', (line) => {
  expect(levelPrefix(Buffer.from(line))).toBeUndefined()
})
