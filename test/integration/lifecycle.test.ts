import {existsSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {Readable} from 'node:stream'
import {describe, expect, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import type {RunRequest} from '../../src/docker/run-options/draft.js'
import {emptyCreateRequest, type CreateRequest} from '../../src/docker/create-request.js'
import type {ContainerEvent, Engine, ContainerInspection} from '../../src/docker/engine.js'
import {EngineRefusedError, ImageMissingError, NameTakenError, StoppedError} from '../../src/errors.js'
import {rmReconcile} from '../../src/plugins/rm-reconcile.js'
import {runContainer, type RunOutcome, type RunInput} from '../../src/lifecycle/lifecycle.js'
import {LABELS, hashOf} from '../../src/pipeline/labels.js'
import {Pipeline} from '../../src/pipeline/pipeline.js'
import {asideName} from '../../src/lifecycle/predecessor.js'
import {runningSince} from '../../src/lifecycle/status.js'
import {CleanupStack} from '../../src/pipeline/cleanup.js'
import type {RunHooks} from '../../src/pipeline/contract.js'
import {ProcessSignals} from '../../src/lifecycle/signals.js'
import type {HostProcess} from '../../src/kernel/process.js'
import {fakeEngine} from '../../src/testing/fake-engine.js'
import {eventsOf} from '../support/engine/events.js'
import {inspection} from '../support/engine/inspection.js'
import {useTempDirectory} from '../support/temp-directory.js'

const PATIENCE_MS = 10_000
const ID = 'c0ffee'.repeat(10)
const RUNNING = inspection({
  id: ID,
  state: 'running',
  pid: process.pid,
  startedAt: 1000,
  finishedAt: -1,
  labels: {[LABELS.request]: hashOf(requested())},
})
/** What systemd is told of that container. */
const RUNS = `STATUS=container web ${runningSince(1000)}`
/** What every run here asks for. */
function requested(rm = false): CreateRequest {
  const request = {...emptyCreateRequest('busybox', []), name: 'web'}
  request.body.HostConfig.AutoRemove = rm
  return request
}

/**
 * An Engine's events of a container that starts and ends by itself; what it ended with is found of it, or waited for.
 */
const exitsWith = (code: number) => () =>
  Promise.resolve(eventsOf<Told>({action: 'start', at: 2000}, {action: 'die', at: 2000, code}))

/** An event, and what the container has ended with then. */
type Told = ContainerEvent & {readonly code?: number}

const HERE: HostProcess = {pid: process.pid, isThere: () => Promise.resolve(true), signal: () => Promise.resolve()}
const done = (): Promise<void> => Promise.resolve()

/** A run against an Engine that is told what to do, and all that happened in it, in order. */
function rehearsal(
  told: Partial<Engine>,
  hooks: Partial<RunHooks> = {},
  rm = false,
  order: Partial<RunRequest> = {},
  more: Partial<RunInput> = {},
) {
  const happened: string[] = []
  const answering = fakeEngine(told)
  let over: number | undefined
  let end: (code: number) => void = () => undefined
  const exitCode = new Promise<number>((resolve) => (end = resolve))
  // A container that has ended is found so.
  const truthful: Partial<Engine> = {
    ...told,
    inspect: async (...words) =>
      over === undefined ? await answering.inspect(...words) : {...RUNNING, state: 'exited', pid: 0, exitCode: over},
    events: async (...words) => {
      const told = await answering.events(...words)
      return (async function* () {
        for await (const event of told) {
          if ('code' in event && typeof event.code === 'number') end((over = event.code))
          yield event
        }
      })()
    },
  }
  const noting = Object.fromEntries(
    Object.entries(
      fakeEngine({
        create: () => Promise.resolve(ID),
        start: done,
        rename: done,
        remove: done,
        stop: done,
        watch: () => Promise.resolve({exitCode}),
        ...truthful,
      }),
    ).map(([name, verb]) => [
      name,
      typeof verb === 'function' && !['ping', 'imageLabels', 'imageId'].includes(name)
        ? (...words: unknown[]) => {
            // Here nobody was killed who had set a container aside.
            if (name === 'inspect' && words[0] === asideName('web')) return Promise.resolve(undefined)
            happened.push(name)
            return (verb as (...words: unknown[]) => unknown)(...words)
          }
        : verb,
    ]),
  ) as unknown as Engine
  const note = (line: string): void => void happened.push(line)
  const log = {info: note, warn: note, error: note}
  const stop = new ProcessSignals()
  const cleanup = new CleanupStack()
  cleanup.defer('unwind', () => note('unwound'))
  const request = requested(rm)
  const reconcile =
    rmReconcile.setup(
      {'on-drift': 'adopt'},
      {env: {}, log, engine: noting, unit: undefined, handover: false, stopping: stop.stopping},
    ) ?? {}
  const members = [
    {name: 'test', hooks},
    {name: rmReconcile.name, hooks: reconcile},
  ]
  const notifier = {
    send: (...lines: string[]) => {
      note(lines.join(' '))
      return Promise.resolve()
    },
  }
  const run = (): Promise<RunOutcome> =>
    runContainer({
      runRequest: {request, pull: 'missing', ...order},
      pipeline: new Pipeline(members, stop.signal, cleanup, log),
      cleanup,
      engine: noting,
      openNotifier: () => notifier,
      askDeadline: undefined,
      pull: async ({body}, signal) => {
        await noting.pull(body.Image, {}, signal)[Symbol.asyncIterator]().next()
      },
      log,
      stop,
      unit: undefined,
      handover: false,
      removalPatience: 50,
      findInit: ({pid}) => Promise.resolve({...HERE, pid}),
      ...more,
    })
  return {happened, stop, run}
}

/** Answers the first question for the name with nothing, and every other with a running container. */
function freshName(): Engine['inspect'] {
  let asked = 0
  return () => Promise.resolve(asked++ === 0 ? undefined : RUNNING)
}

describe('a run that goes well', () => {
  test('a run waits for the end before it starts the container, and tells systemd last', async () => {
    const stays: Partial<RunHooks> = {resident: () => 'to see'}
    const onRunning = (): void => void happened.push('it runs')
    const fresh = {inspect: freshName(), events: exitsWith(3)}
    const {happened, run} = rehearsal(fresh, stays, false, {}, {onRunning})
    await expect(run()).resolves.toEqual({kind: 'ended', exit: {code: 3}})
    expect(happened).toEqual([
      'apiVersion',
      'inspect',
      'create',
      'events',
      'watch',
      'start',
      'it runs',
      'inspect',
      `READY=1 ${RUNS}`,
      'inspect',
      'STATUS=container web ended with status 3',
      'unwound',
    ])
  })

  test('a container that is there is followed before a plugin prepares its start', async () => {
    const fresh = {inspect: freshName(), events: exitsWith(0)}
    const {happened, run} = rehearsal(fresh, {start: () => void happened.push('prepared')})
    await run()
    expect(happened.slice(2, 7)).toEqual(['create', 'events', 'watch', 'prepared', 'start'])
  })

  test('what opens the way to systemd waits until the start is asked for', async () => {
    let isAsked = false
    const start = async (): Promise<void> => {
      await new Promise(setImmediate)
      isAsked = true
    }
    const openNotifier = (): never => {
      throw new Error(isAsked ? 'opened behind it' : 'opened before it')
    }
    const fresh = {inspect: freshName(), events: exitsWith(0), start}
    await expect(rehearsal(fresh, {}, false, {}, {openNotifier}).run()).rejects.toThrow('opened behind it')
  })

  test('a run tells systemd what the health check has come to, and what asks for one that is not there', async () => {
    const healthy: Engine['inspect'] = () => Promise.resolve({...RUNNING, health: {status: 'healthy'}})
    const stays: Partial<RunHooks> = {resident: () => 'to see'}
    const {happened, run} = rehearsal({inspect: healthy, events: exitsWith(0)}, stays, false, {}, {unhealthy: 'stop'})
    await run()
    expect(happened.join('\n')).toMatch(/READY=1 STATUS=container web running.*, healthy$/m)
    const handedOver = rehearsal({inspect: healthy, events: exitsWith(0)})
    await handedOver.run()
    expect(handedOver.happened.join('\n')).toMatch(/READY=1 STATUS=container web running since [\d:]+$/m)
    const without = rehearsal({inspect: freshName(), events: exitsWith(0)}, stays, false, {}, {unhealthy: 'stop'})
    await without.run()
    expect(without.happened).toContain(
      'container web has no health check, so --unhealthy=stop has no effect: set --health-cmd after `run`',
    )
    expect(happened.join('\n')).not.toContain('has no health check')
  })

  test('a run hands the container over when nothing asks to stay, and undoes nothing', async () => {
    const {happened, run} = rehearsal({inspect: freshName(), events: exitsWith(0)})
    await expect(run()).resolves.toEqual({kind: 'handed-over'})
    expect(happened.slice(-1)).toEqual([`MAINPID=${String(process.pid)} READY=1 ${RUNS}`])
  })

  test('a run leaves READY=1 to the container when a plugin has delegated it', async () => {
    const {happened, run} = rehearsal(
      {inspect: freshName(), events: exitsWith(0)},
      {
        ready({afterwards}) {
          afterwards(() => void happened.push('afterwards'))
          return 'delegated'
        },
        resident: () => 'to see',
      },
    )
    await run()
    expect(happened).toContain(RUNS)
    expect(happened[happened.indexOf(RUNS) + 1]).toBe('afterwards')
  })

  test("a run answers the unit's watchdog for a container that says itself that it is ready, and knows of no watchdog", async () => {
    async function* untilAnswered(): AsyncGenerator<Told> {
      yield {action: 'start', at: 2000}
      await until(PATIENCE_MS, () => Promise.resolve(happened.includes('WATCHDOG=1') || undefined))
      yield {action: 'die', at: 2000, code: 0}
    }
    const {happened, run} = rehearsal(
      {inspect: freshName(), events: () => Promise.resolve(untilAnswered())},
      {ready: () => 'delegated', resident: () => 'to see'},
      false,
      {},
      {watchdog: 5},
    )
    await expect(run()).resolves.toEqual({kind: 'ended', exit: {code: 0}})
  })

  test('a run is ended, and not handed over, when the container is over already', async () => {
    const {run} = rehearsal({inspect: () => Promise.resolve(undefined), events: exitsWith(7)})
    await expect(run()).resolves.toEqual({kind: 'ended', exit: {code: 7}})
  })

  test('a run of a container that was taken over tells systemd itself, whoever was to do so', async () => {
    const hooks: Partial<RunHooks> = {ready: () => 'delegated', resident: () => 'to see'}
    const {happened, run} = rehearsal({inspect: () => Promise.resolve(RUNNING), events: exitsWith(0)}, hooks)
    await run()
    expect(happened).toContain(`READY=1 ${RUNS}`)
  })

  test('a run calls no hook that needs a PID when the container is over before it has been asked for', async () => {
    const called: string[] = []
    const note = (name: string) => (): undefined => void called.push(name)
    const hooks = {started: note('started'), ready: note('ready'), exited: note('exited'), resident: () => 'to see'}
    const {happened, run} = rehearsal({inspect: () => Promise.resolve(undefined), events: exitsWith(0)}, hooks)
    await expect(run()).resolves.toEqual({kind: 'ended', exit: {code: 0}})
    expect(called).toEqual(['exited'])
    expect(happened).toContain('READY=1 STATUS=container web running')
  })
})

describe("an Engine whose PIDs are not this host's", () => {
  const elsewhere = {findInit: () => Promise.resolve('elsewhere' as const)}

  test("an Engine whose PIDs are not this host's has its container supervised, and no PID of it used, with one line that says why", async () => {
    const called: string[] = []
    const note = (name: string) => (): undefined => void called.push(name)
    const {happened, run} = rehearsal(
      {inspect: freshName(), events: exitsWith(3)},
      {started: note('started'), ready: note('ready'), exited: note('exited')},
      false,
      {},
      elsewhere,
    )
    await expect(run()).resolves.toEqual({kind: 'ended', exit: {code: 3}})
    expect(called).toEqual(['ready', 'exited'])
    expect(happened).toContain(`READY=1 ${RUNS}`)
    expect(happened.filter((line) => line.includes("are not this host's"))).toHaveLength(1)
  })

  test.each([
    ['--handover', {handover: true}],
    ['--pid-file', {pidOptions: ['--pid-file']}],
  ])("an Engine whose PIDs are not this host's is no place for %s, and nothing is left", async (option, run) => {
    const refused = rehearsal({inspect: freshName(), events: exitsWith(0)}, {}, false, {}, {...elsewhere, ...run})
    await expect(refused.run()).rejects.toMatchObject({
      code: 'ENGINE_ELSEWHERE',
      message: expect.stringContaining(`${option} cannot be used`) as unknown,
    })
    expect(refused.happened.slice(-2)).toEqual(['remove', 'unwound'])
  })

  test("an Engine is known not to be this host's by a PID that is none here, while the container runs on", async () => {
    const gone = {findInit: () => Promise.resolve('gone' as const)}
    const {happened, run} = rehearsal({inspect: freshName(), events: exitsWith(0)}, {}, false, {}, gone)
    await run()
    expect(happened.some((line) => line.includes("are not this host's"))).toBe(true)
  })
})

describe('a name that is taken', () => {
  test("a name that only matches the start of another container's id is free", async () => {
    let asked = 0
    const stranger: ContainerInspection = {...RUNNING, name: 'stranger'}
    const {happened, run} = rehearsal({
      inspect: () => Promise.resolve(asked++ === 0 ? stranger : RUNNING),
      events: exitsWith(0),
    })
    await run()
    expect(happened.slice(1, 6)).toEqual(['inspect', 'create', 'events', 'watch', 'start'])
  })

  const removing: ContainerInspection = {...RUNNING, state: 'removing', pid: 0}

  test('a name of a container that is being removed is waited for', async () => {
    let asked = 0
    const {happened, run} = rehearsal({
      inspect: () => Promise.resolve(asked++ === 0 ? removing : RUNNING),
      events: exitsWith(0),
    })
    await run()
    expect(happened.slice(1, 4)).toEqual(['inspect', 'remove', 'create'])
  })

  test('a name of a container whose removal takes too long fails the run, and nothing is made', async () => {
    const remove: Engine['remove'] = (_id, _volumes, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new DOMException('gave up', 'AbortError'))
        })
      })
    const {happened, run} = rehearsal({inspect: () => Promise.resolve(removing), remove})
    await expect(run()).rejects.toThrow(
      new NameTakenError('web', 'its container is being removed, and still is after 0.05 seconds'),
    )
    expect(happened).toEqual(['apiVersion', 'inspect', 'remove', 'unwound'])
  })

  test('a name that is taken between the question and the creation fails the run with the words of the Engine', async () => {
    const conflict = new EngineRefusedError(
      'create the container',
      409,
      'the name is in use by container 1234',
      undefined,
    )
    const {run} = rehearsal({inspect: () => Promise.resolve(undefined), create: () => Promise.reject(conflict)})
    await expect(run()).rejects.toThrow(/^the container name web is taken: .*1234/)
  })

  test.each([
    ['running', false, ['inspect', 'events', 'watch', 'inspect']],
    ['exited', false, ['inspect', 'events', 'watch', 'start', 'inspect']],
    ['exited', true, ['inspect', 'rename', 'create', 'events', 'watch', 'start', 'inspect', 'remove']],
    ['dead', true, ['inspect', 'remove', 'create', 'events', 'watch', 'start', 'inspect']],
  ] as const)('a name of a container that is %s, with --rm=%s, is dealt with by %j', async (state, rm, verbs) => {
    let looks = 0
    const found: ContainerInspection = {...RUNNING, state}
    const {happened, run} = rehearsal(
      {inspect: () => Promise.resolve(looks++ === 0 ? found : RUNNING), events: exitsWith(0)},
      {},
      rm,
    )
    await run()
    const asked = happened.filter((line) => /^[a-z]+$/.test(line))
    expect(asked.slice(0, verbs.length)).toEqual(verbs)
  })
})

