import {Readable} from 'node:stream'
import {describe, expect, test} from 'vitest'
import {parseEnds, parseEvents} from '../../../src/docker/events.js'
import type {ContainerEvent} from '../../../src/docker/engine.js'

const line = (Action: string, attributes: object = {}, ID = 'c0ffee'): string =>
  `${JSON.stringify({Action, timeNano: 1_700_000_000_500_000_000, Actor: {ID, Attributes: attributes}})}\n`

async function all(...chunks: readonly string[]): Promise<ContainerEvent[]> {
  const events: ContainerEvent[] = []
  for await (const event of parseEvents(Readable.from(chunks))) events.push(event)
  return events
}

const ends = (...lines: readonly string[]) => parseEnds(Readable.from(lines))

describe('events', () => {
  test('events may come several at once, and be cut anywhere', async () => {
    const text = `{"Action":"start"}\n${line('rename', {name: 'shop'})}`
    for (let cut = 0; cut < text.length; cut++)
      expect(await all(text.slice(0, cut), text.slice(cut))).toEqual([
        {action: 'start', at: 0},
        {action: 'rename', at: 1_700_000_000_500, name: 'shop'},
      ])
  })

  test('events just end where their stream is cut', async () => {
    const cut = (async function* () {
      yield await Promise.resolve(`${line('die')}{"Act`)
      throw new Error('aborted')
    })()
    const told: ContainerEvent[] = []
    for await (const event of parseEvents(cut)) told.push(event)
    expect(told).toHaveLength(1)
  })

  test.each(['hello', 'null', '[]', '{"Action":7}', '{"Action":"die","Actor":{"Attributes":{"a":1}}}'])(
    'events end at what is none: %s',
    async (said) => {
      expect(await all(line('start'), `${said}\n`, line('die'))).toHaveLength(1)
    },
  )

  test('a die event by itself says nothing of how a container ended', async () => {
    expect(await all(line('die', {exitCode: '0'}))).toEqual([{action: 'die', at: 1_700_000_000_500}])
  })

  test.each(['healthy', 'unhealthy'])('an event says that a container has become %s', async (health) => {
    expect(await all(line(`health_status: ${health}`, {health_status: 'a label'}))).toEqual([
      {action: 'health_status', at: 1_700_000_000_500, health},
    ])
  })

  test('a health that nobody knows is no health', async () => {
    const [event] = await all(line('health_status: fine'))
    expect(event).toEqual({action: 'health_status: fine', at: 1_700_000_000_500})
  })

  test('a kill event says which signal was asked for', async () => {
    expect(await all(line('kill', {signal: '15'}))).toMatchObject([{action: 'kill', signal: 15}])
  })

  test.each(['abc', '-1', '65', '9.5', ''])('a kill event says no signal that is none: %j', async (signal) => {
    expect((await all(line('kill', {signal})))[0]).not.toHaveProperty('signal')
  })

  test('a kill event says no signal where the image has a label that is called so', async () => {
    const label = {signal: '9'}
    expect((await all(line('start', label), line('kill', label)))[1]).not.toHaveProperty('signal')
  })
})

describe('the ends that an Engine remembers', () => {
  const own = {name: 'web', 'systemd-docker.unit': 'web.service'}

  test('an end has the status that the Engine said', async () => {
    const die = line('die', {...own, exitCode: '7'})
    await expect(ends(die, line('destroy', own))).resolves.toEqual([
      {id: 'c0ffee', at: 1_700_000_000_500, name: 'web', labels: own, exitCode: 7, sent: new Set()},
    ])
  })

  test.each([
    ['the image has a label that is called so', [line('start', {...own, exitCode: '0'})]],
    ['nothing tells what labels there are', []],
    ["only another container's labels are known", [line('start', own, 'abcdef')]],
  ])('an end has no status where %s', async (_, others) => {
    expect((await ends(...others, line('die', {...own, exitCode: '0'})))[0]?.exitCode).toBeUndefined()
  })

  test.each(['abc', '256', '-1', ''])('an end has no status that is none: %j', async (exitCode) => {
    expect((await ends(line('start'), line('die', {exitCode})))[0]?.exitCode).toBeUndefined()
  })

  test('an end comes with the signals that were sent in the life that it ends, and in no other', async () => {
    const lives = await ends(
      line('start'),
      line('kill', {signal: '15'}),
      line('die', {exitCode: '143'}),
      line('start'),
      line('kill', {signal: '9'}, 'another'),
      line('kill', {signal: '1'}),
      line('kill', {signal: '9'}),
      line('die', {exitCode: '137'}),
    )
    expect(lives.map(({sent}) => [...sent])).toEqual([[15], [1, 9]])
  })

  test('an end comes with no signals where the image has a label that is called so', async () => {
    const label = {signal: '9'}
    const [end] = await ends(line('start', label), line('kill', label), line('die', {...label, exitCode: '137'}))
    expect(end?.sent.size).toBe(0)
  })
})
