import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {onceAllIsRead} from '../../../src/systemd/journal-reading.js'
import {journalctl} from '../../../src/systemd/journalctl.js'
import {NEVER_ABORTED} from '../../../src/timing.js'

vi.mock('../../../src/systemd/journalctl.js', () => ({EXPORT: [], journalctl: vi.fn()}))

const NOTHING = {bytes: Buffer.alloc(0), isWhole: true}

beforeEach(() => {
  vi.useFakeTimers()
  vi.mocked(journalctl).mockReset()
  vi.spyOn(process, 'getuid').mockReturnValue(0)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Answers a request to sync, and goes on writing of others or does not. */
function journald(sync: 'answers' | 'refuses' | 'is busy', goesOn: boolean): void {
  const began = Date.now()
  vi.mocked(journalctl).mockImplementation((words, signal) => {
    if (!words.includes('--sync')) {
      const newest = `__REALTIME_TIMESTAMP=${String((goesOn ? Date.now() : began) * 1000)}\n\n`
      return Promise.resolve({bytes: Buffer.from(newest), isWhole: true})
    }
    if (sync === 'answers') return Promise.resolve(NOTHING)
    if (sync === 'refuses') return Promise.reject(new Error('journalctl ended with 1'))
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error)
      })
    })
  })
}

/** What is had of a journal that has this much each time it is read, and the last for ever. */
async function readOf(lengths: readonly number[], signal = NEVER_ABORTED): Promise<number> {
  let nth = 0
  const read = (): Promise<number> => Promise.resolve(lengths[Math.min(nth++, lengths.length - 1)] ?? 0)
  const settled = onceAllIsRead([], read, (one, other) => one === other, signal)
  settled.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(120_000)
  return await settled
}

describe('what a process wrote that was killed', () => {
  test.each(['answers', 'refuses'] as const)(
    'it is read once where journald %s when it is asked to sync',
    async (sync) => {
      journald(sync, false)
      expect(await readOf([1, 2])).toBe(1)
    },
  )

  test('it is read until it grows no more where journald is too busy to answer', async () => {
    journald('is busy', true)
    expect(await readOf([1, 2, 3, 3, 4])).toBe(3)
    const [, signal] = vi.mocked(journalctl).mock.calls.find(([words]) => words.includes('--sync')) ?? []
    expect(signal?.aborted, 'no journalctl is left behind').toBe(true)
  })

  test('it is not known where journald writes nothing and does not answer', async () => {
    journald('is busy', false)
    await expect(readOf([1])).rejects.toThrow('journald does not come to an end of what was written')
  })

  test('it is not known where it grows for ever', async () => {
    journald('is busy', true)
    await expect(readOf(Array.from({length: 1000}, (_, index) => index))).rejects.toThrow('journald does not come')
  })

  test('it is not waited for once the signal aborts', async () => {
    journald('is busy', true)
    await expect(readOf([1, 2, 3], AbortSignal.abort(new Error('the unit stops')))).rejects.toThrow('the unit stops')
  })

  test('whoever may not ask for a sync, nor see of others, reads until it grows no more', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000)
    journald('answers', false)
    expect(await readOf([1, 2, 2, 3])).toBe(2)
    expect(journalctl).not.toHaveBeenCalled()
  })
})
