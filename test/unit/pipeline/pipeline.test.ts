import {once} from 'node:events'
import {describe, expect, onTestFinished, test, vi} from 'vitest'
import {CommandNotFoundError, PluginError, StoppedError} from '../../../src/errors.js'
import {Pipeline, type Member} from '../../../src/pipeline/pipeline.js'
import {CleanupStack} from '../../../src/pipeline/cleanup.js'
import type {RunHooks} from '../../../src/pipeline/contract.js'
import {plainRequest} from '../../../src/testing/plugin-host.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

const created = {id: '0123456789ab', tty: false}
const started = {...created, pid: 42}
const exit = {code: 7}

function pipelineOf(...members: readonly Member[]): {
  pipeline: Pipeline
  lines: string[]
  cleanup: CleanupStack
  signal: AbortSignal
} {
  const {log, lines} = recordingLog()
  const cleanup = new CleanupStack()
  const {signal} = new AbortController()
  return {pipeline: new Pipeline(members, signal, cleanup, log), lines, cleanup, signal}
}

/** The phases that run one plugin after the other: how a member's part is set, and how the pipeline walks the phase. */
const SERIES: readonly {
  phase: 'resolve' | 'create' | 'start' | 'started'
  walk: (pipeline: Pipeline) => Promise<void>
}[] = [
  {phase: 'resolve', walk: (pipeline) => pipeline.resolve(plainRequest())},
  {phase: 'create', walk: (pipeline) => pipeline.create(plainRequest())},
  {phase: 'start', walk: (pipeline) => pipeline.start(created)},
  {phase: 'started', walk: (pipeline) => pipeline.started(started)},
]

/** The phases that run backwards, each plugin whatever the others did. */
const REVERSED: readonly {phase: 'exited' | 'removed'; walk: (pipeline: Pipeline) => Promise<void>}[] = [
  {phase: 'exited', walk: (pipeline) => pipeline.exited(created, exit)},
  {phase: 'removed', walk: (pipeline) => pipeline.removed(created, exit)},
]

/** A plugin whose hook of a phase notes when it begins and when it ends. */
function noting(name: string, phase: string, calls: string[]): Member {
  const hook = async (): Promise<void> => {
    calls.push(`${name} begins`)
    await Promise.resolve()
    calls.push(`${name} ends`)
  }
  return {name, hooks: {[phase]: hook}}
}

