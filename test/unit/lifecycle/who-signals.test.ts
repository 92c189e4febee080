import {readFile} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'
import {describe, expect, test} from 'vitest'
import {
  isOfSystemd,
  isSignalledBySystemd,
  isStoppedByCommand,
  isStopOf,
  mayHurry,
  signalToSend,
  type StopSituation,
} from '../../../src/lifecycle/who-signals.js'
import {HURRY_AFTER_MS, SYSTEMD_SIGNAL_MS} from '../../../src/limits.js'

const PAGE = await readFile(fileURLToPath(new URL('../../../docs/supervision.md', import.meta.url)), 'utf8')
const SECTION = /^## A stop\n(.*?)^## /ms.exec(PAGE)?.[1] ?? ''
/** The rows of the documented table, up to what systemd-docker sends. */
const DOCUMENTED = SECTION.split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
const KILL_MODES = ['control-group', 'mixed', 'process', 'none']

type Unit = NonNullable<StopSituation['unit']>

/** A stop by SIGTERM of a container of the unit, which has sent its signals. */
function situation({unit = {}, container = {}, asked = 'SIGTERM'}: Partial<Situation> = {}): StopSituation {
  return {
    asked,
    unit: {subState: 'stop-sigterm', killMode: 'control-group', killSignals: ['SIGTERM'], since: 1000, ...unit},
    container: {stopSignal: '', isInUnit: true, isPaused: false, startedAt: 500, ...container},
  }
}

interface Situation {
  readonly asked: StopSituation['asked']
  readonly unit: Partial<Unit>
  readonly container: Partial<StopSituation['container']>
}

/** What systemd is at when systemd-docker asks it, by the cells of `ExecStop=` and the main process. */
const STATES: Readonly<Record<string, string>> = {
  'none, systemd-docker': 'stop-sigterm',
  '`kill -TERM $MAINPID`, systemd-docker': 'stop-sigterm',
  'not run: `kill -TERM` by hand, systemd-docker': 'running',
  'none, a shell or a script': 'final-sigterm',
  'none, a program that passes signals on': 'stop-sigterm',
}

describe('the documented table', () => {
  const signalled = DOCUMENTED.filter(([, execStop, main]) => STATES[`${execStop ?? ''}, ${main ?? ''}`] !== undefined)

  test('the documented table has a row for each way in which a signal comes to systemd-docker', () => {
    expect(new Set(signalled.map(([, execStop, main]) => `${execStop ?? ''}, ${main ?? ''}`))).toEqual(
      new Set(Object.keys(STATES)),
    )
  })

  test.each(signalled)(
    'with KillMode= %s, ExecStop= %s and %s as main process, what is sent is as documented',
    (...row) => {
      const [modes = '', execStop = '', main = '', , sent = ''] = row
      const named = KILL_MODES.filter((mode) => modes.includes(mode))
      const subState = STATES[`${execStop}, ${main}`] ?? ''
      for (const killMode of named.length === 0 ? KILL_MODES : named) {
        // A program that passes signals on waits, and what it is sent by mode `mixed` is its alone.
        const unit = {killMode, subState}
        expect(signalToSend(situation({unit}))).toBe(sent.startsWith('nothing') ? undefined : 'stop-signal')
        expect(signalToSend(situation({unit, container: {stopSignal: 'SIGQUIT'}}))).toBe('stop-signal')
      }
    },
  )

  test.each(DOCUMENTED.filter(([, execStop = '']) => execStop.includes('docker')))(
    'with KillMode= %s and ExecStop= %s a stop is one by a command',
    (mode, _, main) => {
      if (main === 'systemd-docker')
        expect(isStoppedByCommand({subState: mode === '`none`' ? 'dead' : 'stop'})).toBe(true)
    },
  )
})

