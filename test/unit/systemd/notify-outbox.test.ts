import {expect, test} from 'vitest'
import type {Field} from '../../../src/systemd/notify-filter.js'
import {NotifyOutbox} from '../../../src/systemd/notify-outbox.js'

function claims(...assignments: readonly string[]): Map<Field, string> {
  return new Map(assignments.map((one) => [one.slice(0, one.indexOf('=')) as Field, one.slice(one.indexOf('=') + 1)]))
}

function outboxOf(...messages: readonly (readonly string[])[]): NotifyOutbox {
  const outbox = new NotifyOutbox()
  for (const message of messages) outbox.add(claims(...message))
  return outbox
}

function takeAll(outbox: NotifyOutbox): string[][] {
  const messages: string[][] = []
  for (let next = outbox.take(); next !== undefined; next = outbox.take()) messages.push(next)
  expect(outbox.isEmpty).toBe(true)
  return messages
}

const reload = (at: number): string[] => ['RELOADING=1', `MONOTONIC_USEC=${String(at)}`]

test('of each field the newest value is sent, in one message', () => {
  const outbox = outboxOf(['STATUS=one', 'ERRNO=1'], ['STATUS=two'], ['STATUS=three', 'WATCHDOG=1'])
  expect(takeAll(outbox)).toEqual([['STATUS=three', 'ERRNO=1', 'WATCHDOG=1']])
})

test('the states of the unit are told one after the other, the first with all else', () => {
  const outbox = outboxOf(['READY=1', 'STATUS=up'], reload(7), ['READY=1', 'STATUS=up again'])
  expect(takeAll(outbox)).toEqual([['READY=1', 'STATUS=up again'], ['RELOADING=1', 'MONOTONIC_USEC=7'], ['READY=1']])
})

test('the same state twice is told once, and a reload with the time of its last beginning', () => {
  expect(takeAll(outboxOf(['READY=1'], ['READY=1']))).toEqual([['READY=1']])
  expect(takeAll(outboxOf(reload(1), reload(2)))).toEqual([['RELOADING=1', 'MONOTONIC_USEC=2']])
  expect(takeAll(outboxOf(['STOPPING=1'], ['READY=1'], ['STOPPING=1']))).toEqual([['STOPPING=1'], ['READY=1']])
})

test('however often a container reloads before systemd hears of it, it is told of a few messages', () => {
  const outbox = outboxOf(['READY=1'])
  for (let at = 1; at <= 1000; at++) for (const message of [reload(at), ['READY=1']]) outbox.add(claims(...message))
  expect(takeAll(outbox)).toEqual([['READY=1'], ['RELOADING=1', 'MONOTONIC_USEC=1000'], ['READY=1']])
})

test('a trigger of the watchdog is not taken back by a sign of life', () => {
  expect(takeAll(outboxOf(['WATCHDOG=trigger'], ['WATCHDOG=1']))).toEqual([['WATCHDOG=trigger']])
})

test('what is forgotten is not sent', () => {
  const outbox = outboxOf(['READY=1', 'STATUS=up', 'ERRNO=5'], reload(7))
  for (const field of ['STATUS', 'RELOADING', 'READY'] as const) outbox.forget(field)
  expect(takeAll(outbox)).toEqual([['ERRNO=5']])
})

test('nothing is sent of nothing', () => {
  expect(takeAll(outboxOf([]))).toEqual([])
})
