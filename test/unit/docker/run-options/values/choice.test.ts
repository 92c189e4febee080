import {expect, test} from 'vitest'
import {oneOf} from '../../../../../src/docker/run-options/values/choice.js'
import {thrownBy} from '../../../../support/thrown.js'

test.each(['always', 'never'])('the word %s, which is among the choices, is taken', (value) => {
  expect(oneOf(['always', 'never'], value, '--pull')).toBe(value)
})

test.each(['', 'Always', 'alway', 'always '])(
  'the word %j, which is no choice, is refused with the choices',
  (value) => {
    expect(thrownBy(() => oneOf(['always', 'never'], value, '--pull'))).toMatchObject({
      code: 'BAD_VALUE',
      message: `invalid value "${value}" for --pull: use one of always, never`,
    })
  },
)
