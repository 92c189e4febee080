import {describe, expect, test} from 'vitest'
import type {ContainerEvent, Engine, Inspected} from '../../../src/docker/engine.js'
import {EngineUnreachableError} from '../../../src/errors.js'
import {Pipeline} from '../../../src/run/pipeline.js'
import {Releases} from '../../../src/run/release.js'
import {StopRequests} from '../../../src/run/stop.js'
import {supervise} from '../../../src/run/supervision.js'
import {fakeEngine} from '../../helpers/fake-engine.js'
import {recordingLog} from '../support/recording-log.js'

type Told = readonly [string, Record<string, string>?]

const GONE = new EngineUnreachableError('unix:///x', new Error('hung up'))
const ENDED: Inspected = {
  id: 'c0ffee',
  name: 'web',
  state: 'exited',
  pid: 0,
  tty: false,
  exitCode: 7,
  outOfMemory: false,
  startedAt: 1000,
  finishedAt: 5000,
  stopSignal: '',
  stopTimeout: undefined,
  hasRotatingLog: false,
  image: 'sha256:1mage',
  autoRemove: false,
  labels: {},
}

async function* eventsOf(...told: readonly Told[]): AsyncGenerator<ContainerEvent> {
  for (const [action, attributes = {}] of told) yield await Promise.resolve({action, at: 4000, attributes})
}

/** The supervision of a container about which the events are told, each list until the Engine goes away. */
function supervision(
  lists: readonly (readonly Told[])[],
  told: Partial<Engine> = {},
  events?: AsyncIterable<ContainerEvent>,
) {
  const happened: string[] = []
  const note = (line: string): undefined => void happened.push(line)
  const [first = [], ...later] = lists
  const {log, lines} = recordingLog()
  const stop = new StopRequests()
  const members = [
    {
      name: 'test',
      hooks: {
        restarted: ({container, endedAt}: {container: {pid: number}; endedAt: number}) =>
          note(`restarted ${String(container.pid)} ${String(endedAt)}`),
        reconnected: () => note('reconnected'),
      },
    },
  ]
  const engine = fakeEngine({
    inspect: () => Promise.resolve(ENDED),
    info: () =>
      Promise.resolve({
        version: '26',
        cgroupDriver: '',
        defaultRuntime: '',
        runtimes: [],
        rootless: false,
        liveRestore: true,
      }),
    events: () => {
      const next = later.shift()
      return next === undefined ? Promise.reject(GONE) : Promise.resolve(eventsOf(...next))
    },
    ...told,
  })
  const end = supervise({
    container: {id: 'c0ffee', tty: false},
    name: 'web',
    pid: process.pid,
    ownStart: true,
    events: events ?? eventsOf(...first),
    engine,
    pipeline: new Pipeline(members, stop.signal, new Releases(), log),
    notifier: {
      send: (...said) => {
        note(said.join(' '))
        return Promise.resolve()
      },
    },
    stop,
    log,
    unit: undefined,
    sigProxy: true,
  })
  return {end, happened, lines}
}

const RUNNING: Inspected = {...ENDED, state: 'running', pid: process.pid}
const AGAIN: Inspected = {...ENDED, state: 'running', pid: process.ppid}
const inTurn = (...found: readonly (Inspected | undefined)[]): Engine['inspect'] => {
  const left = [...found]
  return () => Promise.resolve(left.length > 1 ? left.shift() : left[0])
}

