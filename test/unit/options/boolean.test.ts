import {describe, expect, test} from 'vitest'
import {parseBoolean} from '../../../src/options/boolean.js'

describe('a switch written as Go writes it', () => {
  test.each(['1', 't', 'T', 'TRUE', 'true', 'True'])('the word %s is on', (text) => {
    expect(parseBoolean(text)).toBe(true)
  })

  test.each(['0', 'f', 'F', 'FALSE', 'false', 'False'])('the word %s is off', (text) => {
    expect(parseBoolean(text)).toBe(false)
  })

  test.each(['', 'yes', 'no', 'on', 'off', 'tRUE', 'fALSE', ' true', 'true ', '2'])(
    'the word "%s" is neither on nor off',
    (text) => {
      expect(parseBoolean(text)).toBeUndefined()
    },
  )
})
