import {describe, expect, test} from 'vitest'
import type {Engine, ContainerInspection} from '../../../src/docker/engine.js'
import {
  gracePeriod,
  stopMoments,
  stopContainer,
  type ContainerProcesses,
} from '../../../src/lifecycle/stop-container.js'
import {EngineRefusedError, EngineUnreachableError} from '../../../src/errors.js'
import {NO_DEADLINE, type Deadline} from '../../../src/systemd/deadline.js'
import type {UnitStop} from '../../../src/systemd/unit-stop.js'
import type {HostProcess} from '../../../src/kernel/process.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {inspection} from '../../support/engine/inspection.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

const RUNNING = inspection({id: 'c0ffee', state: 'running', pid: 1, finishedAt: -1, stopSignal: 'SIGQUIT'})
/** A unit with so many milliseconds to stop from now on, on a host that is not busy. */
const unitOf = (limit: number) => (): Promise<Deadline> => {
  const at = performance.now() + limit
  return Promise.resolve({at, limit, leave: at - Math.min(limit / 4, 500)})
}
const silent = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })

/** Stops a container, and says what was asked of the Engine and which signals its init got from us. */
async function stopped(
  told: Partial<Engine>,
  {
    found = {},
    asked = 'SIGTERM',
    askDeadline,
    unit = {},
    processes = {isInUnit: true, count: 1},
    endsOf = 'SIGTERM',
    endsAfter = 0,
    isGone = false,
  }: StopSettings = {},
) {
  const requests: string[] = []
  const sent: string[] = []
  const {log, lines} = recordingLog()
  let end = isGone ? -Infinity : Infinity
  const hears = (name: string): void => {
    if (name === endsOf) end = Math.min(end, performance.now() + endsAfter)
  }
  const process: HostProcess = {
    pid: 1,
    isThere: () => Promise.resolve(performance.now() < end),
    signal: (name) => {
      sent.push(name)
      hears(name)
      return Promise.resolve()
    },
  }
  const engine = fakeEngine({
    inspect: () => Promise.resolve({...RUNNING, ...found}),
    stop: (_, __, seconds) => Promise.resolve(void requests.push(`stop ${String(seconds)}`)),
    kill: (_, name) => {
      requests.push(`kill ${name}`)
      hears(name)
      return Promise.resolve()
    },
    ...told,
  })
  const send = () => Promise.resolve()
  const {done} = stopContainer({
    id: 'c0ffee',
    name: 'web',
    asked,
    engine,
    notifier: {send},
    askUnit: async () => (askDeadline === undefined ? 'none' : unitThat(await askDeadline(), unit)),
    lookAtProcesses: () => Promise.resolve(processes),
    over: new AbortController().signal,
    log,
    process: () => process,
  })
  return {code: await done, requests, sent, lines}
}

interface StopSettings {
  readonly found?: Partial<ContainerInspection>
  readonly asked?: NodeJS.Signals
  readonly askDeadline?: () => Promise<Deadline | undefined>
  /** What else systemd says of the unit. */
  readonly unit?: Partial<UnitStop>
  readonly processes?: ContainerProcesses
  /** The signal that the init ends of. */
  readonly endsOf?: NodeJS.Signals
  /** How many milliseconds later. */
  readonly endsAfter?: number
  /** Whether it has ended by itself. */
  readonly isGone?: boolean
}

/** What systemd says of a unit with this deadline; nothing where it does not tell even that. */
function unitThat(deadline: Deadline | undefined, more: Partial<UnitStop>): UnitStop | undefined {
  if (deadline === undefined) return undefined
  const since = performance.now()
  return {deadline, subState: 'stop-sigterm', since, killMode: 'mixed', mainPid: 1, killSignals: ['SIGTERM'], ...more}
}

describe('what is left of the stop timeout of a unit', () => {
  test.each([
    [1, 0.375],
    [4, 1],
    [8, 2],
    [90, 3],
  ])('a stop timeout of %s s leaves %s s when the container is killed', (limit, left) => {
    const at = limit * 1000
    const {kill, giveUp} = stopMoments({at, limit: at, leave: at - Math.min(at / 4, 500)})
    expect(at - kill).toBe(left * 1000)
    expect(giveUp).toBeGreaterThan(kill)
    expect(giveUp).toBeLessThan(at)
  })

  test('the rest of a stop timeout is more on a host that took long to start this program', () => {
    const {kill} = stopMoments({at: 90_000, limit: 90_000, leave: 80_000})
    expect(kill).toBe(75_000)
  })

  test('the rest of a stop timeout that is infinite is for ever', () => {
    expect(stopMoments(NO_DEADLINE)).toEqual({kill: Infinity, giveUp: Infinity})
  })
})

