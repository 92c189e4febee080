import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {NotifyError} from '../../../src/errors.js'
import {runningSince, tellIfSlow} from '../../../src/lifecycle/status.js'
import {SLOW_PHASE_MS} from '../../../src/limits.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

describe('since when a container runs', () => {
  test('it is said by the hour and the minute where this process is', () => {
    expect(runningSince(new Date(2026, 0, 2, 3, 4, 5).getTime())).toBe('running since 03:04')
    expect(runningSince(new Date(2026, 0, 2, 23, 59).getTime())).toBe('running since 23:59')
  })

  test.each([undefined, Date.parse('0001-01-01T00:00:00Z')])(
    'it is not said where nobody knows it (%s)',
    (startedAt) => {
      expect(runningSince(startedAt)).toBe('running')
    },
  )
})

describe('a phase that may take long', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const told = (send: (line: string) => Promise<void>) => {
    const {log, lines} = recordingLog()
    let end: (outcome: string) => void = () => undefined
    const outcome = tellIfSlow(
      'creating container web',
      {openNotifier: () => ({send}), log},
      new Promise<string>((resolve) => (end = resolve)),
    )
    return {outcome, end, lines}
  }

  test('systemd is told of it when it has lasted for a second, once', async () => {
    const said: string[] = []
    const {outcome, end} = told((line) => Promise.resolve(void said.push(line)))
    await vi.advanceTimersByTimeAsync(SLOW_PHASE_MS - 1)
    expect(said).toEqual([])
    await vi.advanceTimersByTimeAsync(10 * SLOW_PHASE_MS)
    expect(said).toEqual(['STATUS=creating container web'])
    end('made')
    await expect(outcome).resolves.toBe('made')
  })

  test('systemd is not told of one that is over before that', async () => {
    const said: string[] = []
    const {outcome, end} = told((line) => Promise.resolve(void said.push(line)))
    end('made')
    await expect(outcome).resolves.toBe('made')
    await vi.advanceTimersByTimeAsync(10 * SLOW_PHASE_MS)
    expect(said).toEqual([])
  })

  test('one of which systemd cannot be told goes on, and a line says so', async () => {
    const {outcome, end, lines} = told(() => Promise.reject(new NotifyError('/run/x', 'nobody listens')))
    await vi.advanceTimersByTimeAsync(SLOW_PHASE_MS)
    end('made')
    await expect(outcome).resolves.toBe('made')
    expect(lines).toEqual([
      'warn: could not tell systemd what takes long: cannot notify systemd at /run/x: nobody listens',
    ])
  })
})
