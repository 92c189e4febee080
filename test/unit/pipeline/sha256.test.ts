import {createHash} from 'node:crypto'
import {expect, test} from 'vitest'
import {sha256} from '../../../src/pipeline/sha256.js'

test.each(['', 'abc', 'ü€𝄞', 'x'.repeat(55), 'x'.repeat(56), 'x'.repeat(64), '{"name":"web"}'.repeat(10_000)])(
  'the SHA-256 of a text is the one that others make of it (%#)',
  (text) => {
    expect(sha256(text)).toBe(createHash('sha256').update(text).digest('hex'))
  },
)