describe('an image that is not there', () => {
  const noSuchImage = new EngineRefusedError('create the container', 404, 'No such image: busybox:latest', undefined)

  test('an image that is not there is pulled once, and then the container is created', async () => {
    let pulled = false
    const {happened, run} = rehearsal({
      inspect: freshName(),
      events: exitsWith(0),
      create: () => (pulled ? Promise.resolve(ID) : Promise.reject(noSuchImage)),
      pull: () => {
        pulled = true
        return Readable.from([])
      },
    })
    await run()
    expect(happened.slice(1, 5)).toEqual(['inspect', 'create', 'pull', 'create'])
  })

  test.each([
    'No such image: busybox:latest',
    'image with reference busybox:latest was found but does not match the specified platform: wanted linux/arm64, actual: linux/amd64',
    'image with reference busybox:latest was found but does not provide the specified platform (linux/arm64)',
    'words of an Engine to come',
  ])('an image that is not there is pulled whatever the Engine calls that: %s', async (words) => {
    let pulled = false
    const {run} = rehearsal({
      inspect: freshName(),
      events: exitsWith(0),
      create: () =>
        pulled
          ? Promise.resolve(ID)
          : Promise.reject(new EngineRefusedError('create the container', 404, words, undefined)),
      pull: () => {
        pulled = true
        return Readable.from([])
      },
    })
    await run()
    expect(pulled).toBe(true)
  })

  test('an Engine that finds no container does not lack an image', async () => {
    const words = 'No such container: other'
    const refused = new EngineRefusedError('create the container', 404, words, undefined)
    const {happened, run} = rehearsal({inspect: freshName(), create: () => Promise.reject(refused)})
    await expect(run()).rejects.toBe(refused)
    expect(happened).not.toContain('pull')
  })

  test("an image that is missing still after it was pulled is the Engine's failure, and is not pulled again", async () => {
    const {happened, run} = rehearsal({
      inspect: freshName(),
      create: () => Promise.reject(noSuchImage),
      pull: () => Readable.from([]),
    })
    await expect(run()).rejects.toBe(noSuchImage)
    expect(happened.filter((verb) => verb === 'pull')).toHaveLength(1)
    expect(new ImageMissingError('busybox').exitStatus).toBe(125)
  })
})

