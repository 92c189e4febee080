import {expect, test} from 'vitest'
import {entriesBefore} from '../../../src/systemd/journal-entries.js'

const T0 = Date.UTC(2026, 0, 2, 3, 4, 5)
const PRESENT = {id: 'now', pids: new Set(['200', '199'])}

/** An entry as journalctl exports it, of a process in an invocation. */
function entry(pid: number, invocation: string, text: string, at = T0): ReadonlyMap<string, Buffer> {
  const fields = {
    __REALTIME_TIMESTAMP: String(at * 1000),
    MESSAGE: text,
    _PID: String(pid),
    _STREAM_ID: `stream-of-${String(pid)}`,
    _SYSTEMD_INVOCATION_ID: invocation,
  }
  return new Map(Object.entries(fields).map(([name, value]) => [name, Buffer.from(value)]))
}

/** What was written before the present invocation, of these. */
function before(...all: ReadonlyMap<string, Buffer>[]): string[] {
  return entriesBefore(PRESENT, all, T0).map(({text}) => text.toString())
}

test('what this process says, and what systemd has run before it, is no earlier entry', () => {
  const all = [entry(100, 'then', 'line 1'), entry(199, 'now', 'prepared'), entry(200, 'now', 'the container runs')]
  expect(before(...all)).toEqual(['line 1'])
})

test('what journald has read late of a killed process is an earlier entry, although it bears the next invocation', () => {
  const all = [entry(100, 'then', 'line 1'), entry(100, 'now', 'line 2'), entry(200, 'now', 'the container runs')]
  expect(before(...all)).toEqual(['line 1', 'line 2'])
})

test('an earlier process that had the PID of this one is told apart by its invocation', () => {
  expect(before(entry(200, 'then', 'line 1'))).toEqual(['line 1'])
})

test('what was written before the moment that is asked for is left out', () => {
  expect(before(entry(100, 'then', 'line 1', T0 - 1), entry(100, 'then', 'line 2', T0 + 1))).toEqual(['line 2'])
})
