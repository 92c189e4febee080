import {expect, test} from 'vitest'
import {containerName} from '../../../../../src/docker/run-options/values/name.js'
import {thrownBy} from '../../../../support/thrown.js'

test.each(['web', 'web.service', 'a_b-c.1'])('the word %s is a name', (value) => {
  expect(containerName(value, '--name')).toBe(value)
})

test('the slash that the Engine puts before names is no part of a name', () => {
  expect(containerName('/web', '--name')).toBe('web')
})

test('an empty name is no name', () => {
  expect(containerName('', '--name')).toBeUndefined()
})

test.each([
  [
    'web@1.service',
    'a name consists of letters, digits, dots, dashes and underscores; in a template unit use --name %p-%i',
  ],
  ['a/b', 'a name consists of letters, digits, dots, dashes and underscores'],
  ['-web', 'a name begins with a letter or a digit'],
  ['/', 'a name begins with a letter or a digit'],
  ['w', 'a name has at least two letters'],
  ['/w', 'a name has at least two letters'],
])('the name %s is refused', (value, why) => {
  expect(thrownBy(() => containerName(value, '--name'))).toMatchObject({
    code: 'BAD_VALUE',
    message: `invalid value "${value}" for --name: ${why}`,
  })
})