const failing = (phase: keyof RunHooks): Partial<RunHooks> => ({
  [phase]: () => Promise.reject(new Error(`no ${phase}`)),
})

describe('a run that fails', () => {
  test.each(['start', 'started', 'ready'] as const)(
    'a run that fails in %s removes the container that it made, and then undoes the rest',
    async (phase) => {
      const {happened, run} = rehearsal({inspect: freshName(), events: exitsWith(0)}, failing(phase))
      await expect(run()).rejects.toThrow(`test (${phase}): no ${phase}`)
      expect(happened.slice(-2)).toEqual(['remove', 'unwound'])
      expect(happened.join()).not.toContain('READY')
    },
  )

  test('a run that fails leaves a container running that it took over, and stops one that it started again', async () => {
    const adopted = rehearsal({inspect: () => Promise.resolve(RUNNING), events: exitsWith(0)}, failing('started'))
    await expect(adopted.run()).rejects.toThrow()
    expect(adopted.happened.slice(-2)).toEqual(['inspect', 'unwound'])

    let asked = 0
    const inspect = (): Promise<ContainerInspection> =>
      Promise.resolve(asked++ === 0 ? {...RUNNING, state: 'exited'} : RUNNING)
    const restarted = rehearsal({inspect, events: exitsWith(0)}, failing('started'))
    await expect(restarted.run()).rejects.toThrow()
    expect(restarted.happened.slice(-2)).toEqual(['stop', 'unwound'])
  })

  test('a run that fails and cannot remove its container says which is left, and throws what failed first', async () => {
    const refused = new EngineRefusedError('remove the container', 500, 'device busy', undefined)
    const {happened, run} = rehearsal(
      {inspect: freshName(), events: exitsWith(0), remove: () => Promise.reject(refused)},
      failing('started'),
    )
    await expect(run()).rejects.toThrow('test (started): no started')
    expect(happened).toContain(
      'container c0ffeec0ffee is left behind: the Engine failed to remove the container: device busy (HTTP 500)',
    )
    expect(happened.at(-1)).toBe('unwound')
  })

  test('a run that is stopped while the Engine creates the container removes that too', async () => {
    const {happened, stop, run} = rehearsal({
      inspect: freshName(),
      events: exitsWith(0),
      create: () => {
        stop.take('SIGTERM')
        return Promise.resolve(ID)
      },
    })
    await expect(run()).rejects.toThrow(new StoppedError('SIGTERM').message)
    expect(happened.slice(-2)).toEqual(['remove', 'unwound'])
  })
})