describe('the time that a container has to stop', () => {
  test.each([
    ['its own', 5, 10_000, 5000],
    ['what the unit has, where that is less', 300, 4000, 4000],
    ["the unit's, where it says none", undefined, 4000, 4000],
    ["the Engine's default, where it says none and is in no unit", undefined, undefined, undefined],
    ['its own, outside of any unit', 5, undefined, 5000],
    ['for ever, where it and the unit say so', -1, Infinity, Infinity],
    ["the unit's, where it would have for ever", -1, 4000, 4000],
    ['none, where none is left', 5, -3, 0],
  ])('the time that a container has to stop is %s', (_, own, left, grace) => {
    expect(gracePeriod(own, left)).toBe(grace)
  })
})

describe('a stop', () => {
  test("a stop is the Engine's, for as long as the unit has", async () => {
    expect(await stopped({}, {askDeadline: unitOf(8000)})).toMatchObject({
      code: undefined,
      requests: ['stop 7'],
      sent: [],
      lines: [],
    })
  })

  test("a stop has no limit but the container's own where systemd does not tell the time of the unit, and says so", async () => {
    const askDeadline = () => Promise.resolve(undefined)
    expect(await stopped({}, {askDeadline, found: {stopTimeout: 7}})).toMatchObject({
      requests: ['stop 8'],
      lines: ["warn: systemd does not report the unit's stop timeout: only the container's own timeout applies"],
    })
  })

  test("a stop says so when the unit has less than the container's own timeout", async () => {
    const {requests, lines} = await stopped({}, {askDeadline: unitOf(8000), found: {stopTimeout: 300}})
    expect(requests).toEqual(['stop 7'])
    expect(lines).toEqual([
      expect.stringMatching(/^info: the container gets [56]\.\d s to stop, because TimeoutStopSec= allows no more/),
    ])
  })

  test('a stop has the fraction of a second that a short timeout leaves, and the container is killed after it', async () => {
    let ended: () => void = () => undefined
    const requests: string[] = []
    const told: Partial<Engine> = {
      stop: (_, __, seconds) => {
        requests.push(`stop ${String(seconds)}`)
        return new Promise<void>((resolve) => (ended = resolve))
      },
      kill: (_, name) => {
        requests.push(`kill ${name}`)
        ended()
        return Promise.resolve()
      },
    }
    expect(await stopped(told, {askDeadline: unitOf(1000)})).toMatchObject({code: undefined, sent: []})
    expect(requests).toEqual(['stop 2', 'kill SIGKILL'])
  })

  test('a stop by another signal than SIGTERM sends that one', async () => {
    const watch = () => Promise.resolve({exitCode: Promise.resolve(0)})
    expect(await stopped({watch}, {asked: 'SIGINT'})).toMatchObject({code: undefined, requests: ['kill SIGINT']})
  })

  test('a stop in which systemd has signalled the container only waits for its end, and kills it when its time is over', async () => {
    let ended: (code: number) => void = () => undefined
    const exitCode = new Promise<number>((resolve) => (ended = resolve))
    const requests: string[] = []
    const told: Partial<Engine> = {
      watch: () => Promise.resolve({exitCode}),
      kill: (_, name) => {
        requests.push(`kill ${name}`)
        ended(137)
        return Promise.resolve()
      },
    }
    const settings = {askDeadline: unitOf(1000), unit: {killMode: 'control-group'}, found: {stopSignal: ''}}
    expect(await stopped(told, settings)).toMatchObject({code: undefined, sent: [], lines: []})
    expect(requests).toEqual(['kill SIGKILL'])
  })

  test('a stop in which systemd has signalled more than an init says how to have only that signalled', async () => {
    const watch = () => Promise.resolve({exitCode: Promise.resolve(0)})
    const settings = {
      askDeadline: unitOf(8000),
      unit: {killMode: 'control-group'},
      processes: {isInUnit: true, count: 4},
    }
    const {requests, lines} = await stopped({watch}, settings)
    expect(requests).toEqual(['stop 7'])
    expect(lines).toEqual([
      expect.stringMatching(/^info: systemd has sent SIGTERM to all 4 processes of the container.*KillMode=mixed/),
    ])
  })

  test('a stop of a container that has ended meanwhile, and is removed, is over', async () => {
    const gone = new EngineRefusedError('wait for the container', 404, 'No such container', undefined)
    const settings = {askDeadline: unitOf(8000), unit: {killMode: 'control-group'}, found: {stopSignal: ''}}
    expect(await stopped({watch: () => Promise.reject(gone)}, settings)).toMatchObject({
      code: undefined,
      requests: [],
      sent: [],
      lines: [],
    })
  })

  test('a stop that a command of the unit asks for waits for the signal of systemd, and asks systemd again', async () => {
    const states = ['stop', 'stop-sigterm']
    const unit = {
      killMode: 'control-group',
      get subState() {
        return states.shift() ?? ''
      },
    }
    const watch = () => Promise.resolve({exitCode: Promise.resolve(0)})
    const settings = {askDeadline: unitOf(8000), unit, found: {stopSignal: ''}}
    expect(await stopped({watch}, settings)).toMatchObject({code: undefined, requests: [], lines: []})
    expect(states).toEqual([])
  })

  test('a stop without an Engine that answers sends no signal that systemd has sent', async () => {
    const hangs: Partial<Engine> = {
      ping: silent,
      watch: () => new Promise<never>(() => undefined),
      kill: (_, __, signal) => silent(signal),
    }
    const settings = {askDeadline: unitOf(400), unit: {killMode: 'control-group'}, found: {stopSignal: ''}}
    expect(await stopped(hangs, {...settings, endsOf: 'SIGKILL'})).toMatchObject({code: 137, sent: ['SIGKILL']})
  })

  test('a stop that the Engine takes long over is waited for while it answers', async () => {
    let pings = 0
    let found: () => void = () => undefined
    const told: Partial<Engine> = {
      inspect: () =>
        new Promise((resolve) => {
          found = () => {
            resolve({...RUNNING, stopTimeout: 0})
          }
        }),
      ping: () => {
        if (++pings === 3) found()
        return Promise.resolve()
      },
    }
    expect(await stopped(told, {askDeadline: unitOf(8000)})).toMatchObject({
      code: undefined,
      requests: ['stop 1'],
      sent: [],
    })
  })

  test('a stop without an Engine that answers ends the init by its own stop signal', async () => {
    const hangs = {ping: silent, stop: (_: string, signal: AbortSignal) => silent(signal)}
    expect(await stopped(hangs, {askDeadline: unitOf(400), endsOf: 'SIGQUIT'})).toMatchObject({
      code: 131,
      sent: ['SIGQUIT'],
    })
    const deaf = await stopped(
      {...hangs, inspect: (_, signal) => silent(signal)},
      {askDeadline: unitOf(400), endsOf: 'SIGKILL'},
    )
    expect(deaf).toMatchObject({code: 137, sent: ['SIGTERM', 'SIGKILL']})
  })
  test('a stop whose end the Engine has not told when the time is over is that of a container that was killed', async () => {
    const slow: Partial<Engine> = {
      stop: (_, signal) => silent(signal),
      kill: () => Promise.resolve(),
    }
    expect(await stopped(slow, {askDeadline: unitOf(400), endsOf: 'SIGKILL'})).toMatchObject({
      code: 137,
      sent: ['SIGKILL'],
    })
  })

  test('a stop in which the Engine kills the container as its time is over, and then hangs, is that of one that was killed', async () => {
    const hangs = {ping: silent, stop: (_: string, signal: AbortSignal) => silent(signal)}
    const settings = {askDeadline: unitOf(800), found: {stopTimeout: 0}, endsOf: 'SIGKILL'} as const
    expect(await stopped(hangs, settings)).toMatchObject({code: 137, requests: ['kill SIGKILL'], sent: []})
  })

  test('a stop without an Engine that answers gives the init its time anew, as it hears of the stop only then', async () => {
    const hangs: Partial<Engine> = {ping: silent, stop: (_, signal) => silent(signal)}
    const settings = {askDeadline: unitOf(3000), found: {stopTimeout: 1}, endsOf: 'SIGQUIT', endsAfter: 300} as const
    expect(await stopped(hangs, settings)).toMatchObject({code: 131, requests: [], sent: ['SIGQUIT']})
  })

  test('a stop of a container that ends in its time is no kill, however late the Engine tells of the end', async () => {
    const told: Partial<Engine> = {stop: () => new Promise((resolve) => setTimeout(resolve, 200))}
    const settings = {askDeadline: unitOf(8000), found: {stopTimeout: 0}, isGone: true}
    expect(await stopped(told, settings)).toMatchObject({code: undefined, requests: [], sent: []})
    const never: Partial<Engine> = {stop: (_, signal) => silent(signal)}
    expect(await stopped(never, {askDeadline: unitOf(400), isGone: true})).toMatchObject({
      code: 131,
      requests: [],
      sent: [],
    })
  })
})

