import {fstatSync} from 'node:fs'
import {PassThrough} from 'node:stream'
import {beforeEach, expect, test, vi} from 'vitest'
import type {JournalStream} from '../../../src/systemd/journal-stream.js'
import {openOwnLog, type OwnLog} from '../../../src/systemd/own-log.js'
import {UnitOutput} from '../../../src/systemd/unit-output.js'

let said: string[] = []
let uid = 0

beforeEach(() => {
  said = []
  uid = 0
  const stderr = new PassThrough()
  stderr.on('data', (chunk: Buffer) => said.push(`standard error: ${chunk.toString()}`))
  vi.spyOn(process, 'stderr', 'get').mockImplementation(() => stderr as unknown as typeof process.stderr)
  vi.spyOn(process, 'getuid').mockImplementation(() => uid)
})

/** The log of a process whose standard error is the journal. */
function ownLog(output: UnitOutput): OwnLog {
  const {dev, ino} = fstatSync(2)
  const open = (): JournalStream => {
    said.push('opened')
    return {write: (text: string) => said.push(`own: ${text}`), flushed: () => Promise.resolve()} as never
  }
  return openOwnLog({JOURNAL_STREAM: `${String(dev)}:${String(ino)}`}, output, open)
}

/** What is said before the container's output, while it comes, and behind it. */
async function talk({log, flushed}: OwnLog, output: UnitOutput): Promise<string[]> {
  log.info('before')
  output.begin()
  log.info('while')
  output.end(true)
  log.info('behind')
  await flushed()
  return said
}

test('root speaks by a stream of its own, and behind the container on the same stream as that', async () => {
  const output = new UnitOutput()
  expect(await talk(ownLog(output), output)).toEqual([
    'opened',
    'own: <6>before\n',
    'own: <6>while\n',
    'standard error: <6>behind\n',
  ])
})

test('another user, whose stream has a unit only as long as the process lives, speaks by it while the container does', async () => {
  uid = 1000
  const output = new UnitOutput()
  expect(await talk(ownLog(output), output)).toEqual([
    'standard error: <6>before\n',
    'opened',
    'own: <6>while\n',
    'standard error: <6>behind\n',
  ])
})

test('where systemd takes no priority from a line, all goes by a stream of its own', async () => {
  const output = new UnitOutput()
  output.takesPrefix = false
  const all = await talk(ownLog(output), output)
  expect(all.at(-1)).toBe('own: <6>behind\n')
})

test('who says nothing opens no stream', async () => {
  await ownLog(new UnitOutput()).flushed()
  expect(said).toEqual([])
})
