import {describe, expect, test} from 'vitest'
import type {Engine, ContainerInspection} from '../../../src/docker/engine.js'
import {LABELS} from '../../../src/pipeline/labels.js'
import {Predecessor} from '../../../src/lifecycle/predecessor.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {inspection} from '../../support/engine/inspection.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

const {signal} = new AbortController()

/** A container that is to make way, what was asked of the Engine for that, and what was said. */
function predecessor(differs: Partial<ContainerInspection> = {}, told: Partial<Engine> = {}) {
  const asked: string[] = []
  const {log, lines} = recordingLog()
  const noting =
    (what: string) =>
    (_id: string, ...words: unknown[]): Promise<void> =>
      Promise.resolve(void asked.push([what, ...words.filter((word) => typeof word === 'string')].join(' ')))
  const engine = fakeEngine({
    rename: noting('rename'),
    stop: noting('stop'),
    start: noting('start'),
    remove: noting('remove'),
    ...told,
  })
  return {asked, lines, old: new Predecessor(inspection(differs), engine, log)}
}

describe('a container that makes way', () => {
  test.each([
    ['exited', ['rename web.replaced-by-systemd-docker', 'rename web']],
    ['created', ['rename web.replaced-by-systemd-docker', 'rename web']],
    ['running', ['rename web.replaced-by-systemd-docker', 'stop', 'start', 'rename web']],
    ['paused', ['rename web.replaced-by-systemd-docker', 'stop', 'start', 'rename web']],
    ['restarting', ['rename web.replaced-by-systemd-docker', 'stop', 'start', 'rename web']],
  ] as const)('a container that makes way and is %s is as it was when it has come back: %j', async (state, verbs) => {
    const {old, asked} = predecessor({state})
    await old.giveUpName()
    await old.makeWay(signal)
    await old.comeBack()
    expect(asked).toEqual(verbs)
  })

  test('a container that makes way is not touched by coming back from nowhere, nor twice', async () => {
    const {old, asked} = predecessor({state: 'running'})
    await old.comeBack()
    expect(asked).toEqual([])
    await old.makeWay(signal)
    await old.comeBack()
    await old.comeBack()
    expect(asked).toEqual(['stop', 'start'])
  })

  test('a container that makes way is started again only when it has been stopped, where the run is asked to stop meanwhile', async () => {
    let hasStopped: () => void = () => undefined
    const {old, asked} = predecessor({state: 'running'}, {stop: () => new Promise((resolve) => (hasStopped = resolve))})
    const asking = new AbortController()
    const making = old.makeWay(asking.signal)
    asking.abort(new Error('asked to stop'))
    await expect(making).rejects.toThrow('asked to stop')
    const back = old.comeBack()
    await Promise.resolve()
    expect(asked).toEqual([])
    hasStopped()
    await back
    expect(asked).toEqual(['start'])
  })

  test('a container that makes way and was made with --rm is gone once it was stopped, which is said', async () => {
    const {old, asked, lines} = predecessor(
      {state: 'running', autoRemove: true},
      {inspect: () => Promise.resolve(undefined)},
    )
    await old.giveUpName()
    await old.makeWay(signal)
    await old.comeBack()
    expect(asked).toEqual(['rename web.replaced-by-systemd-docker', 'stop'])
    expect(lines).toEqual([
      'warn: container web does not come back: it was created with --rm, and the Engine removed it when it was stopped',
    ])
  })

  test('a container that makes way and cannot come back is said, step by step', async () => {
    let asked = 0
    const {old, lines} = predecessor(
      {state: 'running'},
      {
        start: () => Promise.reject(new Error('no space')),
        rename: () => (asked++ === 0 ? Promise.resolve() : Promise.reject(new Error('no memory'))),
      },
    )
    await old.giveUpName()
    await old.makeWay(signal)
    await old.comeBack()
    expect(lines).toEqual([
      'warn: could not start container web again: no space',
      'warn: could not give container web its name back: no memory',
    ])
  })
})

describe('a container that leaves', () => {
  test.each([
    ['without --rm, without its anonymous volumes', {}, 'without-volumes'],
    ['with --rm, with them', {autoRemove: true}, 'with-volumes'],
    ['with --rm and was handed over, with them', {labels: {[LABELS.rm]: 'yes'}}, 'with-volumes'],
  ])('a container that leaves goes, when it was made %s', async (_, differs, volumes) => {
    const {old, asked} = predecessor(differs)
    await old.leave(signal)
    expect(asked).toEqual([`remove ${volumes}`])
  })

  test('a container that cannot be removed is said, and fails nothing', async () => {
    const {old, lines} = predecessor({}, {remove: () => Promise.reject(new Error('device busy'))})
    await old.leave(signal)
    expect(lines).toEqual(['warn: container web, c0ffeec0ffee, which was replaced, is left behind: device busy'])
  })

  test('a container that leaves is not waited for when the run is asked to stop', async () => {
    const asking = new AbortController()
    const remove = (): Promise<never> => {
      asking.abort(new Error('asked to stop'))
      return Promise.reject(new Error('aborted'))
    }
    await expect(predecessor({}, {remove}).old.leave(asking.signal)).rejects.toThrow('asked to stop')
  })
})