describe('a running container that a new one replaces', () => {
  const replace: Partial<RunHooks> = {reconcile: () => 'replace'}
  const verbs = (happened: string[]): string[] => happened.filter((line) => /^[a-z]+$/.test(line))
  const events = exitsWith(0)
  const inspect = (): Promise<ContainerInspection> => Promise.resolve(RUNNING)

  test('the container that is replaced runs until the new one is about to start, and goes when that is ready', async () => {
    const {happened, run} = rehearsal({inspect, events}, replace)
    await run()
    expect(verbs(happened)).toEqual([
      'inspect',
      'rename',
      'create',
      'events',
      'watch',
      'stop',
      'start',
      'inspect',
      'remove',
    ])
    expect(happened.at(-1)).toMatch(/READY=1/)
  })

  test.each<[string, Partial<Engine>, Partial<RunHooks>, string[]]>([
    [
      'cannot be made',
      {create: () => Promise.reject(new EngineRefusedError('create', 400, 'bad', undefined))},
      {},
      ['inspect', 'rename', 'create', 'rename', 'unwound'],
    ],
    [
      'cannot be prepared for its start',
      {},
      failing('start'),
      ['inspect', 'rename', 'create', 'events', 'watch', 'remove', 'rename', 'unwound'],
    ],
    [
      'cannot be started',
      {start: (id) => (id === ID ? Promise.reject(new EngineRefusedError('start', 500, 'bad', undefined)) : done())},
      {},
      ['inspect', 'rename', 'create', 'events', 'watch', 'stop', 'start', 'remove', 'start', 'rename', 'unwound'],
    ],
    [
      'does not get ready',
      {},
      failing('ready'),
      [
        'inspect',
        'rename',
        'create',
        'events',
        'watch',
        'stop',
        'start',
        'inspect',
        'remove',
        'start',
        'rename',
        'unwound',
      ],
    ],
  ])('the container that is to be replaced is as it was when the new one %s', async (_, told, hooks, expected) => {
    const old: Engine['inspect'] = (name) => Promise.resolve(name === 'web' ? {...RUNNING, id: 'old'} : RUNNING)
    const {happened, run} = rehearsal({inspect: old, events, ...told}, {...replace, ...hooks})
    await expect(run()).rejects.toThrow()
    expect(verbs(happened)).toEqual(expected)
  })
})

