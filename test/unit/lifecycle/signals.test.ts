import {EventEmitter} from 'node:events'
import {describe, expect, test} from 'vitest'
import {StoppedError} from '../../../src/errors.js'
import {ProcessSignals} from '../../../src/lifecycle/signals.js'

const STOPPING = ['SIGTERM', 'SIGINT'] as const
const OTHERS = ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const

describe('before the container is ready', () => {
  test('nothing is asked before a signal comes', () => {
    const stop = new ProcessSignals()
    expect(stop.signal.aborted).toBe(false)
    expect(stop.asked).toBeUndefined()
  })

  test.each(STOPPING)('the signal %s breaks the run off and is what asked', (name) => {
    const stop = new ProcessSignals()
    stop.take(name)
    expect(stop.signal.aborted).toBe(true)
    expect(stop.signal.reason).toBeInstanceOf(StoppedError)
    expect(stop.signal.reason).toMatchObject({by: name, code: 'STOPPED'})
    expect(stop.asked).toBe(name)
  })

  test.each(OTHERS)('the signal %s, which would have ended us, breaks the run off but asks for nothing', (name) => {
    const stop = new ProcessSignals()
    stop.take(name)
    expect(stop.signal.reason).toMatchObject({by: name, code: 'STOPPED'})
    expect(stop.asked).toBeUndefined()
  })

  test('a signal by which systemd stops the unit breaks the run off and is what asked, before and while it is heard', () => {
    const stop = new ProcessSignals()
    stop.hear(['SIGQUIT', 'SIGWINCH'])
    stop.take('SIGWINCH')
    expect(stop.signal.reason).toMatchObject({by: 'SIGWINCH', code: 'STOPPED'})
    expect(stop.asked).toBe('SIGWINCH')
  })

  test.each([
    [
      'by a signal that stops',
      true,
      (stop: ProcessSignals) => {
        stop.take('SIGTERM')
      },
    ],
    [
      'by a signal by which systemd stops the unit',
      true,
      (stop: ProcessSignals) => {
        stop.stopBy('SIGQUIT')
      },
    ],
    [
      "by a command of systemd's",
      true,
      (stop: ProcessSignals) => {
        stop.noteStop()
      },
    ],
    [
      'not by a signal for the container',
      false,
      (stop: ProcessSignals) => {
        stop.take('SIGHUP')
      },
    ],
  ])('that the end is asked for is known: %s', (_, isAsked, ask) => {
    const stop = new ProcessSignals()
    stop.onStop(() => undefined)
    expect(stop.stopping.aborted).toBe(false)
    ask(stop)
    expect(stop.stopping.aborted).toBe(isAsked)
  })

  test('what asked first stays what asked', () => {
    const stop = new ProcessSignals()
    stop.take('SIGINT')
    stop.take('SIGTERM')
    expect(stop.asked).toBe('SIGINT')
    expect(stop.signal.reason).toMatchObject({by: 'SIGINT'})
  })
})

describe('once the container is ready', () => {
  test.each(STOPPING)('the signal %s stops the container, and breaks nothing off', (name) => {
    const stop = new ProcessSignals()
    let stops = 0
    stop.onStop(() => stops++)
    expect(stops).toBe(0)
    stop.take(name)
    expect(stops).toBe(1)
    expect(stop.asked).toBe(name)
    expect(stop.signal.aborted).toBe(false)
  })

  test('a stop that was asked for before happens at once', () => {
    const stop = new ProcessSignals()
    stop.take('SIGTERM')
    let stops = 0
    stop.onStop(() => stops++)
    expect(stops).toBe(1)
  })

  test('a container is stopped as often as it is asked for', () => {
    const stop = new ProcessSignals()
    let stops = 0
    stop.onStop(() => stops++)
    stop.take('SIGTERM')
    stop.take('SIGINT')
    expect(stops).toBe(2)
    expect(stop.asked).toBe('SIGTERM')
  })

  test.each(OTHERS)('the signal %s is passed on, and neither stops the container nor breaks anything off', (name) => {
    const stop = new ProcessSignals()
    const passedOn: string[] = []
    let stops = 0
    stop.onStop(() => stops++)
    stop.onOther((other) => passedOn.push(other))
    stop.take(name)
    expect(passedOn).toEqual([name])
    expect(stops).toBe(0)
    expect(stop.asked).toBeUndefined()
    expect(stop.signal.aborted).toBe(false)
  })
})

describe('a process that is listened to', () => {
  test.each([...STOPPING, ...OTHERS])('a process that is listened to has its %s taken', (name) => {
    const process = new EventEmitter()
    const stop = new ProcessSignals()
    stop.listen(process as NodeJS.Process)
    process.emit(name, name)
    expect(stop.signal.reason).toMatchObject({by: name})
  })

  test('a process is listened to for these signals and no others', () => {
    const process = new EventEmitter()
    new ProcessSignals().listen(process as NodeJS.Process)
    expect(process.eventNames()).toEqual([...STOPPING, ...OTHERS])
  })

  test('a process is listened to for the signal of its unit as well, once that is known and can be heard', () => {
    const process = new EventEmitter()
    const stop = new ProcessSignals()
    stop.hear(['SIGWINCH'])
    const unlisten = stop.listen(process as NodeJS.Process)
    const passedOn: string[] = []
    stop.onOther((name) => passedOn.push(name))
    stop.hear(['SIGWINCH', 'SIGTERM', 'SIGKILL', 'SIGSTOP'])
    expect(process.eventNames()).toEqual([...STOPPING, ...OTHERS, 'SIGWINCH'])
    expect(process.listenerCount('SIGTERM')).toBe(1)
    process.emit('SIGWINCH', 'SIGWINCH')
    expect(passedOn).toEqual(['SIGWINCH'])
    unlisten()
    expect(process.eventNames()).toEqual([])
  })

  test('a process gets the default effect of its signals back', () => {
    const process = new EventEmitter()
    const stop = new ProcessSignals()
    const unlisten = stop.listen(process as NodeJS.Process)
    unlisten()
    expect(process.eventNames()).toEqual([])
    process.emit('SIGTERM', 'SIGTERM')
    expect(stop.asked).toBeUndefined()
  })

  test('a process keeps the listeners of others', () => {
    const process = new EventEmitter()
    let others = 0
    process.on('SIGTERM', () => others++)
    new ProcessSignals().listen(process as NodeJS.Process)()
    process.emit('SIGTERM', 'SIGTERM')
    expect(others).toBe(1)
  })

  test('the process that is listened to is this one unless it is said otherwise', () => {
    const before = process.listenerCount('SIGUSR2')
    const unlisten = new ProcessSignals().listen()
    expect(process.listenerCount('SIGUSR2')).toBe(before + 1)
    unlisten()
    expect(process.listenerCount('SIGUSR2')).toBe(before)
  })
})

test('what nobody caught breaks the run off at any time, and keeps its reason', () => {
  const stop = new ProcessSignals()
  stop.onStop(() => undefined)
  const thrown = new Error('thrown')
  stop.fail(thrown)
  expect(stop.signal.reason).toBe(thrown)
  expect(stop.defect.reason).toBe(thrown)
  expect(stop.asked).toBeUndefined()
})
