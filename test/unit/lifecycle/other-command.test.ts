import {describe, expect, test} from 'vitest'
import {isInUse, isOfAnotherCommand} from '../../../src/lifecycle/other-command.js'
import {LABELS} from '../../../src/pipeline/labels.js'
import {inspection} from '../../support/engine/inspection.js'
import {useFakeHost} from '../../support/fake-host.js'

const host = useFakeHost()
const signal = new AbortController().signal
const unit = {name: 'x.service', manager: 'system', id: 'now'} as const
const OURS = {[LABELS.unit]: 'x.service', [LABELS.invocation]: 'before', [LABELS.request]: 'that'}

/** Says that the unit began to start so many milliseconds ago. */
async function began(milliseconds: number): Promise<void> {
  const microseconds = Number(process.hrtime.bigint()) / 1000 - milliseconds * 1000
  await host.systemctlAnswers(`InactiveExitTimestampMonotonic=${String(Math.round(microseconds))}`)
}

describe('a container that was made from another line', () => {
  test.each([
    ['is that of another command that has made it in this start', {[LABELS.invocation]: 'now'}, -60_000, true],
    ['is that of another command that has started it in this start', {}, -1000, true],
    ["is the unit's own from before its line was changed", {}, -60_000, false],
    ['is none of this unit', {[LABELS.unit]: 'y.service', [LABELS.invocation]: 'now'}, -1000, false],
    ['was made from this line, by another command or not', {[LABELS.request]: 'this'}, -1000, false],
  ])('a container %s', async (_, labels, startedAgo, isIt) => {
    await began(10_000)
    const found = inspection({labels: {...OURS, ...labels}, startedAt: Date.now() + startedAgo})
    expect(await isOfAnotherCommand(found, 'this', unit, signal)).toBe(isIt)
  })

  test('a container that systemd-docker did not make is that of no command', async () => {
    await began(10_000)
    expect(await isOfAnotherCommand(inspection({startedAt: Date.now()}), 'this', unit, signal)).toBe(false)
  })

  test('a container of an earlier start is that of no other command where systemd does not answer', async () => {
    await host.systemctlAnswers('', 1)
    const found = inspection({labels: OURS, startedAt: Date.now()})
    expect(await isOfAnotherCommand(found, 'this', unit, signal)).toBe(false)
    const made = inspection({labels: {...OURS, [LABELS.invocation]: 'now'}})
    expect(await isOfAnotherCommand(made, 'this', unit, signal)).toBe(true)
  })
})

test('a container is in use that this start has made, or has started and that runs', async () => {
  await began(10_000)
  const running = {state: 'running', pid: 1} as const
  const [before, since] = [Date.now() - 60_000, Date.now() - 1000]
  expect(await isInUse(inspection({labels: {...OURS, [LABELS.invocation]: 'now'}}), unit, signal)).toBe(true)
  expect(await isInUse(inspection({labels: OURS, ...running, startedAt: since}), unit, signal)).toBe(true)
  expect(await isInUse(inspection({labels: OURS, ...running, startedAt: before}), unit, signal)).toBe(false)
  expect(await isInUse(inspection({labels: OURS, startedAt: since}), unit, signal)).toBe(false)
})
