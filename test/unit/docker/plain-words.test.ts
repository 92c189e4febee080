import {expect, test} from 'vitest'
import {plainWords} from '../../../src/docker/plain-words.js'

test.each([
  ['up and running', 'up and running'],
  ['  curl: (7)\r\n\tFailed\n\n', 'curl: (7) Failed'],
  ['\u001B[31mred\u001B[0m\u0007', '[31mred [0m'],
  ['a\u0000b\u009Bc', 'a b c'],
  ['turned \u202Eround', 'turned round'],
  ['half a letter: \uD83D', 'half a letter:'],
  ['ünïcödé 🐳', 'ünïcödé 🐳'],
  ['\n', ''],
])('of %j the words are %j', (said, words) => {
  expect(plainWords(said, 100)).toBe(words)
})

test('of many words the last ones are kept, and no letter is cut in two', () => {
  expect(plainWords(`${'x'.repeat(5000)}🐳🐳`, 3)).toBe('…x🐳🐳')
})
