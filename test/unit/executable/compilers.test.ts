import v8 from 'node:v8'
import {beforeEach, expect, test, vi} from 'vitest'
import {Compilers} from '../../../src/executable/compilers.js'

const ON = ['--sparkplug', '--maglev', '--turbofan']
const OFF = ['--no-sparkplug', '--no-maglev', '--no-turbofan']
/** What V8 was told since it was last looked. */
let flags: string[] = []
const told = (): string[] => flags.splice(0)

beforeEach(() => {
  flags = []
  // The version of V8 that these tests run in may have others.
  vi.spyOn(v8, 'setFlagsFromString').mockImplementation((flag) => void flags.push(flag))
})

test('what is withheld is given back once', () => {
  const compilers = new Compilers()
  compilers.withhold()
  expect(told()).toEqual(OFF)
  compilers.resume()
  expect(told()).toEqual(ON)
  compilers.resume()
  expect(told()).toEqual([])
})

test('what is done as if nothing were withheld is done with all of them, also where it fails', () => {
  const compilers = new Compilers()
  compilers.withhold()
  told()
  expect(compilers.during(told)).toEqual(ON)
  expect(told()).toEqual(OFF)
  const fail = (): never => {
    throw new Error('broken')
  }
  expect(() => compilers.during(fail)).toThrow('broken')
  expect(told()).toEqual([...ON, ...OFF])
})

test('V8 is told nothing where nothing is withheld', () => {
  const compilers = new Compilers()
  expect(compilers.during(() => 42)).toBe(42)
  compilers.resume()
  expect(told()).toEqual([])
})
