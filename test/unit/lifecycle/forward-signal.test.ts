import {describe, expect, test, vi} from 'vitest'
import {EngineUnreachableError} from '../../../src/errors.js'
import {SignalForwarder} from '../../../src/lifecycle/forward-signal.js'
import type {UnitName} from '../../../src/systemd/unit.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {useFakeHost} from '../../support/fake-host.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

const UNIT: UnitName = {name: 'web.service', manager: 'system'}
const RELOADS = 'Type=notify-reload\nReloadSignal=SIGUSR2'
const host = useFakeHost()

/** An Engine that has a command run in a container, which takes as long as the test says. */
function reloading(exec: () => Promise<void>): {
  happened: string[]
  forward: (name: NodeJS.Signals, unit?: UnitName) => Promise<void>
  over: AbortController
} {
  const happened: string[] = []
  const note = (what: string): Promise<void> => {
    happened.push(what)
    return Promise.resolve()
  }
  const over = new AbortController()
  const engine = fakeEngine({
    kill: (_, name) => note(`kill ${name}`),
    exec: async (_, words) => {
      await note(`begin ${words.join(' ')}`)
      await exec()
      await note('end')
      return {exitCode: 0, output: ''}
    },
  })
  const send = (...said: readonly string[]): Promise<void> => note(said[0] ?? '')
  const forwarderOf = (unit: UnitName | undefined): SignalForwarder =>
    new SignalForwarder({
      engine,
      id: 'c0ffee',
      unit,
      notifier: {send},
      sigProxy: false,
      reload: {
        words: ['reload'],
        tell: (isReloading) => note(isReloading ? 'reloading' : 'running'),
        over: over.signal,
      },
      log: recordingLog().log,
    })
  const [inUnit, outside] = [forwarderOf(UNIT), forwarderOf(undefined)]
  return {happened, forward: (name, unit) => (unit === undefined ? outside : inUnit).forward(name), over}
}

/** Forwards signals; what happened, in its order, and what was said. */
async function forwarded(
  names: readonly NodeJS.Signals[],
  {unit, sigProxy = true, error}: {unit?: UnitName; sigProxy?: boolean; error?: Error} = {},
): Promise<{happened: string[]; lines: string[]}> {
  const happened: string[] = []
  const {log, lines} = recordingLog()
  const engine = fakeEngine({
    kill: (id, name) => {
      happened.push(`kill ${id} ${name}`)
      return error === undefined ? Promise.resolve() : Promise.reject(error)
    },
  })
  const send = (...said: readonly string[]): Promise<void> =>
    Promise.resolve(void happened.push(said.map((line) => line.replace(/\d{2,}/, 'NOW')).join(' ')))
  const forwarder = new SignalForwarder({engine, id: 'c0ffee', unit, notifier: {send}, sigProxy, log})
  for (const name of names) await forwarder.forward(name)
  return {happened, lines}
}

describe('a signal that is not for this process', () => {
  test('a signal that is not for this process is sent to the container by the Engine', async () => {
    expect(await forwarded(['SIGHUP', 'SIGUSR1'])).toEqual({
      happened: ['kill c0ffee SIGHUP', 'kill c0ffee SIGUSR1'],
      lines: [],
    })
  })

  test('a signal stays with this process if --sig-proxy=false asks for that, which is said', async () => {
    expect(await forwarded(['SIGHUP'], {sigProxy: false})).toEqual({
      happened: [],
      lines: ['info: SIGHUP is not forwarded, because --sig-proxy=false is set'],
    })
  })

  test('a signal that the Engine does not send is a warning', async () => {
    const error = new EngineUnreachableError('unix:///x', new Error('ENOENT'))
    const {lines} = await forwarded(['SIGHUP'], {error})
    expect(lines).toEqual([expect.stringMatching(/^warn: could not forward SIGHUP to the container: /)])
  })

  test('a signal that reloads the unit tells systemd of the beginning and the end, also if it was not sent', async () => {
    await host.systemctlAnswers(RELOADS)
    const reload = ['RELOADING=1 MONOTONIC_USEC=NOW', 'kill c0ffee SIGUSR2', 'READY=1']
    expect((await forwarded(['SIGUSR2'], {unit: UNIT})).happened).toEqual(reload)
    const error = new EngineUnreachableError('unix:///x', new Error('ENOENT'))
    expect((await forwarded(['SIGUSR2'], {unit: UNIT, error})).happened).toEqual(reload)
  })

  test('a signal that does not reload the unit tells systemd nothing, and systemd is asked once', async () => {
    await host.systemctlAnswers(RELOADS)
    expect((await forwarded(['SIGHUP', 'SIGUSR1'], {unit: UNIT})).happened).toEqual([
      'kill c0ffee SIGHUP',
      'kill c0ffee SIGUSR1',
    ])
    expect(await host.systemctlCalls()).toHaveLength(1)
  })
})

describe('a reload by a command', () => {
  const RELOAD = ['reloading', 'begin reload', 'end']
  const atOnce = (): Promise<void> => Promise.resolve()

  test('systemd is told of the reload before the command begins, and after it has ended', async () => {
    await host.systemctlAnswers(RELOADS)
    const {happened, forward} = reloading(atOnce)
    await forward('SIGUSR2', UNIT)
    expect(happened).toEqual(['RELOADING=1', ...RELOAD, 'READY=1', 'running'])
  })

  test('a unit that is reloaded by another signal has SIGHUP forwarded', async () => {
    await host.systemctlAnswers(RELOADS)
    const {happened, forward} = reloading(atOnce)
    await forward('SIGHUP', UNIT)
    expect(happened).toEqual([])
  })

  test.each([
    ['of another type', UNIT],
    ['outside of any unit', undefined],
  ])('SIGHUP to a process %s runs the command, and systemd is told of no reload', async (_, unit) => {
    await host.systemctlAnswers('Type=notify')
    const {happened, forward} = reloading(atOnce)
    await forward('SIGHUP', unit)
    expect(happened).toEqual([...RELOAD, 'running'])
  })

  test('reloads that are asked for while one goes on are one more, after it', async () => {
    const ends: (() => void)[] = []
    const {happened, forward} = reloading(() => new Promise((resolve) => ends.push(resolve)))
    const first = forward('SIGHUP')
    await vi.waitFor(() => {
      expect(ends).toHaveLength(1)
    })
    await Promise.all([forward('SIGHUP'), forward('SIGHUP')])
    ends[0]?.()
    await vi.waitFor(() => {
      expect(ends).toHaveLength(2)
    })
    ends[1]?.()
    await first
    expect(happened).toEqual([...RELOAD, 'running', ...RELOAD, 'running'])
  })

  test('a container that ends meanwhile is not said to be ready', async () => {
    await host.systemctlAnswers(RELOADS)
    const {happened, forward, over} = reloading(() => {
      over.abort()
      return Promise.resolve()
    })
    await forward('SIGUSR2', UNIT)
    expect(happened).not.toContain('READY=1')
  })
})