describe('a stop that is asked for', () => {
  test("a stop while the container runs becomes the Engine's stop, and the end is waited for", async () => {
    let end: (code: number) => void = () => undefined
    const code = new Promise<number>((resolve) => (end = resolve))
    const events = async function* (): AsyncGenerator<Told> {
      yield {action: 'die', at: 2000, code: await code}
    }
    const {happened, stop, run} = rehearsal(
      {
        inspect: freshName(),
        events: () => Promise.resolve(events()),
        stop: () => {
          end(143)
          return Promise.resolve()
        },
        kill: done,
      },
      {
        resident: () => 'to see',
        ready: () => {
          setImmediate(() => {
            stop.take('SIGHUP')
            stop.take('SIGTERM')
          })
          return undefined
        },
      },
    )
    await expect(run()).resolves.toEqual({kind: 'ended', exit: {code: 143}})
    expect(happened.filter((verb) => verb === 'kill' || verb === 'stop')).toEqual(['kill', 'stop'])
    expect(happened).toContain('STOPPING=1 STATUS=container web stopping')
  })
})

describe('a line that this Engine is too old for', () => {
  const needs = [{option: '--annotation', api: '1.43'}]
  const apiVersion = (): Promise<string> => Promise.resolve('1.41')

  test('a line that this Engine is too old for is refused before anything is made', async () => {
    const {happened, run} = rehearsal({inspect: () => Promise.resolve(undefined), apiVersion}, {}, false, {needs})
    await expect(run()).rejects.toMatchObject({code: 'ENGINE_TOO_OLD'})
    expect(happened).toEqual(['apiVersion', 'inspect', 'apiVersion', 'unwound'])
  })

  test('a line that this Engine is too old for is refused before the container that it would replace is removed', async () => {
    const stopped: ContainerInspection = {...RUNNING, state: 'exited', pid: 0}
    const {happened, run} = rehearsal({inspect: () => Promise.resolve(stopped), apiVersion}, {}, true, {needs})
    await expect(run()).rejects.toMatchObject({code: 'ENGINE_TOO_OLD'})
    expect(happened).not.toContain('remove')
  })
})

