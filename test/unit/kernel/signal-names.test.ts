import {expect, test} from 'vitest'
import {isRealtime, signalNumber, signalOf} from '../../../src/kernel/signal-names.js'

test.each([
  ['SIGQUIT', 'SIGQUIT'],
  ['quit', 'SIGQUIT'],
  ['3', 'SIGQUIT'],
  ['', undefined],
  ['SIGNONSENSE', undefined],
])('the stop signal %j is the signal %s', (name, signal) => {
  expect(signalOf(name)).toBe(signal)
})

test.each([
  ['34', 'SIGRTMIN'],
  ['37', 'SIGRTMIN+3'],
  ['SIGRTMIN+3', 'SIGRTMIN+3'],
  ['rtmin+3', 'SIGRTMIN+3'],
  ['49', 'SIGRTMIN+15'],
  ['50', 'SIGRTMAX-14'],
  ['64', 'SIGRTMAX'],
  ['65', undefined],
  ['32', undefined],
])('the stop signal %j is the real-time signal %s, by the name that the Engine has for it', (name, signal) => {
  expect(signalOf(name)).toBe(signal)
})

test('a signal has the number that it has on this host', () => {
  expect(['SIGTERM', 'SIGRTMIN+3', 'SIGRTMAX'].map((name) => signalNumber(signalOf(name) ?? 'SIGUSR1'))).toEqual([
    15, 37, 64,
  ])
})

test('a signal is a real-time one from SIGRTMIN on', () => {
  expect((['SIGTERM', 'SIGSYS', 'SIGRTMIN', 'SIGRTMAX'] as const).map(isRealtime)).toEqual([false, false, true, true])
})
