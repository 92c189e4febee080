import {afterEach, expect, test, vi} from 'vitest'
import {shedMemoryLater} from '../../../src/lifecycle/shed-memory.js'
import {SHED_MEMORY_MS} from '../../../src/limits.js'

afterEach(() => {
  vi.useRealTimers()
})

function makeGarbage(): WeakRef<object> {
  return new WeakRef({})
}

/** Whether something that nobody refers to any more has been given back once so much time has gone by. */
async function isGivenBackAfter(milliseconds: number): Promise<boolean> {
  const garbage = makeGarbage()
  // What a WeakRef was made of lives as long as the job in which it was.
  await new Promise((resolve) => setImmediate(resolve))
  vi.advanceTimersByTime(milliseconds)
  return garbage.deref() === undefined
}

test('what the start needed is given back a while later, once, and no other code sees by which means', async () => {
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']})
  shedMemoryLater()
  expect(await isGivenBackAfter(SHED_MEMORY_MS - 1)).toBe(false)
  expect(await isGivenBackAfter(1)).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
  expect(globalThis).not.toHaveProperty('gc')
})

test('nothing is given back of a run that has ended', async () => {
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']})
  shedMemoryLater()()
  expect(await isGivenBackAfter(SHED_MEMORY_MS)).toBe(false)
})