describe('an end', () => {
  test('by itself has the status of its event', async () => {
    await expect(supervision([[['start'], ['die', {exitCode: '3'}]]]).end).resolves.toEqual({code: 3})
  })

  test('for want of memory is told from other deaths of SIGKILL', async () => {
    const {end} = supervision([[['start'], ['oom'], ['die', {exitCode: '137'}]]])
    await expect(end).resolves.toEqual({code: 137, why: 'out-of-memory'})
    const found = {...ENDED, outOfMemory: true}
    const {end: other} = supervision([[['start'], ['die', {exitCode: '137'}]]], {inspect: inTurn(found)})
    await expect(other).resolves.toEqual({code: 137, why: 'out-of-memory'})
    await expect(supervision([[['start'], ['die', {exitCode: '137'}]]]).end).resolves.toEqual({code: 137})
  })

  test('of a signal that somebody had the Engine send says so', async () => {
    const {end} = supervision([[['start'], ['kill', {signal: '15'}], ['die', {exitCode: '143'}], ['destroy']]])
    await expect(end).resolves.toMatchObject({code: 143})
  })

  test("that comes with the Engine's is no clean one, whatever its status", async () => {
    const {end} = supervision([[['start'], ['kill', {signal: '15'}], ['die', {exitCode: '0'}]]])
    await expect(end).resolves.toEqual({code: 125, why: 'engine-gone'})
  })

  test('that comes with it is no clean one either where another Engine answers before its events are cut off', async () => {
    let answered: () => void = () => undefined
    const another = new Promise<void>((resolve) => (answered = resolve))
    const inspect: Engine['inspect'] = () => {
      answered()
      return Promise.resolve(ENDED)
    }
    const events = (async function* () {
      yield* eventsOf(['start'], ['kill', {signal: '15'}], ['die', {exitCode: '0'}])
      await another
    })()
    await expect(supervision([], {inspect}, events).end).resolves.toEqual({code: 125, why: 'engine-gone'})
  })
})

describe('a container that somebody has started again', () => {
  test('is followed into its next life, of which what was before says nothing', async () => {
    const {end, happened} = supervision(
      [[['start'], ['kill', {signal: '15'}], ['die', {exitCode: '143'}], ['start'], ['die', {exitCode: '143'}]]],
      {inspect: inTurn(AGAIN, ENDED)},
    )
    await expect(end).resolves.toEqual({code: 143})
    expect(happened).toEqual([`restarted ${String(process.ppid)} 4000`, 'STATUS=container web running'])
  })

  test('by the Engine itself is waited for', async () => {
    const {end, happened} = supervision([[['start'], ['die', {exitCode: '1'}], ['start'], ['die', {exitCode: '2'}]]], {
      inspect: inTurn({...ENDED, state: 'restarting'}, AGAIN, ENDED),
    })
    await expect(end).resolves.toEqual({code: 2})
    expect(happened).toContain(`restarted ${String(process.ppid)} 4000`)
  })
})

test('what somebody does with the container is in the status', async () => {
  const {end, happened} = supervision([
    [['start'], ['pause'], ['unpause'], ['rename', {name: 'shop'}], ['die', {exitCode: '0'}]],
  ])
  await end
  expect(happened).toEqual(
    ['paused', 'running'].map((word) => `STATUS=container web ${word}`).concat('STATUS=container shop running'),
  )
})

describe('an Engine that goes away', () => {
  test('and comes back finds the container followed as before', async () => {
    const {end, happened} = supervision([[['start']], [['die', {exitCode: '3'}]]], {inspect: inTurn(RUNNING, ENDED)})
    await expect(end).resolves.toEqual({code: 3})
    expect(happened).toEqual([
      'STATUS=container web running, the Engine is away',
      'reconnected',
      'STATUS=container web running',
    ])
  })

  test('and comes back with another life of the container has its plugins told', async () => {
    const {end, happened} = supervision([[['start']], [['die', {exitCode: '3'}]]], {
      inspect: inTurn({...AGAIN, finishedAt: 5000}, ENDED),
    })
    await expect(end).resolves.toEqual({code: 3})
    expect(happened).toContain(`restarted ${String(process.ppid)} 5000`)
  })

  test('knows how the container ended meanwhile', async () => {
    await expect(supervision([[['start']], []]).end).resolves.toEqual({code: 7})
  })

  test('and removed the container, or took it along, leaves a failure', async () => {
    const removed = supervision([[['start']], []], {inspect: inTurn(undefined)})
    await expect(removed.end).resolves.toEqual({code: 125, why: 'engine-gone'})
    const noLiveRestore = {version: '', cgroupDriver: '', defaultRuntime: '', runtimes: [], rootless: false}
    const taken = supervision([[['start']], []], {
      inspect: inTurn({...ENDED, exitCode: 0}),
      info: () => Promise.resolve(noLiveRestore),
    })
    await expect(taken.end).resolves.toEqual({code: 125, why: 'engine-gone'})
  })
})
