import {describe, expect, test} from 'vitest'
import {keyValue} from '../../../../../src/docker/run-options/values/pairs.js'
import {draftOfRow} from '../../../../support/run-options/draft.js'

test.each([
  ['a=b', {a: 'b'}],
  ['a=b=c', {a: 'b=c'}],
  ['a=', {a: ''}],
  ['a', {a: ''}],
  ['a.b/c=d e', {'a.b/c': 'd e'}],
])('%j is an entry', (text, entry) => {
  expect(keyValue(text)).toEqual(entry)
})

describe('--label', () => {
  test('--label adds one label each time, and a later one wins', async () => {
    const {request} = await draftOfRow('label', ['a=1', 'b', 'a=2'])
    expect(request.body.Labels).toEqual({a: '2', b: ''})
  })
})
