import {Readable} from 'node:stream'
import {expect, test} from 'vitest'
import {parseEvents} from '../../../src/docker/events.js'
import type {ContainerEvent} from '../../../src/docker/engine.js'

const DIE = '{"Action":"die","timeNano":1700000000500000000,"Actor":{"Attributes":{"exitCode":"7"}}}'

async function all(stream: AsyncIterable<unknown>): Promise<ContainerEvent[]> {
  const events: ContainerEvent[] = []
  for await (const event of parseEvents(stream)) events.push(event)
  return events
}

test('events may come several at once, and be cut anywhere', async () => {
  const text = `{"Action":"start"}\n${DIE}\n`
  for (let cut = 0; cut < text.length; cut++)
    expect(await all(Readable.from([text.slice(0, cut), text.slice(cut)]))).toEqual([
      {action: 'start', at: 0, attributes: {}},
      {action: 'die', at: 1_700_000_000_500, attributes: {exitCode: '7'}},
    ])
})

test('a stream that is cut just ends', async () => {
  const cut = (async function* () {
    yield await Promise.resolve(`${DIE}\n{"Act`)
    throw new Error('aborted')
  })()
  expect(await all(cut)).toHaveLength(1)
})