describe('a container that systemd has signalled', () => {
  test.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGTERM', '15'],
    ['SIGTERM', 'TERM'],
    ['SIGTERM', ''],
  ] as const)('a container that got %s and whose stop signal is %j is sent nothing', (asked, stopSignal) => {
    expect(signalToSend(situation({asked, container: {stopSignal}}))).toBeUndefined()
  })

  test('a container that was signalled by another KillSignal= is sent nothing, whatever its stop signal', () => {
    const unit = {killSignals: ['SIGINT'] as const}
    expect(signalToSend(situation({asked: 'SIGINT', unit, container: {stopSignal: 'SIGQUIT'}}))).toBeUndefined()
    expect(signalToSend(situation({asked: 'SIGINT', unit: {...unit, killMode: 'mixed'}}))).toBe('SIGINT')
  })

  test.each<[string, Partial<Situation>]>([
    ['is not in the unit', {container: {isInUnit: false}}],
    ['is paused, and hears of nothing', {container: {isPaused: true}}],
    ['has begun after the signal', {container: {startedAt: 1001}}],
    ['was asked for by a signal that is not the one of the unit', {unit: {killSignals: ['SIGINT']}}],
    ['has a stop signal that is none', {container: {stopSignal: 'SIGNONSENSE'}}],
    ['is in a unit that systemd has not begun to stop', {unit: {subState: 'running'}}],
    ['is in a unit of which systemd still runs a command', {unit: {subState: 'stop'}}],
  ])('a container that %s is sent its stop signal', (_, what) => {
    expect(signalToSend(situation(what))).toBe('stop-signal')
  })

  test('a container is sent its stop signal where systemd does not answer, as a doubled one harms less than none', () => {
    const silent = {...situation(), unit: undefined}
    expect([signalToSend(silent), isSignalledBySystemd(silent)]).toEqual(['stop-signal', false])
    expect(signalToSend({...silent, asked: 'SIGINT'})).toBe('SIGINT')
  })
})

describe('a stop by a command', () => {
  test.each([
    ['stop', true],
    ['stop-post', true],
    ['dead', true],
    ['failed', true],
    ['running', false],
    ['stop-sigterm', false],
  ])('a unit that is in state %s is stopped by a command: %s', (subState, is) => {
    expect(isStoppedByCommand({subState})).toBe(is)
  })

  test('a unit of which systemd says nothing is not stopped by a command', () => {
    expect(isStoppedByCommand(undefined)).toBe(false)
  })
})

describe('a signal that is the stop of the unit', () => {
  const killSignals = ['SIGQUIT'] as const
  test.each([
    ['stop-sigterm', 'SIGQUIT', true],
    ['final-sigterm', 'SIGQUIT', true],
    ['stop-sigterm', 'SIGHUP', false],
    ['running', 'SIGQUIT', false],
  ] as const)('a unit in state %s with KillSignal=SIGQUIT is stopped by %s: %s', (subState, name, is) => {
    expect(isStopOf({subState, killSignals}, name)).toBe(is)
  })
})

describe('one more signal', () => {
  const again = {name: 'SIGTERM', asked: 'SIGTERM', began: 1000, at: 1001} as const

  test.each([
    ['SIGTERM again is the same stop', {}, false],
    ['SIGTERM again hurries after some seconds', {at: 1000 + HURRY_AFTER_MS}, true],
    ['SIGINT hurries a stop by SIGTERM', {name: 'SIGINT'}, true],
    ['SIGINT again is the same stop', {name: 'SIGINT', asked: 'SIGINT'}, false],
    ['SIGTERM after SIGINT is the same stop', {asked: 'SIGINT'}, false],
  ] as const)('%s', (_, more, may) => {
    expect(mayHurry({...again, ...more})).toBe(may)
  })

  test.each([
    ['in the moment in which systemd signals the unit is systemd’s', {}, true],
    ['by another signal than the unit’s is not', {killSignals: ['SIGINT']}, false],
    ['long after it is not', {since: 1001 - SYSTEMD_SIGNAL_MS}, false],
    ['in a unit that systemd does not stop is not', {subState: 'running'}, false],
  ] as const)('one more signal %s', (_, more, is) => {
    expect(isOfSystemd(again, {subState: 'stop-sigterm', killSignals: ['SIGTERM'], since: 990, ...more})).toBe(is)
  })

  test('one more signal is not systemd’s where that does not answer', () => {
    expect(isOfSystemd(again, undefined)).toBe(false)
  })
})
