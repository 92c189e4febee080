import {expect, test} from 'vitest'
import {align, refuseUnaligned, withRoom} from '../../../scripts/package/alignment.mjs'
import {contentOf} from '../../../src/executable/carried.js'

const CONTENT = Buffer.from('what V8 has made')

test.each([0, 1, 2, 3, 4, 5, 6, 7])(
  'what lies %i bytes behind an aligned place is moved to one, and is found there',
  (behind) => {
    const room = withRoom(CONTENT)
    const blob = Buffer.concat([Buffer.alloc(behind, 'x'), room, Buffer.from('what follows')])
    expect(() => {
      align(blob, [room])
      refuseUnaligned(blob, [room])
    }).not.toThrow()
    expect(blob.indexOf(CONTENT) % 8).toBe(0)
    expect(contentOf(blob.subarray(behind, behind + room.length))).toEqual(CONTENT)
    expect(blob.toString('latin1', behind + room.length)).toBe('what follows')
  },
)

test('nothing has no room, and nothing is in it', () => {
  expect(withRoom(Buffer.alloc(0))).toHaveLength(0)
  expect(contentOf(Buffer.alloc(0))).toBeUndefined()
})

test('what is missing, or is not aligned, is refused', () => {
  const room = withRoom(CONTENT)
  expect(() => {
    align(Buffer.from('another blob'), [room])
  }).toThrow('is not in the blob')
  expect(() => {
    refuseUnaligned(Buffer.concat([Buffer.from('x'), CONTENT]), [room])
  }).toThrow('is at byte 1')
})
