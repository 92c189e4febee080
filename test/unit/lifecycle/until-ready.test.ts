import {Readable} from 'node:stream'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {EngineUnreachableError, StoppedError} from '../../../src/errors.js'
import {untilReady, type ReadyInput} from '../../../src/lifecycle/until-ready.js'
import {CleanupStack} from '../../../src/pipeline/cleanup.js'
import type {RunHooks} from '../../../src/pipeline/contract.js'
import {Pipeline} from '../../../src/pipeline/pipeline.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {recordingLog} from '../../../src/testing/recording-log.js'
import {dockerLog} from '../../support/engine/docker-log.js'
import {inspection} from '../../support/engine/inspection.js'

const container = {id: 'c0ffee', tty: false}

type Ready = RunHooks['ready']

/** A wait for a container, with a plugin that waits so; what systemd and the plugins were told, in order. */
function waiting(ready: Ready, differs: Partial<ReadyInput> = {}, outOfMemory = false, awaits = 'the port') {
  const happened: string[] = []
  const {log, lines} = recordingLog()
  const stop = new AbortController()
  let end: (code: number | Error) => void = () => undefined
  const exitCode = new Promise<number>((resolve, reject) => {
    end = (code) => {
      if (code instanceof Error) reject(code)
      else resolve(code)
    }
  })
  exitCode.catch(() => undefined)
  const hooks: Partial<RunHooks> = {
    awaits: () => (awaits === '' ? undefined : awaits),
    ready,
    exited: ({exit}) => void happened.push(`exited ${JSON.stringify(exit)}`),
  }
  const engine = fakeEngine({
    inspect: () => Promise.resolve(inspection({outOfMemory, exitCode: 4})),
    logs: () => Promise.resolve(Readable.from(dockerLog([{at: 1000, text: 'no database\n'}], {since: 0}))),
  })
  const outcome = untilReady({
    container,
    isRunning: true,
    afterwards: () => undefined,
    init: {pid: 42, isThere: () => Promise.resolve(true), signal: () => Promise.resolve()},
    watch: {exitCode},
    engine,
    pipeline: new Pipeline([{name: 'test', hooks}], stop.signal, new CleanupStack(), log),
    notifier: {send: (...said) => Promise.resolve(void happened.push(said.join(' ')))},
    log,
    signal: stop.signal,
    ...differs,
  })
  return {outcome, happened, end, stop, lines}
}

/** Waits until the wait is over, and fails then as whoever heeds the signal does. */
const patiently: Ready = ({signal}) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })

describe('a container that is waited for', () => {
  test('systemd is told what is waited for, and who says that it is ready', async () => {
    const {outcome, happened} = waiting(() => Promise.resolve('delegated'))
    await expect(outcome).resolves.toBe('delegated')
    expect(happened).toEqual(['STATUS=waiting for the port'])
  })

  test('its end ends the wait at once, with its status and what it said last, of which the plugins hear first', async () => {
    const {outcome, happened, end} = waiting(async (context) => {
      context.tell('ECONNREFUSED, 3rd try')
      return await patiently(context)
    })
    end(3)
    await expect(outcome).rejects.toMatchObject({
      code: 'NOT_READY',
      exitStatus: 3,
      message:
        'the container is not ready: it ended with status 3 while systemd-docker was waiting for the port: ECONNREFUSED, 3rd try; its last output: no database',
    })
    expect(happened.at(-1)).toBe('exited {"code":3}')
  })

  test('one that has ended well is not ready either, and the process ends with 125', async () => {
    const {outcome, end} = waiting(patiently)
    end(0)
    await expect(outcome).rejects.toMatchObject({code: 'NOT_READY', exitStatus: 125})
  })

  test('one that ran out of memory is said to have', async () => {
    const {outcome, end} = waiting(patiently, {}, true)
    end(137)
    await expect(outcome).rejects.toMatchObject({
      exitStatus: 137,
      message: expect.stringContaining('it was killed as it ran out of memory while') as unknown,
    })
  })

  test('one that has ended before anybody could wait is not ready', async () => {
    const {outcome, end} = waiting(() => Promise.reject(new Error('nobody is to be asked')), {isRunning: false})
    end(7)
    await expect(outcome).rejects.toMatchObject({
      code: 'NOT_READY',
      exitStatus: 7,
      message:
        'the container is not ready: it ended with status 7 while systemd-docker was waiting for the port; its last output: no database',
    })
  })

  test('what a plugin fails with while the container runs is its own', async () => {
    const {outcome} = waiting(() => Promise.reject(new Error('no')))
    await expect(outcome).rejects.toMatchObject({code: 'PLUGIN', message: 'test (ready): no'})
  })

  test('a stop ends the wait at once', async () => {
    const {outcome, stop} = waiting(patiently)
    const stopped = new StoppedError('SIGTERM')
    stop.abort(stopped)
    await expect(outcome).rejects.toBe(stopped)
  })

  test('an Engine that goes away ends nothing while the container init is there', async () => {
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']})
    let isThere = true
    const init = {pid: 42, isThere: () => Promise.resolve(isThere), signal: () => Promise.resolve()}
    const {outcome, end} = waiting(patiently, {init})
    const settled = vi.fn()
    outcome.catch(settled)
    end(new EngineUnreachableError('unix:///x', new Error('it is gone')))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(settled).not.toHaveBeenCalled()
    isThere = false
    await vi.advanceTimersByTimeAsync(2000)
    vi.useRealTimers()
    await expect(outcome).rejects.toMatchObject({code: 'NOT_READY', exitStatus: 4})
  })
})

describe('what systemd is told of a wait', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('the newest answer is told, once a second, and the journal says it once', async () => {
    const {happened, stop, outcome, lines} = waiting(async (context) => {
      for (let tries = 1; tries <= 5; tries++) context.tell(`try ${String(tries)}`)
      return await patiently(context)
    })
    outcome.catch(() => undefined)
    expect(happened).toEqual(['STATUS=waiting for the port'])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(happened).toEqual(['STATUS=waiting for the port', 'STATUS=waiting for the port: try 5'])
    expect(lines).toEqual(['info: waiting for the port: try 5'])
    stop.abort(new StoppedError('SIGTERM'))
    await expect(outcome).rejects.toThrow('stopped by SIGTERM')
  })

  test('systemd is asked for more time at once', async () => {
    const {happened, outcome} = waiting(({extend}) => {
      extend(1234.5)
    })
    await outcome
    expect(happened).toContain('EXTEND_TIMEOUT_USEC=1234500')
  })

  test('nothing is told after the wait', async () => {
    const {happened, outcome, lines} = waiting(({tell}) => {
      tell('soon')
    })
    await outcome
    await vi.advanceTimersByTimeAsync(10_000)
    expect(happened).toEqual(['STATUS=waiting for the port'])
    expect(lines).toEqual([])
  })
})

describe('a container that nobody waits for', () => {
  test('one that has ended meanwhile was ready, as far as anybody can tell', async () => {
    const {outcome, happened, end} = waiting(() => undefined, {}, false, '')
    end(3)
    await expect(outcome).resolves.toBeUndefined()
    expect(happened).toEqual([])
    await expect(
      waiting(() => Promise.reject(new Error('nobody is to be asked')), {isRunning: false}, false, '').outcome,
    ).resolves.toBeUndefined()
  })
})
