import {describe, expect, test} from 'vitest'
import {describeEnd, processEndOf, needsWords, statusOf} from '../../../src/lifecycle/exit-status.js'
import type {ExitReport} from '../../../src/pipeline/contract.js'

describe('the status when nobody asked for a stop', () => {
  test.each([0, 1, 7, 125, 126, 127, 128, 129, 137, 143, 255])(
    "the status %i is ours as it was the container's",
    (code) => {
      expect(processEndOf(code, undefined)).toEqual({status: code})
    },
  )
})

describe('the status when a stop was asked for', () => {
  test.each([0, 1, 7, 127, 128])('a container that ended by itself with %i is ours as it was', (code) => {
    expect(processEndOf(code, 'SIGTERM')).toEqual({status: code})
  })

  test.each([
    ['SIGTERM', 143, 'SIGTERM'],
    ['SIGTERM', 130, 'SIGINT'],
    ['SIGTERM', 129, 'SIGHUP'],
    ['SIGTERM', 141, 'SIGTERM'],
    ['SIGINT', 143, 'SIGTERM'],
    ['SIGINT', 130, 'SIGINT'],
  ] as const)(
    'a container stopped by %s that died with %i is death by %s, which systemd calls clean',
    (asked, code, signal) => {
      expect(processEndOf(code, asked)).toEqual({signal})
    },
  )

  test.each([
    ['SIGTERM', 131],
    ['SIGTERM', 138],
    ['SIGINT', 131],
    ['SIGTERM', 165],
  ] as const)(
    'a container stopped by %s that died of its own stop signal with %i is death by the former',
    (asked, code) => {
      expect(processEndOf(code, asked)).toEqual({signal: asked})
    },
  )

  test('a container that had to be killed is no clean end', () => {
    expect(processEndOf(137, 'SIGTERM')).toEqual({status: 137})
  })
})

describe('as a shell sees it', () => {
  test.each([
    [{status: 0}, 0],
    [{status: 7}, 7],
    [{signal: 'SIGTERM'}, 143],
    [{signal: 'SIGINT'}, 130],
    [{signal: 'SIGHUP'}, 129],
  ] as const)('a shell sees the end %j as %i', (ending, status) => {
    expect(statusOf(ending)).toBe(status)
  })
})

test.each([
  ['a number that is no signal', 193],
  ['a number that is no signal', 255],
  ['a crash', 134],
  ['a crash', 139],
])('a stop that ends in %s (%i) is told as it is', (_, code) => {
  expect(processEndOf(code, 'SIGTERM')).toEqual({status: code})
})

describe('in words', () => {
  test.each<[ExitReport, string]>([
    [{code: 7}, 'ended with status 7'],
    [{code: 137, why: 'out-of-memory'}, 'was killed as it ran out of memory'],
    [{code: 137, why: 'stop-timeout'}, 'was killed as it did not stop in time'],
    [{code: 137, why: 'hurried'}, 'was killed as a second signal hurried its stop'],
    [{code: 143, why: 'somebody'}, 'was ended by SIGTERM, sent through the Engine'],
    [{code: 125, why: 'engine-gone'}, 'ended with the Engine'],
    [{code: 143, why: 'without-engine'}, 'was ended without the Engine, which does not answer'],
  ])('the end %j is told in words: it %s', (exit, words) => {
    expect(describeEnd(exit)).toBe(words)
  })

  test.each([
    [{code: 0}, false],
    [{code: 7}, false],
    [{code: 125}, true],
    [{code: 127}, true],
    [{code: 128}, false],
    [{code: 137, why: 'out-of-memory'}, true],
  ] as const)('the end %j has to be said: %s', (exit, needed) => {
    expect(needsWords(exit)).toBe(needed)
  })
})
