import {describe, expect, test} from 'vitest'
import {endingOf, statusOf} from '../../../src/run/exit-status.js'

describe('when nobody asked for a stop', () => {
  test.each([0, 1, 7, 125, 126, 127, 128, 129, 137, 143, 255])("%i is ours as it was the container's", (code) => {
    expect(endingOf(code, undefined)).toEqual({status: code})
  })
})

describe('when a stop was asked for', () => {
  test.each([0, 1, 7, 127, 128])('a container that ended by itself with %i is ours as it was', (code) => {
    expect(endingOf(code, 'SIGTERM')).toEqual({status: code})
  })

  test.each([
    ['SIGTERM', 143, 'SIGTERM'],
    ['SIGTERM', 130, 'SIGINT'],
    ['SIGTERM', 129, 'SIGHUP'],
    ['SIGTERM', 141, 'SIGTERM'],
    ['SIGINT', 143, 'SIGTERM'],
    ['SIGINT', 130, 'SIGINT'],
  ] as const)(
    'by %s, a container that died with %i is death by %s, which systemd calls clean',
    (asked, code, signal) => {
      expect(endingOf(code, asked)).toEqual({signal})
    },
  )

  test.each([
    ['SIGTERM', 131],
    ['SIGTERM', 138],
    ['SIGINT', 131],
    ['SIGTERM', 165],
  ] as const)('by %s, a container that died of its own stop signal with %i is death by the former', (asked, code) => {
    expect(endingOf(code, asked)).toEqual({signal: asked})
  })

  test('a container that had to be killed is no clean end', () => {
    expect(endingOf(137, 'SIGTERM')).toEqual({status: 137})
  })
})

describe('as a shell sees it', () => {
  test.each([
    [{status: 0}, 0],
    [{status: 7}, 7],
    [{signal: 'SIGTERM'}, 143],
    [{signal: 'SIGINT'}, 130],
    [{signal: 'SIGHUP'}, 129],
  ] as const)('%j is %i', (ending, status) => {
    expect(statusOf(ending)).toBe(status)
  })
})

test.each([
  ['a number that is no signal', 193],
  ['a number that is no signal', 255],
  ['a crash', 134],
  ['a crash', 139],
])('a stop that ends in %s (%i) is told as it is', (_, code) => {
  expect(endingOf(code, 'SIGTERM')).toEqual({status: code})
})
