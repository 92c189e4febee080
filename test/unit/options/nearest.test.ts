import {describe, expect, test} from 'vitest'
import {nearest} from '../../../src/options/nearest.js'

const NAMES = ['cgroups', 'env', 'logs', 'notify', 'pid-file', 'dry-run']

describe('the nearest name', () => {
  test.each([
    ['a letter too many', 'logss', 'logs'],
    ['a letter too few', 'cgroup', 'cgroups'],
    ['a wrong letter', 'motify', 'notify'],
    ['two neighbours swapped', 'nev', 'env'],
    ['two neighbours swapped at the end', 'pid-fiel', 'pid-file'],
    ['a missing dash', 'pidfile', 'pid-file'],
    ['the name itself', 'notify', 'notify'],
    ['two mistakes in six letters', 'notefi', 'notify'],
    ['two mistakes in five letters', 'ntifi', undefined],
  ])('the nearest name is found with %s: %s is meant to be %s', (_, typed, meant) => {
    expect(nearest(typed, NAMES)).toBe(meant)
  })

  test.each([
    ['log', 'logs'],
    ['ogs', 'logs'],
  ])('the nearest name of %s, which is short, is one letter away: %s', (typed, meant) => {
    expect(nearest(typed, NAMES)).toBe(meant)
  })

  test.each([
    ['bxc', 'abc'],
    ['xac', 'abc'],
    ['cab', 'abc'],
  ])(
    'the nearest name of %s is not %s, where a letter has moved but none is swapped with its neighbour',
    (typed, name) => {
      expect(nearest(typed, [name])).toBeUndefined()
    },
  )

  test.each(['zzz', 'x', 'verbose', ''])('the word %j has no nearest name', (typed) => {
    expect(nearest(typed, NAMES)).toBeUndefined()
  })

  test('the first of two names that are equally near is taken', () => {
    expect(nearest('cap-bdd', ['cap-add', 'cap-odd'])).toBe('cap-add')
  })

  test('the nearer name is taken, wherever it stands', () => {
    expect(nearest('memory', ['memory-swap', 'memori', 'memory'])).toBe('memory')
  })

  test('the nearest of no names is none', () => {
    expect(nearest('logs', [])).toBeUndefined()
  })
})
