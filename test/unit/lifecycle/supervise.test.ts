import {describe, expect, onTestFinished, test, vi} from 'vitest'
import type {ContainerEvent, Engine, ContainerInspection, Watch} from '../../../src/docker/engine.js'
import {EngineRefusedError, EngineUnreachableError} from '../../../src/errors.js'
import {Pipeline} from '../../../src/pipeline/pipeline.js'
import {CleanupStack} from '../../../src/pipeline/cleanup.js'
import {ProcessSignals} from '../../../src/lifecycle/signals.js'
import {HURRY_AFTER_MS, SEQUEL_MS} from '../../../src/limits.js'
import {runningSince} from '../../../src/lifecycle/status.js'
import {supervise, type SuperviseInput} from '../../../src/lifecycle/supervise.js'
import type {HostProcess} from '../../../src/kernel/process.js'
import type {UnitName} from '../../../src/systemd/unit.js'
import type {SignalName} from '../../../src/kernel/signal-names.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {engineInfo} from '../../support/engine/engine-info.js'
import {eventsOf} from '../../support/engine/events.js'
import {inspection} from '../../support/engine/inspection.js'
import {recordingLog} from '../../../src/testing/recording-log.js'
import {useFakeHost} from '../../support/fake-host.js'

/** What the Engine tells of: `code` is what a life has ended with then. */
type Told = readonly [
  string,
  {
    readonly code?: number
    readonly signal?: number
    readonly name?: string
    readonly at?: number
    readonly health?: 'healthy' | 'unhealthy'
  }?,
]

const GONE = new EngineUnreachableError('unix:///x', new Error('hung up'))
const ENDED = inspection({id: 'c0ffee', exitCode: 7, startedAt: 1000, finishedAt: 5000})

/**
 * The Engine's events, each list until it goes away; what it says of the container's last end when it is asked is what
 * they have come to.
 */
