import {expect, test, vi} from 'vitest'
import type {Engine} from '../../../src/docker/engine.js'
import {EarlyLook} from '../../../src/lifecycle/name-lookup.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {inspection} from '../../support/engine/inspection.js'

const {signal} = new AbortController()
const apiVersion = (): Promise<string> => Promise.resolve('1.51')
const web = inspection({name: 'web'})
const bearing: Partial<Engine> = {
  apiVersion,
  inspect: (name) => Promise.resolve(name === 'web' ? web : undefined),
}

test('a look gives the container that has the name', async () => {
  const look = new EarlyLook(fakeEngine(bearing), 'web', signal)
  expect(await look.of('web')).toEqual({bearer: web, aside: undefined})
})

test('a look gives no container whose id begins as the name', async () => {
  const inspect: Engine['inspect'] = (name) => Promise.resolve(name === 'c0ffee' ? web : undefined)
  const look = new EarlyLook(fakeEngine({apiVersion, inspect}), 'c0ffee', signal)
  expect(await look.of('c0ffee')).toEqual({bearer: undefined, aside: undefined})
})

test('a look tells nothing of another name, which a plugin has given', async () => {
  const look = new EarlyLook(fakeEngine(bearing), 'web', signal)
  expect(await look.of('other')).toBeUndefined()
})

test.each([
  ['is not there yet', {}],
  ['breaks off', {apiVersion}],
])('a look tells nothing where the Engine %s', async (_, told: Partial<Engine>) => {
  const look = new EarlyLook(fakeEngine(told), 'web', signal)
  expect(await look.of('web')).toBeUndefined()
})

test('a look tells nothing once the Engine has been waited for for long', async () => {
  const look = new EarlyLook(fakeEngine(bearing), 'web', signal)
  const now = performance.now()
  vi.spyOn(performance, 'now').mockReturnValue(now + 3000)
  expect(await look.of('web')).toBeUndefined()
})
