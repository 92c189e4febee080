import {expect, test} from 'vitest'
import type {ContainerEvent} from '../../../src/docker/engine.js'
import {EventFeed} from '../../../src/lifecycle/event-feed.js'
import {eventsOf} from '../../support/engine/events.js'

const START = {action: 'start', at: 1}
const DIE = {action: 'die', at: 2}

async function* told(events: readonly ContainerEvent[], end: Promise<void>): AsyncGenerator<ContainerEvent> {
  yield* eventsOf(...events)
  await end
}

test('the feed gives what was told in its order, and then that it was cut', async () => {
  const feed = new EventFeed(told([START, DIE], Promise.resolve()))
  expect([await feed.next(), await feed.next(), await feed.next(), await feed.next(1)]).toEqual([
    START,
    DIE,
    'cut',
    'cut',
  ])
})

test('the feed sees the cut while nobody takes what came before', async () => {
  const feed = new EventFeed(told([START, DIE], Promise.reject(new Error('reset'))))
  await feed.cut
  expect([await feed.next(), await feed.next(), await feed.next()]).toEqual([START, DIE, 'cut'])
})

test('the feed waits no longer than it is told to, and loses nothing by that', async () => {
  let go: () => void = () => undefined
  const feed = new EventFeed(
    (async function* () {
      await new Promise<void>((resolve) => (go = resolve))
      yield START
    })(),
  )
  expect(await feed.next(5)).toBe('late')
  go()
  expect(await feed.next()).toBe(START)
})