describe.each(SERIES)('$phase', ({phase, walk}) => {
  test("the plugins' hooks are called in order, each when the one before it is done", async () => {
    const calls: string[] = []
    const member = (name: string): Member => noting(name, phase, calls)
    await walk(pipelineOf(member('one'), {name: 'idle', hooks: {}}, member('two')).pipeline)
    expect(calls).toEqual(['one begins', 'one ends', 'two begins', 'two ends'])
  })

  test.each<[string, () => Promise<void>]>([
    [
      'throws',
      () => {
        throw new Error('no\nspace')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no\nspace'))],
  ])('the phase fails with whose and when as a hook %s, and calls no further one', async (_, fail) => {
    let called = false
    const {pipeline} = pipelineOf(
      {name: 'broken', hooks: {[phase]: fail}},
      {
        name: 'next',
        hooks: {
          [phase]: () => {
            called = true
          },
        },
      },
    )
    const walking = walk(pipeline)
    await expect(walking).rejects.toBeInstanceOf(PluginError)
    await expect(walking).rejects.toMatchObject({plugin: 'broken', phase, message: `broken (${phase}): no space`})
    expect(called).toBe(false)
  })

  test('the phase is given up at a stop, which passes as it is, by a hook that heeds it', async () => {
    const stop = new AbortController()
    const wait = (): Promise<never> => once(stop.signal, 'abort').then(() => Promise.reject(new Error('given up')))
    const member = {name: 'waiting', hooks: {[phase]: wait}}
    const pipeline = new Pipeline([member], stop.signal, new CleanupStack(), recordingLog().log)
    const walking = walk(pipeline)
    stop.abort(new StoppedError('SIGTERM'))
    await expect(walking).rejects.toBe(stop.signal.reason)
  })

  test('the phase is over at a stop, which passes as it is, when the hook has finished or undone what it had begun', async () => {
    const stop = new AbortController()
    const done: string[] = []
    let finish = (): void => undefined
    const hook = async (): Promise<void> => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      done.push('the hook')
    }
    const pipeline = new Pipeline(
      [{name: 'busy', hooks: {[phase]: hook}}],
      stop.signal,
      new CleanupStack(),
      recordingLog().log,
    )
    const walking = walk(pipeline).catch((error: unknown) => {
      done.push('the phase')
      return error
    })
    stop.abort(new StoppedError('SIGTERM'))
    await new Promise(setImmediate)
    expect(done).toEqual([])
    finish()
    expect(await walking).toBe(stop.signal.reason)
    expect(done).toEqual(['the hook', 'the phase'])
  })

  test('the phase leaves a hook to itself, and says so, that has not heeded a stop for five seconds', async () => {
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']})
    onTestFinished(() => void vi.useRealTimers())
    const stop = new AbortController()
    const {log, lines} = recordingLog()
    const member = {name: 'deaf', hooks: {[phase]: () => new Promise<never>(() => undefined)}}
    const walking = walk(new Pipeline([member], stop.signal, new CleanupStack(), log)).catch((error: unknown) => error)
    stop.abort(new StoppedError('SIGTERM'))
    await vi.advanceTimersByTimeAsync(4999)
    expect(lines).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(await walking).toBe(stop.signal.reason)
    expect(lines).toEqual([`warn: deaf (${phase}) ignores the stop and is abandoned after 5 seconds`])
  })

  test('the phase keeps the exit status of what went wrong', async () => {
    const error = new CommandNotFoundError('sh', undefined)
    const {pipeline} = pipelineOf({name: 'broken', hooks: {[phase]: () => Promise.reject(error)}})
    await expect(walk(pipeline)).rejects.toMatchObject({exitStatus: 127, cause: error})
  })
})

describe('every hook', () => {
  test('every hook is given the same signal, and defers to the undos of the run', async () => {
    const signals: AbortSignal[] = []
    const labels: string[] = []
    const take =
      (phase: string) =>
      ({signal, defer}: Parameters<RunHooks['start']>[0]): undefined => {
        signals.push(signal)
        defer(phase, () => {
          labels.push(phase)
        })
      }
    const {pipeline, cleanup, signal, lines} = pipelineOf({
      name: 'all',
      hooks: {start: take('start'), ready: take('ready'), exited: take('exited'), removed: take('removed')},
    })
    await pipeline.start(created)
    await pipeline.ready(started)
    await pipeline.exited(created, exit)
    await pipeline.removed(created, exit)
    expect(signals).toEqual([signal, signal, signal, signal])
    await cleanup.unwind((line) => lines.push(line))
    expect(labels).toEqual(['removed', 'exited', 'ready', 'start'])
    expect(lines).toEqual([])
  })

  test('every hook is given what is known in its phase', async () => {
    const known: unknown[] = []
    const request = plainRequest()
    const found = {id: 'old', name: 'web', running: false, madeWithRm: false}
    const {pipeline} = pipelineOf({
      name: 'all',
      hooks: {
        resolve: (context) => void known.push(['resolve', context.request]),
        reconcile: (context) => void known.push(['reconcile', context.request, context.found]),
        create: (context) => void known.push(['create', context.request]),
        start: ({container}) => void known.push(['start', container]),
        started: ({container}) => void known.push(['started', container]),
        ready: ({container}) => void known.push(['ready', container]),
        exited: ({container, exit: end}) => void known.push(['exited', container, end]),
        removed: ({container, exit: end}) => void known.push(['removed', container, end]),
      },
    })
    await pipeline.resolve(request)
    await pipeline.reconcile(request, found)
    await pipeline.create(request)
    await pipeline.start(created)
    await pipeline.started(started)
    await pipeline.ready(started)
    await pipeline.exited(created, exit)
    await pipeline.removed(created, exit)
    expect(known).toEqual([
      ['resolve', request],
      ['reconcile', request, found],
      ['create', request],
      ['start', created],
      ['started', started],
      ['ready', started],
      ['exited', created, exit],
      ['removed', created, exit],
    ])
  })

  test('a hook of resolve sees what the one before it did to the request', async () => {
    const request = plainRequest()
    const add =
      (name: string): RunHooks['resolve'] =>
      ({request: {body}}) =>
        void body.Env.push(`${name}=${String(body.Env.length)}`)
    await pipelineOf(
      {name: 'one', hooks: {resolve: add('ONE')}},
      {name: 'two', hooks: {resolve: add('TWO')}},
    ).pipeline.resolve(request)
    expect(request.body.Env).toEqual(['ONE=0', 'TWO=1'])
  })
})

describe('reconcile', () => {
  const found = {id: 'old', name: 'web', running: true, madeWithRm: false}

  test('the verdict is the first one, and nobody is asked after it', async () => {
    const asked: string[] = []
    const member = (name: string, verdict: 'adopt' | 'replace' | undefined): Member => ({
      name,
      hooks: {
        reconcile: () => {
          asked.push(name)
          return verdict
        },
      },
    })
    const {pipeline} = pipelineOf(
      {name: 'idle', hooks: {}},
      member('shy', undefined),
      member('first', 'replace'),
      member('second', 'adopt'),
    )
    expect(await pipeline.reconcile(plainRequest(), found)).toBe('replace')
    expect(asked).toEqual(['shy', 'first'])
  })

  test('the verdict is none where nobody has an opinion', async () => {
    const {pipeline} = pipelineOf({name: 'idle', hooks: {}}, {name: 'shy', hooks: {reconcile: () => undefined}})
    expect(await pipeline.reconcile(plainRequest(), found)).toBeUndefined()
  })

  test('a verdict that fails says whose and when', async () => {
    const {pipeline} = pipelineOf({name: 'broken', hooks: {reconcile: () => Promise.reject(new Error('no'))}})
    await expect(pipeline.reconcile(plainRequest(), found)).rejects.toMatchObject({
      code: 'PLUGIN',
      message: 'broken (reconcile): no',
    })
  })
})

describe('ready', () => {
  test('all hooks of ready are called at once, and every one is waited for', async () => {
    const calls: string[] = []
    let letGo = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const {pipeline} = pipelineOf(
      {
        name: 'slow',
        hooks: {
          ready: async () => {
            calls.push('slow begins')
            await gate
            calls.push('slow ends')
            return undefined
          },
        },
      },
      {
        name: 'quick',
        hooks: {
          ready: () => {
            calls.push('quick')
            letGo()
            return undefined
          },
        },
      },
    )
    await pipeline.ready(started)
    expect(calls).toEqual(['slow begins', 'quick', 'slow ends'])
  })

  test.each([
    ['delegated where one says so', [undefined, 'delegated', undefined], 'delegated'],
    ['delegated where all say so', ['delegated', 'delegated'], 'delegated'],
    ['ours where nobody says otherwise', [undefined, undefined], undefined],
    ['ours where there is nobody', [], undefined],
  ] as const)('readiness is %s', async (_, answers, who) => {
    const members = answers.map((answer, index) => ({name: `plugin ${String(index)}`, hooks: {ready: () => answer}}))
    expect(await pipelineOf(...members).pipeline.ready(started)).toBe(who)
  })

  test('a hook that waits is told when the wait is over, and all are asked what they wait for', async () => {
    const over = new AbortController()
    const ended = new Error('the container has ended')
    const told: (string | number)[] = []
    const {pipeline} = pipelineOf(
      {name: 'none', hooks: {awaits: () => undefined}},
      {
        name: 'waiting',
        hooks: {
          awaits: () => 'the registry',
          ready: async ({signal, tell, extend}) => {
            tell('no answer yet')
            extend(1000)
            over.abort(ended)
            await once(signal, 'abort').catch(() => undefined)
            signal.throwIfAborted()
          },
        },
      },
    )
    expect(pipeline.awaited()).toEqual(['the registry'])
    const tell = (answer: string): void => void told.push(answer)
    const extend = (milliseconds: number): void => void told.push(milliseconds)
    await expect(pipeline.ready(started, {signal: over.signal, tell, extend})).rejects.toBe(ended)
    expect(told).toEqual(['no answer yet', 1000])
  })

  test('readiness fails with the first in order that failed, once all have settled', async () => {
    const calls: string[] = []
    const {pipeline} = pipelineOf(
      {
        name: 'late',
        hooks: {
          ready: async () => {
            await Promise.resolve()
            throw new Error('late')
          },
        },
      },
      {
        name: 'early',
        hooks: {
          ready: () => {
            throw new Error('early')
          },
        },
      },
      {
        name: 'fine',
        hooks: {
          ready: async () => {
            await Promise.resolve()
            calls.push('fine')
            return undefined
          },
        },
      },
    )
    await expect(pipeline.ready(started)).rejects.toMatchObject({code: 'PLUGIN', message: 'late (ready): late'})
    expect(calls).toEqual(['fine'])
  })
})

describe.each(REVERSED)('$phase', ({phase, walk}) => {
  test('the hooks are called backwards, each when the one before it is done', async () => {
    const calls: string[] = []
    const member = (name: string): Member => noting(name, phase, calls)
    await walk(pipelineOf(member('one'), {name: 'idle', hooks: {}}, member('two')).pipeline)
    expect(calls).toEqual(['two begins', 'two ends', 'one begins', 'one ends'])
  })

  test('the phase makes one warning of a failure and goes on', async () => {
    let called = false
    const {pipeline, lines} = pipelineOf(
      {
        name: 'first',
        hooks: {
          [phase]: () => {
            called = true
          },
        },
      },
      {name: 'rejects', hooks: {[phase]: () => Promise.reject(new Error('it is\ngone'))}},
      {
        name: 'throws',
        hooks: {
          [phase]: () => {
            throw new StoppedError('SIGTERM')
          },
        },
      },
    )
    await walk(pipeline)
    expect(called).toBe(true)
    expect(lines).toEqual([
      `warn: throws (${phase}): stopped by SIGTERM before the container was ready`,
      `warn: rejects (${phase}): it is gone`,
    ])
  })
})

describe('of the plugins', () => {
  test('plugins that want this process to stay say why', () => {
    const {pipeline} = pipelineOf(
      {name: 'idle', hooks: {}},
      {name: 'logs', hooks: {resident: () => 'it forwards'}},
      {name: 'none', hooks: {resident: () => undefined}},
      {name: 'rm', hooks: {resident: () => 'it removes'}},
    )
    expect(pipeline.residentReasons()).toEqual(['logs: it forwards', 'rm: it removes'])
  })

  test('each plugin says what it will do to the host', () => {
    const {pipeline} = pipelineOf(
      {name: 'idle', hooks: {}},
      {name: 'two', hooks: {describe: () => ['this', 'and that']}},
      {name: 'none', hooks: {describe: () => []}},
      {name: 'one', hooks: {describe: () => ['something']}},
    )
    expect(pipeline.describe()).toEqual(['two: this', 'two: and that', 'one: something'])
  })

  test('a run may have no plugins', async () => {
    const {pipeline, lines} = pipelineOf()
    await pipeline.resolve(plainRequest())
    await pipeline.exited(created, exit)
    expect(pipeline.residentReasons()).toEqual([])
    expect(pipeline.describe()).toEqual([])
    expect(lines).toEqual([])
  })
})
