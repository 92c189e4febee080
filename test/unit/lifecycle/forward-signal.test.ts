import {describe, expect, test} from 'vitest'
import {EngineUnreachableError} from '../../../src/errors.js'
import {SignalForwarder} from '../../../src/lifecycle/forward-signal.js'
import type {UnitName} from '../../../src/systemd/unit.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {useFakeHost} from '../../support/fake-host.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

const UNIT: UnitName = {name: 'web.service', manager: 'system'}
const RELOADS = 'Type=notify-reload\nReloadSignal=SIGUSR2'
const host = useFakeHost()

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
