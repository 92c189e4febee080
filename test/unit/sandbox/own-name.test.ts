import {expect, test} from 'vitest'
import {isLeft, ownName} from '../../../sandbox/own-name.js'

test('a name says whose it is, and is given once', () => {
  const names = [ownName('debian13-v2'), ownName('debian13-v2')]
  for (const name of names) expect(name).toMatch(new RegExp(`^debian13-v2-[0-9a-f]{8}-${String(process.pid)}$`))
  expect(names[0]).not.toBe(names[1])
})

test('a name is left over when its process is gone', () => {
  expect(isLeft(ownName('x'))).toBe(false)
  expect(isLeft('x-00000000-99999999')).toBe(true)
})