class Telling {
  code: number | undefined
  #end: (code: number) => void = () => undefined
  exitCode = new Promise<number>((resolve) => (this.#end = resolve))

  async *events(...told: readonly Told[]): AsyncGenerator<ContainerEvent> {
    const events = told.map(([action, more]) => ({action, at: 4000, ...more}))
    for await (const {code, ...event} of eventsOf<ContainerEvent & {readonly code?: number}>(...events)) {
      if (code !== undefined) this.ends(code)
      yield event
    }
  }

  ends(code: number): void {
    this.code = code
    this.#end(code)
  }

  watch(): Promise<Watch> {
    this.exitCode = new Promise<number>((resolve) => (this.#end = resolve))
    return Promise.resolve({exitCode: this.exitCode})
  }
}

/** The supervision of a container about which the events are told, each list until the Engine goes away. */
function supervision(
  lists: readonly (readonly Told[])[],
  told: Partial<Engine> = {},
  events?: (telling: Telling) => AsyncIterable<ContainerEvent>,
  watch?: Watch,
  init: HostProcess | null = HERE,
  unit?: UnitName,
  more: Partial<SuperviseInput> = {},
) {
  const telling = new Telling()
  const happened: string[] = []
  const note = (line: string): undefined => void happened.push(line)
  const [first = [], ...later] = lists
  const {log, lines} = recordingLog()
  const stop = new ProcessSignals()
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
  const {inspect = () => Promise.resolve(ENDED), ...others} = told
  const engine = fakeEngine({
    inspect: async (...words) => {
      const found = await inspect(...words)
      return found?.pid === 0 ? {...found, exitCode: telling.code ?? found.exitCode} : found
    },
    watch: () => telling.watch(),
    info: () => Promise.resolve(engineInfo({liveRestore: true})),
    events: () => {
      const next = later.shift()
      return next === undefined ? Promise.reject(GONE) : Promise.resolve(telling.events(...next))
    },
    ...others,
  })
  const end = supervise({
    container: {id: 'c0ffee', tty: false},
    name: 'web',
    init: init ?? undefined,
    startedAt: 1000,
    startTook: 0,
    ownStart: true,
    events: events?.(telling) ?? telling.events(...first),
    watch: watch ?? {exitCode: telling.exitCode},
    findInit: ({pid}) => Promise.resolve({...HERE, pid}),
    engine,
    pipeline: new Pipeline(members, stop.signal, new CleanupStack(), log),
    notifier: {
      send: (...said) => {
        note(said.join(' '))
        return Promise.resolve()
      },
    },
    stop,
    log,
    unit,
    unitAround: undefined,
    killSignals: unit === undefined ? [] : ['SIGQUIT'],
    sigProxy: true,
    isDelegated: false,
    isWatched: false,
    health: undefined,
    whenUnhealthy: 'log',
    keepAlive: undefined,
    reloadExec: undefined,
    ...more,
  })
  return {end, happened, lines, stop}
}

const HERE: HostProcess = {pid: process.pid, isThere: () => Promise.resolve(true), signal: () => Promise.resolve()}
const RUNNING: ContainerInspection = {...ENDED, state: 'running', pid: process.pid}
const AGAIN: ContainerInspection = {...ENDED, state: 'running', pid: process.ppid}
const inTurn = (...found: readonly (ContainerInspection | undefined)[]): Engine['inspect'] => {
  const left = [...found]
  return () => Promise.resolve(left.length > 1 ? left.shift() : left[0])
}

describe('an end', () => {
  test('an end by itself has the status of its event', async () => {
    await expect(supervision([[['start'], ['die', {code: 3}]]]).end).resolves.toEqual({code: 3})
  })

  test('an end for want of memory is told from other deaths of SIGKILL', async () => {
    const {end} = supervision([[['start'], ['oom'], ['die', {code: 137}]]])
    await expect(end).resolves.toEqual({code: 137, why: 'out-of-memory'})
    const found = {...ENDED, outOfMemory: true}
    const {end: other} = supervision([[['start'], ['die', {code: 137}]]], {inspect: inTurn(found)})
    await expect(other).resolves.toEqual({code: 137, why: 'out-of-memory'})
    await expect(supervision([[['start'], ['die', {code: 137}]]]).end).resolves.toEqual({code: 137})
  })

  test('an end of a signal that somebody had the Engine send says so', async () => {
    const {end} = supervision([[['start'], ['kill', {signal: 15}], ['die', {code: 143}], ['destroy']]])
    await expect(end).resolves.toMatchObject({code: 143})
  })

  test("an end that comes with the Engine's is no clean one, whatever its status", async () => {
    const {end} = supervision([[['start'], ['kill', {signal: 15}], ['die', {code: 0}]]])
    await expect(end).resolves.toEqual({code: 125, why: 'engine-gone'})
  })

  test("an end that comes with the Engine's is no clean one either where another Engine answers before its events are cut off", async () => {
    let answered: () => void = () => undefined
    const another = new Promise<void>((resolve) => (answered = resolve))
    const inspect: Engine['inspect'] = () => {
      answered()
      return Promise.resolve(ENDED)
    }
    const events = async function* (telling: Telling) {
      yield* telling.events(['start'], ['kill', {signal: 15}], ['die', {code: 0}])
      await another
    }
    await expect(supervision([], {inspect}, events).end).resolves.toEqual({code: 125, why: 'engine-gone'})
  })
})

describe('a container that somebody has started again', () => {
  test('a container that somebody has started again is followed into its next life, of which what was before says nothing', async () => {
    const {end, happened} = supervision(
      [[['start'], ['kill', {signal: 15}], ['die', {code: 143}], ['start'], ['die', {code: 143}]]],
      {inspect: inTurn(AGAIN, ENDED)},
    )
    await expect(end).resolves.toEqual({code: 143})
    expect(happened).toEqual([
      `restarted ${String(process.ppid)} 4000`,
      `STATUS=container web ${runningSince(AGAIN.startedAt)}`,
    ])
  })

  test('a host that took long to start a container is given as long when somebody has it started again', async () => {
    const slowly = async function* (): AsyncGenerator<ContainerEvent> {
      yield {action: 'start', at: 0}
      yield {action: 'kill', signal: 9, at: 2000}
      yield {action: 'die', at: 3000}
      await new Promise((resolve) => setTimeout(resolve, SEQUEL_MS * 1.2))
      yield {action: 'start', at: 4000}
      yield {action: 'die', at: 5000}
    }
    const engine = {inspect: inTurn(AGAIN, ENDED)}
    const more = {startTook: SEQUEL_MS}
    const {end, happened} = supervision([], engine, slowly, undefined, HERE, undefined, more)
    await end
    expect(happened[0]).toBe(`restarted ${String(process.ppid)} 3000`)
  })

  test('a container that the Engine itself starts again is waited for', async () => {
    const {end, happened} = supervision([[['start'], ['die', {code: 1}], ['start'], ['die', {code: 2}]]], {
      inspect: inTurn({...ENDED, state: 'restarting'}, AGAIN, ENDED),
    })
    await expect(end).resolves.toEqual({code: 2})
    expect(happened).toContain(`restarted ${String(process.ppid)} 4000`)
  })
})

test('what somebody does with the container is in the status', async () => {
  const {end, happened} = supervision([
    [['start'], ['pause'], ['unpause'], ['rename', {name: 'shop'}], ['die', {code: 0}]],
  ])
  await end
  expect(happened).toEqual(
    ['web paused', `web ${runningSince(1000)}`, `shop ${runningSince(1000)}`].map(
      (words) => `STATUS=container ${words}`,
    ),
  )
})

describe('an Engine that goes away', () => {
  test('a container is followed as before when its Engine goes away and comes back', async () => {
    const {end, happened} = supervision([[['start']], [['die', {code: 3}]]], {inspect: inTurn(RUNNING, ENDED)})
    await expect(end).resolves.toEqual({code: 3})
    expect(happened).toEqual([
      `STATUS=container web ${runningSince(1000)}, the Engine is away`,
      'reconnected',
      `STATUS=container web ${runningSince(1000)}`,
    ])
  })

  test('plugins are told of another life of the container when its Engine goes away and comes back', async () => {
    const {end, happened} = supervision([[['start']], [['die', {code: 3}]]], {
      inspect: inTurn({...AGAIN, finishedAt: 5000}, ENDED),
    })
    await expect(end).resolves.toEqual({code: 3})
    expect(happened).toContain(`restarted ${String(process.ppid)} 5000`)
  })

  test('an Engine that goes away knows how the container ended meanwhile', async () => {
    await expect(supervision([[['start']], []]).end).resolves.toEqual({code: 7})
  })

  test('an Engine that goes away and removes the container, or takes it along, leaves a failure', async () => {
    const removed = supervision([[['start']], []], {inspect: inTurn(undefined)})
    await expect(removed.end).resolves.toEqual({code: 125, why: 'engine-gone'})
    const taken = supervision([[['start']], []], {
      inspect: inTurn({...ENDED, exitCode: 0}),
      info: () => Promise.resolve(engineInfo()),
    })
    await expect(taken.end).resolves.toEqual({code: 125, why: 'engine-gone'})
  })
})

describe('an Engine that takes the container along', () => {
  const KILLED_AT_ITS_END: readonly Told[] = [['kill', {signal: 9}], ['die']]
  const told = {
    inspect: () => Promise.resolve({...ENDED, exitCode: 137}),
    info: () => Promise.resolve(engineInfo({liveRestore: false})),
  }

  test('an Engine that ends before it gives the exit status has the next Engine asked for it', async () => {
    const unanswered = {exitCode: Promise.reject(GONE)}
    const {end} = supervision([KILLED_AT_ITS_END, []], told, undefined, unanswered)
    await expect(end).resolves.toEqual({code: 137, why: 'engine-gone'})
  })

  test('an Engine that gives the exit status long after its events have ended is heard', async () => {
    const late = {exitCode: new Promise<number>((resolve) => setTimeout(resolve, 300, 137))}
    const {end} = supervision([KILLED_AT_ITS_END], {inspect: () => Promise.reject(GONE)}, undefined, late)
    await expect(end).resolves.toEqual({code: 137, why: 'engine-gone'})
  })
})

describe('events in any order, twice, or late', () => {
  const permutations = <T>(list: readonly T[]): T[][] =>
    list.length < 2
      ? [[...list]]
      : list.flatMap((one, at) => permutations(list.toSpliced(at, 1)).map((others) => [one, ...others]))

  const ended: readonly Told[] = [['start'], ['kill', {signal: 15}], ['die'], ['oom'], ['unpause']]
  test('events in any order, twice, or late come to the same end', async () => {
    const outcomes = await Promise.all(
      permutations([...ended, ['die']] as const).map(async (told) => {
        const {end} = supervision([], {}, async function* (telling) {
          telling.ends(143)
          yield* telling.events(...told)
          await new Promise(() => undefined)
        })
        const {code, why} = await end
        return `${told.map(([action]) => action).join(', ')}: ${String(code)} ${String(why)}`
      }),
    )
    expect(outcomes).toHaveLength(720)
    expect(outcomes.filter((line) => !line.endsWith(': 143 somebody'))).toEqual([])
  })

  test('events of the life before are of no account to the present one', async () => {
    let looks = 0
    const {end, happened} = supervision(
      [],
      {inspect: () => Promise.resolve(looks++ < 3 ? {...AGAIN, startedAt: 4500} : ENDED)},
      async function* (telling) {
        yield* telling.events(['start'], ['kill', {signal: 9}], ['start', {at: 4500}], ['die', {at: 4400}])
        yield* telling.events(['kill', {signal: 9, at: 4400}], ['oom', {at: 4400}], ['start', {at: 4500}])
        yield* telling.events(['die', {at: 5000, code: 137}])
        await new Promise(() => undefined)
      },
    )
    await expect(end).resolves.toEqual({code: 137})
    expect(happened.filter((line) => line.startsWith('restarted'))).toHaveLength(1)
  })
})

describe('an Engine that is slow', () => {
  test('an Engine that is slow over one question is waited for, and what it said before stands', async () => {
    let answer: (found: ContainerInspection | undefined) => void = () => undefined
    const asked = new Promise<void>((resolve) => {
      answer = () => resolve()
    })
    const {end} = supervision(
      [],
      {
        inspect: async () => {
          await asked
          return undefined
        },
      },
      async function* (telling) {
        yield* telling.events(['start'], ['die', {code: 0}])
        await new Promise(() => undefined)
      },
    )
    const outcome = vi.fn()
    void end.then(outcome)
    vi.useFakeTimers()
    await vi.advanceTimersByTimeAsync(60_000)
    vi.useRealTimers()
    expect(outcome).not.toHaveBeenCalled()
    answer(undefined)
    await expect(end).resolves.toEqual({code: 0})
  })

  test.each([
    ['refuses to say', new EngineRefusedError('look up the container', 500, 'stuck', undefined)],
    ['goes away', GONE],
  ])('an Engine that %s more of a container that has ended does not take its status back', async (_, error) => {
    const {end} = supervision([[['start'], ['die', {code: 0}]]], {inspect: () => Promise.reject(error)})
    await expect(end).resolves.toEqual({code: 0})
  })
})

test('a container that is gone, and of whose end nobody was told, is a failure in words', async () => {
  const {end} = supervision(
    [],
    {inspect: () => Promise.resolve(undefined)},
    async function* (telling) {
      yield* telling.events(['start'], ['die'])
      await new Promise(() => undefined)
    },
    {exitCode: Promise.reject(GONE)},
  )
  await expect(end).resolves.toEqual({code: 125, why: 'unknown'})
})

test('a container whose PID is not of this host is not taken for one that was started again', async () => {
  const {end, happened} = supervision(
    [[['start']], [['die', {code: 3}]]],
    {inspect: inTurn(RUNNING, ENDED)},
    undefined,
    undefined,
    null,
  )
  await expect(end).resolves.toEqual({code: 3})
  expect(happened).toContain('reconnected')
})

test('an outage leaves no stream open of the tries that failed, and none at the end', async () => {
  const open = new Set<AbortSignal>()
  const most: number[] = []
  const noted = (signal: AbortSignal): void => {
    open.add(signal)
    signal.addEventListener('abort', () => open.delete(signal))
  }
  let tries = 0
  const {end} = supervision([[['start']]], {
    events: (_, __, signal) => {
      noted(signal)
      return Promise.resolve(new Telling().events())
    },
    watch: (_, __, signal) => {
      noted(signal)
      return Promise.resolve({exitCode: new Promise<number>(() => undefined)})
    },
    inspect: () => {
      most.push(open.size)
      return ++tries < 4 ? Promise.reject(GONE) : Promise.resolve(ENDED)
    },
  })
  await expect(end).resolves.toEqual({code: 7})
  expect(most).toEqual([1, 1, 1, 1])
  expect(open.size).toBe(0)
})

test('a container that was started again before an outage has no stream open at its end', async () => {
  const opened: AbortSignal[] = []
  const {end} = supervision([[['start'], ['kill', {signal: 15}], ['die', {code: 143}], ['start']], [['die']]], {
    inspect: inTurn(AGAIN, AGAIN, ENDED),
    watch: (_, __, signal) => {
      opened.push(signal)
      return Promise.resolve({exitCode: new Promise<number>(() => undefined)})
    },
  })
  await end
  expect(opened.map(({aborted}) => aborted)).toEqual([true, true])
})

test('a stop that comes at once has the init to fall back on, where the Engine hangs', async () => {
  const signals: SignalName[] = []
  const init: HostProcess = {
    ...HERE,
    isThere: () => Promise.resolve(signals.length === 0),
    signal: (name) => Promise.resolve(void signals.push(name)),
  }
  const {end, stop} = supervision(
    [],
    {inspect: () => Promise.reject(GONE)},
    async function* () {
      await new Promise(() => undefined)
      yield* new Telling().events()
    },
    undefined,
    init,
  )
  stop.take('SIGTERM')
  await expect(end).resolves.toEqual({code: 143, why: 'without-engine'})
  expect(signals).toEqual(['SIGTERM'])
})

describe('a stop of the unit', () => {
  const host = useFakeHost()
  const WEB: UnitName = {name: 'web.service', manager: 'system'}
  /** A container that never ends by itself, and what the Engine is asked for. */
  const endless = () => {
    const asked: string[] = []
    const told: Partial<Engine> = {
      inspect: () => Promise.resolve({...RUNNING, stopSignal: ''}),
      ping: () => Promise.resolve(),
      stop: () => {
        asked.push('stop')
        return new Promise(() => undefined)
      },
      kill: (_, name) => Promise.resolve(void asked.push(`kill ${name}`)),
      watch: () => Promise.resolve({exitCode: new Promise<number>(() => undefined)}),
    }
    return {asked, told}
  }
  const running = async function* (): AsyncGenerator<ContainerEvent> {
    await new Promise(() => undefined)
    yield {action: 'start', at: 0}
  }

  test('an end that a command of the unit has caused is that of a stop, and says what it was', async () => {
    await host.systemctlAnswers('ActiveState=deactivating\nSubState=stop')
    const told: readonly Told[] = [['start'], ['kill', {signal: 9}], ['die', {code: 137}]]
    const killed = supervision([told], {}, undefined, undefined, HERE, WEB)
    await expect(killed.end).resolves.toEqual({code: 137, why: 'somebody'})
    expect(killed.stop.asked).toBe('SIGTERM')
    const signalled = supervision([[['start'], ['die', {code: 143}]]], {}, undefined, undefined, HERE, WEB)
    await expect(signalled.end).resolves.toEqual({code: 143})
    expect(signalled.stop.asked).toBe('SIGTERM')
  })

  test('an end in a unit that nobody stops is not that of a stop', async () => {
    await host.systemctlAnswers('ActiveState=active\nSubState=running')
    const {end, stop} = supervision([[['start'], ['die', {code: 143}]]], {}, undefined, undefined, HERE, WEB)
    await expect(end).resolves.toEqual({code: 143})
    expect(stop.asked).toBeUndefined()
  })

  test('a signal by which systemd stops the unit is a stop, and any other is forwarded', async () => {
    await host.systemctlAnswers('SubState=stop-sigterm\nKillMode=mixed\nKillSignal=3')
    const {asked, told} = endless()
    const {stop} = supervision([], told, running, undefined, HERE, WEB)
    stop.take('SIGHUP')
    await vi.waitFor(() => {
      expect(asked).toEqual(['kill SIGHUP'])
    })
    expect(stop.asked).toBeUndefined()
    stop.take('SIGQUIT')
    await vi.waitFor(() => {
      expect(asked).toEqual(['kill SIGHUP', 'kill SIGQUIT'])
    })
    expect(stop.asked).toBe('SIGQUIT')
  })

  test('a stop is hurried by SIGINT, and not by one more SIGTERM', async () => {
    const {asked, told} = endless()
    const {stop, lines} = supervision([], told, running)
    stop.take('SIGTERM')
    stop.take('SIGTERM')
    await vi.waitFor(() => {
      expect(asked).toEqual(['stop'])
    })
    stop.take('SIGTERM')
    stop.take('SIGINT')
    await vi.waitFor(() => {
      expect(asked).toEqual(['stop', 'kill SIGKILL'])
    })
    expect(lines).toEqual(['info: asked to stop again: the container is killed'])
  })
})

describe('the health of a container', () => {
  const host = useFakeHost()
  const UNIT: UnitName = {name: 'web.service', manager: 'system'}
  const SICK: ContainerInspection = {
    ...RUNNING,
    health: {status: 'unhealthy', last: {exitCode: 1, output: 'no answer'}},
  }
  const WELL: ContainerInspection = {...RUNNING, health: {status: 'healthy'}}
  const turnsSick: Told = ['health_status', {health: 'unhealthy'}]
  /** An Engine whose container runs on until it is stopped, which it heeds. */
  function stoppable(inspect: Engine['inspect']) {
    let end: (code: number) => void = () => undefined
    const exitCode = new Promise<number>((resolve) => (end = resolve))
    const asked: string[] = []
    const told: Partial<Engine> = {
      inspect,
      stop: () => {
        asked.push('stop')
        end(143)
        return Promise.resolve()
      },
    }
    const events = async function* (...lists: readonly Told[]): AsyncGenerator<ContainerEvent> {
      for (const [action, more] of lists) yield {action, at: 4000, ...more}
      await exitCode
      yield {action: 'die', at: 5000}
    }
    return {asked, told, events, watch: {exitCode}}
  }
  const statuses = (happened: readonly string[]): string[] => happened.filter((line) => line.startsWith('STATUS='))

  test('the status text says what the health check has come to, also after a pause', async () => {
    const {end, happened, lines} = supervision(
      [[['start'], ['health_status', {health: 'healthy'}], turnsSick, ['pause'], ['unpause'], ['die', {code: 0}]]],
      {inspect: inTurn(SICK, ENDED)},
    )
    await end
    const running = (words: string): string => `STATUS=container web ${runningSince(1000)}${words}`
    expect(statuses(happened)).toEqual([
      running(', healthy'),
      running(', unhealthy: no answer'),
      'STATUS=container web paused',
      running(', unhealthy: no answer'),
    ])
    expect(lines).toEqual(['warn: container web is unhealthy: no answer'])
  })

  test('a container that is started again begins anew, and one whose Engine was away is asked for', async () => {
    const starting: ContainerInspection = {...AGAIN, health: {status: 'starting'}}
    const {end, happened, lines} = supervision(
      [[['start'], ['kill', {signal: 15}], ['die', {code: 0}], ['start', {at: 6000}]], [['die', {code: 0}]]],
      {inspect: inTurn(starting, {...AGAIN, health: SICK.health}, ENDED)},
      undefined,
      undefined,
      HERE,
      undefined,
      {health: WELL.health},
    )
    await end
    expect(statuses(happened)).toEqual([
      `STATUS=container web ${runningSince(1000)}, health: starting`,
      `STATUS=container web ${runningSince(1000)}, health: starting, the Engine is away`,
      `STATUS=container web ${runningSince(1000)}, unhealthy: no answer`,
    ])
    expect(lines).toContain('warn: container web is unhealthy: no answer')
  })

  test('--unhealthy=stop stops the container, and its end is a failure although it ended as it was asked to', async () => {
    const {asked, told, events, watch} = stoppable(() => Promise.resolve(SICK))
    const following = supervision([], told, () => events(['start'], turnsSick, turnsSick), watch, HERE, undefined, {
      whenUnhealthy: 'stop',
    })
    told.inspect = inTurn(SICK)
    await expect(following.end).resolves.toEqual({code: 143, why: 'unhealthy'})
    expect(asked).toEqual(['stop'])
    expect(following.stop.asked).toBeUndefined()
    expect(following.happened).toContain('STOPPING=1 STATUS=container web stopping')
  })

  test('a container that is unhealthy already when it is taken over is no better', async () => {
    const {told, events, watch} = stoppable(() => Promise.resolve(SICK))
    const {end} = supervision([], told, () => events(), watch, HERE, undefined, {
      health: SICK.health,
      whenUnhealthy: 'stop',
    })
    await expect(end).resolves.toEqual({code: 143, why: 'unhealthy'})
  })

  test("the unit's watchdog is triggered once systemd has the status, and its signal stops the container", async () => {
    await host.systemctlAnswers('SubState=stop-watchdog\nWatchdogSignal=6\nTimeoutStopUSec=20s\nTimeoutAbortUSec=20s')
    const {asked, told, events, watch} = stoppable(() => Promise.resolve(SICK))
    const {end, happened, stop} = supervision([], told, () => events(['start'], turnsSick), watch, HERE, UNIT, {
      whenUnhealthy: 'watchdog',
    })
    await vi.waitFor(() => {
      expect(happened).toEqual([`STATUS=container web ${runningSince(1000)}, unhealthy: no answer`, 'WATCHDOG=trigger'])
    })
    expect(asked).toEqual([])
    stop.take('SIGABRT')
    await expect(end).resolves.toEqual({code: 143, why: 'unhealthy'})
    expect(asked).toEqual(['stop'])
  })

  test('a container that answers the watchdog itself, and misses it, is stopped by the signal of systemd', async () => {
    await host.systemctlAnswers('SubState=stop-watchdog\nWatchdogSignal=6\nTimeoutStopUSec=20s\nTimeoutAbortUSec=20s')
    const {asked, told, events, watch} = stoppable(() => Promise.resolve(RUNNING))
    const {end, happened, stop} = supervision([], told, () => events(['start']), watch, HERE, UNIT, {
      isDelegated: true,
      isWatched: true,
    })
    const heard = vi.spyOn(stop, 'hearToo')
    await vi.waitFor(() => {
      expect(heard).toHaveBeenCalledWith('SIGABRT')
    })
    stop.take('SIGABRT')
    await expect(end).resolves.toEqual({code: 143, why: 'unhealthy'})
    expect(asked).toEqual(['stop'])
    expect(happened).not.toContain('WATCHDOG=trigger')
  })

  test('a container that is found unhealthy in the middle of a stop has the rest of its time', async () => {
    const asked: string[] = []
    let begun: () => void = () => undefined
    const isStopping = new Promise<void>((resolve) => (begun = resolve))
    const {end, stop} = supervision(
      [[], [['die', {code: 143}]]],
      {
        inspect: inTurn(SICK, SICK, ENDED),
        stop: () => {
          asked.push('stop')
          // Late enough for one more signal to hurry the stop.
          const now = performance.now.bind(performance)
          const later = vi.spyOn(performance, 'now').mockImplementation(() => now() + HURRY_AFTER_MS)
          onTestFinished(() => {
            later.mockRestore()
          })
          begun()
          return new Promise(() => undefined)
        },
        kill: (_, name) => Promise.resolve(void asked.push(`kill ${name}`)),
      },
      async function* () {
        yield {action: 'start', at: 4000}
        await isStopping
      },
      undefined,
      HERE,
      undefined,
      {whenUnhealthy: 'stop'},
    )
    stop.take('SIGTERM')
    await expect(end).resolves.toEqual({code: 143})
    expect(asked).toEqual(['stop'])
  })

  test('a check that fails in a stop changes nothing', async () => {
    const {told} = stoppable(() => Promise.resolve(RUNNING))
    let stopping: () => void = () => undefined
    const isStopping = new Promise<void>((resolve) => (stopping = resolve))
    const {end, happened, lines, stop} = supervision(
      [],
      {
        ...told,
        stop: () => {
          stopping()
          return Promise.resolve()
        },
      },
      async function* (telling) {
        yield {action: 'start', at: 4000}
        await isStopping
        yield {action: 'health_status', at: 4000, health: 'unhealthy'}
        telling.ends(143)
        yield {action: 'die', at: 5000}
      },
      undefined,
      HERE,
      undefined,
      {whenUnhealthy: 'stop'},
    )
    stop.take('SIGTERM')
    await end
    expect(statuses(happened)).toEqual([])
    expect(lines).toEqual([])
  })
})
