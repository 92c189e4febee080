import {describe, expect, test} from 'vitest'
import {PullTracker, type PullMessage} from '../../../src/docker/pull-progress.js'

function tallyOf(...messages: PullMessage[]): PullTracker {
  const tally = new PullTracker()
  for (const message of messages) tally.take(message)
  return tally
}

const fetching = (id: string, current: number, total: number): PullMessage => ({
  status: 'Downloading',
  id,
  current,
  total,
})
const begun = (id: string): PullMessage => ({status: 'Pulling fs layer', id})

describe('the progress of a pull', () => {
  test('the progress is not known before a layer is fetched; the line that names the tag is no layer', () => {
    expect(tallyOf({status: 'Pulling from library/nginx', id: '1.27'}, begun('a')).progress).toBeUndefined()
  })

  test("the progress is the sum of the layers, partial until every one's size is known", () => {
    const tally = tallyOf(begun('a'), begun('b'), fetching('a', 30, 100))
    expect(tally.progress).toEqual({doing: 'Pulling', done: 30, total: 100, isPartial: true})
    tally.take(fetching('b', 5, 50))
    expect(tally.progress).toEqual({doing: 'Pulling', done: 35, total: 150, isPartial: false})
  })

  test('the progress leaves out layers that are there already, and those too small to be counted', () => {
    const tally = tallyOf(
      {status: 'Already exists', id: 'a'},
      begun('b'),
      {status: 'Already exists', id: 'b'},
      begun('c'),
      {status: 'Download complete', id: 'c'},
      begun('d'),
      fetching('d', 1, 10),
    )
    expect(tally.progress).toEqual({doing: 'Pulling', done: 1, total: 10, isPartial: false})
  })

  test('the progress goes on with unpacking when all is fetched', () => {
    const tally = tallyOf(begun('a'), begun('b'), fetching('a', 10, 100), fetching('b', 20, 50))
    tally.take({status: 'Download complete', id: 'a'})
    tally.take({status: 'Extracting', id: 'a', current: 40, total: 100})
    expect(tally.progress).toMatchObject({doing: 'Pulling', done: 120})
    tally.take({status: 'Verifying Checksum', id: 'b'})
    expect(tally.progress).toEqual({doing: 'Unpacking', done: 40, total: 150, isPartial: false})
    tally.take({status: 'Pull complete', id: 'a'})
    tally.take({status: 'Pull complete', id: 'b'})
    expect(tally.progress).toMatchObject({doing: 'Unpacking', done: 150})
  })

  test('the progress counts no seconds as bytes, as some Engines tell of unpacking, and adds those of all layers', () => {
    const tally = tallyOf(fetching('a', 100, 100), {status: 'Download complete', id: 'a'})
    expect(tally.take({status: 'Extracting', id: 'a', current: 3})).toBe(true)
    expect(tally.progress).toEqual({doing: 'Unpacking', done: 0, total: 100, isPartial: false, seconds: 3})
    tally.take({status: 'Pull complete', id: 'a'})
    tally.take({status: 'Extracting', id: 'b', current: 4})
    expect(tally.progress).toMatchObject({doing: 'Unpacking', seconds: 7})
  })

  test('the progress is not known while a layer is unpacked and the size of another is not known yet', () => {
    const tally = tallyOf(begun('a'), begun('b'), {status: 'Extracting', id: 'a', current: 3})
    expect(tally.progress).toBeUndefined()
  })

  test('the progress of layers that are there already, and still have to be unpacked, is in seconds alone', () => {
    const tally = tallyOf({status: 'Already exists', id: 'a'}, {status: 'Extracting', id: 'a', current: 2})
    expect(tally.progress).toEqual({doing: 'Unpacking', done: 0, total: 0, isPartial: false, seconds: 2})
  })
})

describe('an Engine that may be unpacking without a word', () => {
  const fetched = (id: string): PullMessage => ({status: 'Download complete', id})

  test('an Engine that has fetched all layers may be unpacking without a word', () => {
    const tally = tallyOf(begun('a'), begun('b'), fetched('a'))
    expect(tally.mayUnpackInSilence).toBe(false)
    tally.take(fetched('b'))
    expect(tally.mayUnpackInSilence).toBe(true)
  })

  test.each([
    ['has said nothing of any layer', []],
    ['tells of it', [begun('a'), fetched('a'), {status: 'Extracting', id: 'a', current: 1}]],
  ] as const)('an Engine is not unpacking without a word that %s', (_, messages) => {
    expect(tallyOf(...messages).mayUnpackInSilence).toBe(false)
  })
})

describe('what moves a pull', () => {
  test('a pull moves with each second of unpacking, but not with the same one again', () => {
    const tally = tallyOf(begun('a'), {status: 'Download complete', id: 'a'})
    const moved = [1, 1, 2, 2, 3].map((current) => tally.take({status: 'Extracting', id: 'a', current}))
    expect(moved).toEqual([true, false, true, false, true])
  })

  test.each<[string, PullMessage, boolean]>([
    ['more bytes', fetching('a', 11, 100), true],
    ['the same bytes again', fetching('a', 10, 100), false],
    ['a layer that begins', begun('b'), true],
    ['a layer that waits', {status: 'Waiting', id: 'a'}, false],
    ['a layer that is tried again', {status: 'Retrying in 4 seconds', id: 'a'}, false],
    ['a layer that is fetched', {status: 'Download complete', id: 'a'}, true],
    ['words about all of it', {status: 'Digest: sha256:c0ffee'}, true],
  ])('what moves a pull is %s', (_, message, moves) => {
    expect(tallyOf(begun('a'), fetching('a', 10, 100)).take(message)).toBe(moves)
  })
})
