import {expect, test} from 'vitest'
import type {OutputStream} from '../../../src/docker/demultiplexer.js'
import {LogMessages} from '../../../src/docker/log-messages.js'
import type {Entry} from '../../../src/logs/entry.js'
import {EntryStream} from '../../../src/logs/entry-stream.js'
import {priorityFrom} from '../../../src/logs/priority-of.js'
import {dockerLog} from '../../support/engine/docker-log.js'

/** As much as Docker takes for a message (moby, daemon/logger/copier.go). */
const PART_BYTES = 16_384

test("a line that Docker's log has in parts is one entry, whatever the other output says between them", async () => {
  const line = Buffer.from(`<4>${'é'.repeat(20_000)}\n`)
  const parts = [0, 1, 2].map((part) => line.subarray(part * PART_BYTES, (part + 1) * PART_BYTES))
  const at = Date.UTC(2026, 0, 1)
  const [first, ...others] = parts.map((text) => ({at, text}))
  const between = {at, text: 'between\n', stream: 'stderr' as const}
  const log = dockerLog(
    [first, between, ...others].filter((message) => message !== undefined),
    {since: 0, chunk: 1000},
  )

  const entries: Entry[] = []
  const streamOf = (stream: OutputStream): EntryStream => {
    const priorityOf = priorityFrom({otherwise: 6, takesPrefix: true, readLevel: undefined})
    const take = (these: readonly Entry[], done: () => void): void => {
      entries.push(...these)
      done()
    }
    return new EntryStream(stream, {tty: false, joins: undefined, priorityOf}, {take, close: () => undefined})
  }
  const streams = {stdout: streamOf('stdout'), stderr: streamOf('stderr')}
  const messages = new LogMessages(false, ({stream, text}) => streams[stream].write(text))
  for (const chunk of log) messages.push(chunk)
  await streams.stdout.flush()

  expect(entries.map(({stream, priority, text}) => ({stream, priority, text: text.toString()}))).toEqual([
    {stream: 'stderr', priority: 6, text: 'between'},
    {stream: 'stdout', priority: 4, text: 'é'.repeat(20_000)},
  ])
})