describe('the seconds that the Engine is told', () => {
  test.each([
    ['are whole, and more than the container has', () => Promise.resolve(inMilliseconds(4100)), undefined, 'stop 5'],
    ['are more than the container has outside of any unit', undefined, 30, 'stop 31'],
    ['are not told outside of any unit, if the container has the default', undefined, undefined, 'stop undefined'],
    ['are -1 for ever, in a unit without a limit', () => Promise.resolve(NO_DEADLINE), undefined, 'stop -1'],
    ['are -1 for ever, outside of any unit as well', undefined, -1, 'stop -1'],
    [
      'are one more than those of the container in a unit without a limit',
      () => Promise.resolve(NO_DEADLINE),
      5,
      'stop 6',
    ],
  ])('the seconds that the Engine is told %s', async (_, askDeadline, stopTimeout, request) => {
    const settings = {found: {stopTimeout}, ...(askDeadline === undefined ? {} : {askDeadline})}
    expect((await stopped({}, settings)).requests).toEqual([request])
  })

  /** A deadline that leaves the container so many milliseconds until it is killed. */
  function inMilliseconds(left: number): Deadline {
    const at = performance.now() + left + 3000
    return {at, limit: 90_000, leave: at - 500}
  }
})

describe('a stop that is hurried', () => {
  /** A stop that the Engine never ends, which is hurried; what was asked of the Engine and of the init, and said. */
  async function hurried(kill: Engine['kill'], hasInit = true) {
    const requests: string[] = []
    const sent: string[] = []
    const {log, lines} = recordingLog()
    const init: HostProcess = {
      pid: 1,
      isThere: () => Promise.resolve(true),
      signal: (name) => Promise.resolve(void sent.push(name)),
    }
    const stopping = stopContainer({
      id: 'c0ffee',
      name: 'web',
      asked: 'SIGTERM',
      engine: fakeEngine({
        inspect: () => new Promise(() => undefined),
        ping: () => Promise.resolve(),
        kill: (id, name, signal) => {
          requests.push(`kill ${name}`)
          return kill(id, name, signal)
        },
      }),
      notifier: {send: () => Promise.resolve()},
      askUnit: () => Promise.resolve('none'),
      lookAtProcesses: () => Promise.resolve({isInUnit: false, count: 0}),
      over: new AbortController().signal,
      log,
      process: () => (hasInit ? init : undefined),
    })
    expect(stopping.isHurried()).toBe(false)
    const outcome = await stopping.hurry().catch((error: unknown) => error)
    expect(stopping.isHurried()).toBe(true)
    return {stopping, outcome, requests, sent, lines}
  }
  const away = () => Promise.reject(new EngineUnreachableError('unix:///x', new Error('ENOENT')))

  test('a hurried stop is a kill by the Engine, once, however often it is hurried', async () => {
    const {stopping, requests, sent, lines} = await hurried(() => Promise.resolve())
    await stopping.hurry()
    expect({requests, sent}).toEqual({requests: ['kill SIGKILL'], sent: []})
    expect(lines).toEqual(['info: asked to stop again: the container is killed'])
  })

  test('a hurried stop is a kill without the Engine if that does not answer', async () => {
    expect(await hurried(away)).toMatchObject({outcome: undefined, sent: ['SIGKILL']})
  })

  test('a hurried stop is a kill without the Engine if that hangs', async () => {
    expect(await hurried((_, __, signal) => silent(signal))).toMatchObject({outcome: undefined, sent: ['SIGKILL']})
  })

  test('a hurried stop fails if the Engine refuses, which knows the container better', async () => {
    const refused = new EngineRefusedError('send SIGKILL to the container', 500, 'stuck', undefined)
    expect(await hurried(() => Promise.reject(refused))).toMatchObject({outcome: refused, sent: []})
  })

  test('a hurried stop fails if the Engine does not answer and the init is not of this host', async () => {
    expect(await hurried(away, false)).toMatchObject({outcome: {code: 'ENGINE_UNREACHABLE'}})
  })
})

test('a stop of an init that does not even end by SIGKILL fails', async () => {
  const hangs: Partial<Engine> = {ping: silent, inspect: (_, signal) => silent(signal)}
  await expect(stopped(hangs, {askDeadline: unitOf(400), endsOf: 'SIGSTOP'})).rejects.toThrow(
    'the init of web, PID 1, does not end',
  )
})
