import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import {KeepAlive} from '../../../src/lifecycle/keep-alive.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('systemd hears as often as it asks to that the unit is well, but for as long as it is not', () => {
  const send = vi.fn(() => Promise.resolve())
  const keepAlive = new KeepAlive(500, {send}, recordingLog().log)
  vi.advanceTimersByTime(1000)
  expect(send.mock.calls).toEqual([['WATCHDOG=1'], ['WATCHDOG=1']])
  keepAlive.hold()
  vi.advanceTimersByTime(5000)
  expect(send).toHaveBeenCalledTimes(2)
  keepAlive.resume()
  vi.advanceTimersByTime(500)
  expect(send).toHaveBeenCalledTimes(3)
  keepAlive.end()
  vi.advanceTimersByTime(5000)
  expect(send).toHaveBeenCalledTimes(3)
})

test('a word that systemd does not take is a warning, and the next one is said all the same', async () => {
  const {log, lines} = recordingLog()
  const send = vi.fn(() => Promise.reject(new Error('nobody listens')))
  const keepAlive = new KeepAlive(500, {send}, log)
  await vi.advanceTimersByTimeAsync(1000)
  keepAlive.end()
  expect(lines).toEqual(Array(2).fill('warn: could not tell systemd that the container runs: nobody listens'))
})
