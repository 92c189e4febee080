import {readFile} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'
import {expect, test} from 'vitest'
import {describeEnd, processEndOf, type ProcessEnd} from '../../../src/lifecycle/exit-status.js'
import {howItEnded, type KnownEnd} from '../../../src/lifecycle/how-it-ended.js'

const PAGE = await readFile(fileURLToPath(new URL('../../../docs/supervision.md', import.meta.url)), 'utf8')
const SECTION = /^## How a container ended\n(.*?)^## /ms.exec(PAGE)?.[1] ?? ''
/** The rows of the documented table: what happened, what systemd makes of it, the status text. */
const DOCUMENTED = SECTION.split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )

/** An end by itself, with an Engine that told of it. */
const BY_ITSELF: KnownEnd = {code: 0, sent: new Set(), outOfMemory: false, stop: 'none', engine: 'there'}

/** What is known in each row of the table, by its first cell: all of these come to the row's answer. */
const KNOWN: Readonly<Record<string, readonly Partial<KnownEnd>[]>> = {
  'it exited with 0, even before its PID was seen': [{code: 0}, {code: 0, sent: new Set([1])}],
  'it exited with another status, or died of a signal, by itself': [{code: 7}, {code: 7, outOfMemory: true}],
  'it exited with a status of its own in a stop': [{code: 3, stop: 'asked'}],
  'it died of the signal of a stop, or of its own stop signal': [{code: 143, stop: 'asked', sent: new Set([15])}],
  'it crashed in a stop': [{code: 139, stop: 'asked', sent: new Set([15])}],
  'it did not stop in time, even if it ran out of memory as well': [
    {code: 137, stop: 'asked', sent: new Set([15, 9])},
    {code: 137, stop: 'asked', outOfMemory: true},
    {code: 137, stop: 'asked', engine: 'replaced'},
  ],
  'a command of `ExecStop=` ended it, or it ended while its time to stop was not over': [
    {code: 143, stop: 'in-time', sent: new Set([15])},
    {code: 143, stop: 'in-time', outOfMemory: true},
  ],
  '`docker kill` or `docker rm -f` in a stop, by a command of `ExecStop=` or by hand': [
    {code: 137, stop: 'in-time', sent: new Set([9])},
    {code: 137, stop: 'in-time', sent: new Set([15, 9]), outOfMemory: true},
  ],
  'a second signal hurried the stop': [{code: 137, stop: 'hurried', sent: new Set([15, 9])}],
  'its health check failed, with `--unhealthy=stop` or the watchdog of the unit': [
    {code: 143, stop: 'unhealthy', sent: new Set([15])},
    {code: 143, stop: 'unhealthy', engine: 'replaced', sent: new Set([15])},
  ],
  'the same, and its status was 0': [{code: 0, stop: 'unhealthy', sent: new Set([15])}],
  'it ran out of memory': [
    {code: 137, outOfMemory: true},
    {code: 137, outOfMemory: true, sent: new Set([15])},
    {code: 137, outOfMemory: true, engine: 'replaced'},
    {code: 137, outOfMemory: true, stop: 'in-time'},
  ],
  '`docker kill`, `docker stop`, `docker rm -f`, and it died of the signal': [
    {code: 137, sent: new Set([9])},
    {code: 137, sent: new Set([15, 9]), outOfMemory: true},
  ],
  'the Engine ended and took it along': [
    {code: 143, engine: 'gone', sent: new Set([15])},
    {code: 143, engine: 'replaced', sent: new Set([15])},
  ],
  'the Engine ended and took it along, and its status was 0 or is unknown': [
    {code: 0, engine: 'gone'},
    {code: undefined, engine: 'gone'},
    {code: 0, engine: 'gone', stop: 'asked'},
    {code: 0, engine: 'replaced'},
  ],
  'the Engine ended in a stop, and it died of the signal': [{code: 143, engine: 'gone', stop: 'asked'}],
  'it is gone, and the Engine no longer says how it ended': [
    {code: undefined},
    {code: undefined, stop: 'asked'},
    {code: undefined, engine: 'replaced'},
  ],
  'a stop while the Engine is away or hangs, and it died of its stop signal': [
    {code: 143, engine: 'silent', stop: 'asked'},
  ],
  'a stop while the Engine is away or hangs, and it had to be killed': [
    {code: 137, engine: 'silent', stop: 'asked'},
    {code: 137, engine: 'silent', stop: 'hurried'},
  ],
}

test('every row of the documented table has its inputs here, and every input its row', () => {
  expect(DOCUMENTED.map(([what]) => what)).toEqual(Object.keys(KNOWN))
})

test.each(DOCUMENTED)('a container of which the page says that %s is to systemd: %s, and %s', (what, result, text) => {
  const inputs = KNOWN[what] ?? []
  expect(inputs).not.toEqual([])
  for (const input of inputs) {
    const known = {...BY_ITSELF, ...input}
    const report = howItEnded(known)
    const asked = known.stop === 'none' || known.stop === 'unhealthy' ? undefined : 'SIGTERM'
    expect([resultOf(processEndOf(report.code, asked)), `\`${describeEnd(report)}\``], JSON.stringify(input)).toEqual([
      result,
      text,
    ])
  }
})

/** What systemd makes of an exit (systemd.service(5), `SuccessExitStatus=`). */
function resultOf(ending: ProcessEnd): string {
  if ('signal' in ending) return `clean, signal ${ending.signal.replace('SIG', '')}`
  return `${ending.status === 0 ? 'clean' : 'failed'}, status ${String(ending.status)}`
}