describe('--cidfile', () => {
  const inTemp = useTempDirectory()
  const file = (): Partial<RunRequest> => ({cidFile: inTemp('web.cid')})

  test('the file of --cidfile is there while the container runs, and stays', async () => {
    const {run} = rehearsal({inspect: freshName(), events: exitsWith(0)}, {resident: () => 'to see'}, false, file())
    await run()
    await expect(readFile(inTemp('web.cid'), 'utf8')).resolves.toBe(ID)
  })

  test.each<[string, Partial<Engine>]>([
    ['made', {create: () => Promise.reject(new EngineRefusedError('create', 400, 'bad', undefined))}],
    ['started', {start: () => Promise.reject(new EngineRefusedError('start', 500, 'bad', undefined))}],
  ])('the file of --cidfile is gone when the container could not be %s', async (_, told) => {
    const inspect = (): Promise<undefined> => Promise.resolve(undefined)
    const {run} = rehearsal({inspect, events: exitsWith(0), ...told}, {}, false, file())
    await expect(run()).rejects.toMatchObject({code: 'ENGINE_REFUSED'})
    expect(existsSync(inTemp('web.cid'))).toBe(false)
  })
})

test('a container that could not be put on all its networks is removed', async () => {
  const request = emptyCreateRequest('busybox', [])
  request.body.HostConfig.NetworkMode = 'front'
  request.body.NetworkingConfig = {EndpointsConfig: {front: {}, back: {}}}
  const {happened, run} = rehearsal(
    {
      apiVersion: () => Promise.resolve('1.43'),
      connect: () => Promise.reject(new EngineRefusedError('connect', 404, 'network back not found', undefined)),
    },
    {},
    false,
    {request},
  )
  await expect(run()).rejects.toThrow('network back not found')
  expect(happened).toEqual(['apiVersion', 'create', 'connect', 'remove', 'unwound'])
})
