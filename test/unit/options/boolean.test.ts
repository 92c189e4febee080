import {describe, expect, test} from 'vitest'
import {parseBoolean} from '../../../src/options/boolean.js'

describe('a switch written as Go writes it', () => {
  test.each(['1', 't', 'T', 'TRUE', 'true', 'True'])('%s is on', (text) => {
    expect(parseBoolean(text)).toBe(true)
  })

  test.each(['0', 'f', 'F', 'FALSE', 'false', 'False'])('%s is off', (text) => {
    expect(parseBoolean(text)).toBe(false)
  })

  test.each(['', 'yes', 'no', 'on', 'off', 'tRUE', 'fALSE', ' true', 'true ', '2'])('"%s" is neither', (text) => {
    expect(parseBoolean(text)).toBeUndefined()
  })
})
