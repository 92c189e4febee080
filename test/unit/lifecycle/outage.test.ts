import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import type {ContainerInspection, Engine} from '../../../src/docker/engine.js'
import {EngineRefusedError, EngineUnreachableError, StoppedError} from '../../../src/errors.js'
import {lookUpUnlessAway, sitOut} from '../../../src/lifecycle/outage.js'
import {OUTAGE_AFTER_END_MS, OUTAGE_ANSWER_MS, OUTAGE_RETRY_MOST_MS} from '../../../src/limits.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {engineInfo} from '../../support/engine/engine-info.js'
import {inspection} from '../../support/engine/inspection.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

const AWAY = new EngineUnreachableError('unix:///x', new Error('ENOENT'))
const REFUSED = new EngineRefusedError('look up the container', 503, 'starting', undefined)
const RUNNING = inspection({state: 'running', pid: 7})
const ENDED = inspection({exitCode: 7})
const NOTHING = {
  async *[Symbol.asyncIterator]() {
    await new Promise(() => undefined)
    yield* []
  },
}

interface Settings {
  readonly engine?: Partial<Engine>
  readonly isRunning?: () => boolean
  readonly isStopping?: boolean
  readonly signal?: AbortSignal
}

/** An outage after which the Engine has the container so; what came of it, when, and the streams that are open. */
function outage(
  found: (tries: number) => ContainerInspection | Error | undefined,
  {engine = {}, isRunning = () => true, isStopping = false, signal = new AbortController().signal}: Settings = {},
) {
  const open = new Set<AbortSignal>()
  const noted = (stream: AbortSignal): void => {
    open.add(stream)
    stream.addEventListener('abort', () => open.delete(stream))
  }
  let tries = 0
  const begun = performance.now()
  const outcome = sitOut({
    engine: fakeEngine({
      events: (_, __, stream) => {
        noted(stream)
        return Promise.resolve(NOTHING)
      },
      watch: (_, __, stream) => {
        noted(stream)
        return Promise.resolve({exitCode: new Promise<number>(() => undefined)})
      },
      inspect: () => {
        const answer = found(++tries)
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
      },
      ends: () => Promise.resolve([]),
      info: () => Promise.resolve(engineInfo({liveRestore: true})),
      ...engine,
    }),
    id: 'c0ffee',
    isRunning: () => Promise.resolve(isRunning()),
    isStopping: () => isStopping,
    signal,
  })
  const timed = outcome.then((what) => ({what, after: performance.now() - begun}))
  timed.catch(() => undefined)
  return {timed, open, tries: () => tries}
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('an outage', () => {
  test('an outage is over when the Engine answers, and what the container is followed with is open', async () => {
    const {timed, open} = outage(() => RUNNING)
    await vi.advanceTimersByTimeAsync(100)
    const {what} = await timed
    expect(what).toMatchObject({kind: 'back', found: RUNNING, events: NOTHING})
    expect(open.size).toBe(1)
    if (what.kind === 'back') what.streams.abort()
    expect(open.size).toBe(0)
  })

  test('an outage is over for a container that Docker is about to start again', async () => {
    const {timed} = outage(() => inspection({state: 'restarting'}))
    await vi.advanceTimersByTimeAsync(100)
    expect((await timed).what.kind).toBe('back')
  })

  test('an outage is over although the Engine refuses to wait for the end', async () => {
    const {timed} = outage(() => RUNNING, {engine: {watch: () => Promise.reject(REFUSED)}})
    await vi.advanceTimersByTimeAsync(100)
    expect((await timed).what).toMatchObject({kind: 'back', watch: undefined})
  })

  test('an outage goes on while the Engine is away or refuses, and no stream of a try stays open', async () => {
    const {timed, open, tries} = outage((attempt) => (attempt < 4 ? (attempt % 2 === 0 ? REFUSED : AWAY) : RUNNING))
    await vi.advanceTimersByTimeAsync(100 + 200 + 400)
    expect(tries()).toBe(3)
    expect(open.size).toBe(0)
    await vi.advanceTimersByTimeAsync(800)
    expect((await timed).after).toBe(1500)
  })

  test('an outage goes on past an Engine that takes a question and does not answer it', async () => {
    let asked = 0
    const inspect = (): Promise<ContainerInspection> =>
      asked++ === 0 ? new Promise(() => undefined) : Promise.resolve(RUNNING)
    const {timed} = outage(() => undefined, {engine: {inspect}})
    await vi.advanceTimersByTimeAsync(100 + OUTAGE_ANSWER_MS + 200)
    expect((await timed).after).toBe(100 + OUTAGE_ANSWER_MS + 200)
  })

  test('an outage of any length is waited for while the container init runs', async () => {
    const {timed, tries} = outage((attempt) => (attempt < 500 ? AWAY : RUNNING))
    await vi.advanceTimersByTimeAsync(500 * OUTAGE_RETRY_MOST_MS)
    expect(tries()).toBe(500)
    expect((await timed).what.kind).toBe('back')
  })

  test('an outage is given up some time after the container init is gone, and then the Engine counts as gone', async () => {
    let isRunning = true
    const {timed} = outage(() => AWAY, {isRunning: () => isRunning})
    await vi.advanceTimersByTimeAsync(600_000)
    isRunning = false
    await vi.advanceTimersByTimeAsync(OUTAGE_AFTER_END_MS + 2 * OUTAGE_RETRY_MOST_MS)
    const {what, after} = await timed
    expect(what).toEqual({kind: 'ended', found: undefined, engine: 'gone'})
    expect(after).toBeGreaterThan(600_000 + OUTAGE_AFTER_END_MS)
  })

  test('an outage is left when nobody waits for it any more', async () => {
    const over = new AbortController()
    const {timed, tries} = outage(() => AWAY, {signal: over.signal})
    await vi.advanceTimersByTimeAsync(100)
    over.abort(new StoppedError('SIGTERM'))
    await expect(timed).rejects.toBe(over.signal.reason)
    expect(tries()).toBe(1)
  })

  test('an outage that is left while the Engine comes back leaves no stream open', async () => {
    const over = new AbortController()
    const {timed, open} = outage(
      () => {
        over.abort(new StoppedError('SIGTERM'))
        return RUNNING
      },
      {signal: over.signal},
    )
    await vi.advanceTimersByTimeAsync(100)
    await expect(timed).rejects.toBe(over.signal.reason)
    expect(open.size).toBe(0)
  })
})

describe('a container that ended in an outage', () => {
  const end = {id: 'c0ffee', name: 'web', at: 5000, labels: {}, sent: new Set<number>()}
  const noLiveRestore: Partial<Engine> = {info: () => Promise.resolve(engineInfo())}

  test.each<[string, ContainerInspection | undefined, Settings, object]>([
    ['with live-restore has the status that the Engine has', ENDED, {}, {found: ENDED, engine: 'there'}],
    ['without live-restore ended with the Engine', ENDED, {engine: noLiveRestore}, {found: ENDED, engine: 'gone'}],
    ['and was removed ended with the Engine', undefined, {}, {found: undefined, engine: 'gone'}],
    [
      'in a stop has the status that the Engine has, without live-restore as well',
      ENDED,
      {engine: noLiveRestore, isStopping: true},
      {found: ENDED, engine: 'there'},
    ],
    [
      'in a stop and was removed has the status that the Engine remembers last',
      undefined,
      {
        engine: {
          ends: () =>
            Promise.resolve([
              {...end, exitCode: 1},
              {...end, exitCode: 3},
            ]),
        },
        isStopping: true,
      },
      {found: {exitCode: 3, outOfMemory: false}, engine: 'there'},
    ],
    [
      'in a stop and was removed, which the Engine does not remember, ended with the Engine',
      undefined,
      {isStopping: true},
      {found: undefined, engine: 'gone'},
    ],
  ])('a container that ended in an outage %s', async (_, found, settings, outcome) => {
    const {timed, open} = outage(() => found, settings)
    await vi.advanceTimersByTimeAsync(100)
    expect((await timed).what).toEqual({kind: 'ended', ...outcome})
    expect(open.size).toBe(0)
  })
})

describe('a question about the container', () => {
  const never = new Promise<void>(() => undefined)
  /** Asks an Engine; whether it has answered after a minute, and with what. */
  async function asked(inspect: Engine['inspect'], cut = never) {
    const {log, lines} = recordingLog()
    let question: AbortSignal | undefined
    const engine = fakeEngine({
      inspect: (id, signal) => {
        question = signal
        return inspect(id, signal)
      },
    })
    let answer: unknown = 'none yet'
    const looking = lookUpUnlessAway({engine, id: 'c0ffee', cut, log})
    looking.then(
      (found) => (answer = found),
      (error: unknown) => (answer = error),
    )
    await vi.advanceTimersByTimeAsync(60_000)
    return {answer, lines, isOver: question?.aborted}
  }
  const silent = (): Promise<never> => new Promise(() => undefined)

  test('a question about the container has the answer that the Engine gives', async () => {
    expect(await asked(() => Promise.resolve(ENDED))).toEqual({answer: ENDED, lines: [], isOver: true})
  })

  test('a question about the container is waited for as long as the Engine tells events', async () => {
    expect(await asked(silent)).toMatchObject({answer: 'none yet', isOver: false})
  })

  test('a question that the Engine does not answer after its events have ended finds it away', async () => {
    expect(await asked(silent, Promise.resolve())).toEqual({answer: 'away', lines: [], isOver: true})
  })

  test('a question that does not reach the Engine finds it away', async () => {
    expect(await asked(() => Promise.reject(AWAY))).toMatchObject({answer: 'away', lines: []})
  })

  test('a question that the Engine refuses has no answer, which is said', async () => {
    expect(await asked(() => Promise.reject(REFUSED))).toMatchObject({
      answer: undefined,
      lines: [expect.stringContaining('starting')],
    })
  })
})
