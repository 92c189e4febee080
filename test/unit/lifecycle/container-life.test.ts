import {describe, expect, test} from 'vitest'
import {EngineRefusedError, EngineUnreachableError} from '../../../src/errors.js'
import {ContainerLife, watchNextExit} from '../../../src/lifecycle/container-life.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {inspection} from '../../support/engine/inspection.js'

const {signal} = new AbortController()

describe('the life of a container', () => {
  test.each([
    ['is known by PID and start', 7, 1000, {pid: 7, startedAt: 1000}, true],
    ['is another one if the PID is another', 7, 1000, {pid: 8, startedAt: 1000}, false],
    ['is another one if the PID came again', 7, 1000, {pid: 7, startedAt: 2000}, false],
    ['is known by the start alone, if the PID was never seen', undefined, 1000, {pid: 7, startedAt: 1000}, true],
    ['is another one by the start alone', undefined, 1000, {pid: 7, startedAt: 2000}, false],
    ['is known by the PID alone, if the start was never seen', 7, undefined, {pid: 7, startedAt: 1000}, true],
    ['is not known if nothing of it was seen', undefined, undefined, {pid: 7, startedAt: 1000}, false],
  ])('the life of a container %s', (_, pid, startedAt, found, isKnown) => {
    expect(new ContainerLife(undefined, pid, startedAt).isThatOf(inspection(found))).toBe(isKnown)
  })

  test('a life keeps the signals that the Engine was asked to send, and that it ran out of memory', () => {
    const life = new ContainerLife(undefined, 7, 1000)
    expect(life).toMatchObject({isSignalled: false, outOfMemory: false, sent: new Set()})
    life.note({action: 'kill', at: 2000, signal: 15})
    life.note({action: 'kill', at: 2000})
    life.note({action: 'oom', at: 2000})
    life.note({action: 'pause', at: 2000})
    expect(life).toMatchObject({isSignalled: true, outOfMemory: true, sent: new Set([15])})
  })

  test('a life keeps nothing of what happened before it', () => {
    const life = new ContainerLife(undefined, 7, 1000)
    life.note({action: 'kill', at: 999, signal: 9})
    life.note({action: 'oom', at: 999})
    expect(life).toMatchObject({isSignalled: false, outOfMemory: false, sent: new Set()})
  })

  test('a life has an exit status once the Engine has given it', async () => {
    const life = new ContainerLife(undefined, 7, 1000)
    await expect(life.ended()).resolves.toBeUndefined()
    let end: (code: number) => void = () => undefined
    life.watch({exitCode: new Promise((resolve) => (end = resolve))})
    expect(life.code).toBeUndefined()
    end(3)
    await expect(life.ended()).resolves.toBe(3)
    expect(life.code).toBe(3)
  })

  test('a life has no exit status if the Engine goes away instead', async () => {
    const life = new ContainerLife(undefined, 7, 1000)
    life.watch({exitCode: Promise.reject(new EngineUnreachableError('unix:///x', new Error('hung up')))})
    await expect(life.ended()).resolves.toBeUndefined()
    expect(life.code).toBeUndefined()
  })
})

describe('the wait for the next exit', () => {
  test('the wait for the next exit is for that one', async () => {
    const watch = {exitCode: Promise.resolve(0)}
    const asked: string[] = []
    const engine = fakeEngine({watch: (...[id, what]) => Promise.resolve((asked.push(`${id} ${what}`), watch))})
    await expect(watchNextExit(engine, 'c0ffee', signal)).resolves.toBe(watch)
    expect(asked).toEqual(['c0ffee next-exit'])
  })

  test('the wait for the next exit is none if the Engine refuses, and fails if the Engine is away', async () => {
    const refused = new EngineRefusedError('wait for the container', 404, 'no such container', undefined)
    const refusing = fakeEngine({watch: () => Promise.reject(refused)})
    await expect(watchNextExit(refusing, 'c0ffee', signal)).resolves.toBeUndefined()
    const away = new EngineUnreachableError('unix:///x', new Error('ENOENT'))
    const absent = fakeEngine({watch: () => Promise.reject(away)})
    await expect(watchNextExit(absent, 'c0ffee', signal)).rejects.toBe(away)
  })
})
