import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {build} from 'esbuild'
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

/** A run that sheds its memory at once and then has much to say; what V8 has by then for what is new, in bytes. */
const SAYS_MUCH = `import {shedMemoryLater} from './src/lifecycle/shed-memory.js'
import {getHeapSpaceStatistics} from 'node:v8'
globalThis.setTimeout = (act) => (act(), {unref() {}})
shedMemoryLater()
let entries
function say(turns) {
  entries = Array.from({length: 1000}, (_, line) => ({line}))
  if (turns > 0) return setImmediate(say, turns - 1)
  console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').physical_space_size)
}
say(400)`

test.each([1, 4])(
  'a run that began with %i MiB for what is new has no more than V8 makes of itself, in two halves, once it has been there a while',
  async (mebibytes) => {
    const stdin = {contents: SAYS_MUCH, resolveDir: process.cwd()}
    const {outputFiles} = await build({stdin, bundle: true, platform: 'node', format: 'cjs', write: false})
    const words = [`--min-semi-space-size=${String(mebibytes)}`, '--eval', outputFiles[0]?.text ?? '']
    const {stdout} = await promisify(execFile)(process.execPath, words)
    expect(Number(stdout)).toBeGreaterThan(0)
    expect(Number(stdout)).toBeLessThan(3 * 2 ** 20)
  },
)
