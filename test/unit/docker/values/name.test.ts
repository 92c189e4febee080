import {expect, test} from 'vitest'
import {containerName} from '../../../../src/docker/values/name.js'
import {emptyCreateRequest} from '../../../../src/docker/create-request.js'
import {thrownBy} from '../../support/thrown.js'

function named(value: string): string | undefined {
  const request = emptyCreateRequest('image', [])
  void containerName({request, pull: 'missing'}, value, '--name', {env: {}, cwd: '/'})
  return request.name
}

test.each(['web', 'web.service', 'a_b-c.1'])('%s is a name', (value) => {
  expect(named(value)).toBe(value)
})

test.each([
  ['web@1.service', 'a name is of letters, digits, dots, dashes and underscores; in a template unit say --name %p-%i'],
  ['-web', 'a name is of letters, digits, dots, dashes and underscores'],
  ['w', 'a name is of letters, digits, dots, dashes and underscores'],
])('%s is refused', (value, why) => {
  expect(thrownBy(() => named(value))).toMatchObject({
    code: 'BAD_VALUE',
    message: `invalid value "${value}" for --name: ${why}`,
  })
})
