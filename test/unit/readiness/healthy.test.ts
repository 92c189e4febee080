import {describe, expect, test} from 'vitest'
import type {ContainerInspection} from '../../../src/docker/engine.js'
import {failWhenUnhealthy, healthyReadiness} from '../../../src/readiness/healthy.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {inspection} from '../../support/engine/inspection.js'

const readiness = healthyReadiness({interval: 1, isEager: false, timeout: 1000})
const container = {id: 'abc', tty: false}
const {signal} = new AbortController()

/** An Engine that finds the container so, one after the other, and the last again; an error is one that is away. */
function finding(...found: readonly (Partial<ContainerInspection> | Error)[]) {
  let asked = 0
  return fakeEngine({
    inspect: () => {
      const next = found[Math.min(asked++, found.length - 1)]
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(inspection(next))
    },
  })
}

const STARTING = {health: {status: 'starting'}} as const
const FAILED = {health: {status: 'starting', last: {exitCode: 1, output: 'refused\n'}}} as const
const HEALTHY = {health: {status: 'healthy', last: {exitCode: 0, output: ''}}} as const
const UNHEALTHY = {health: {status: 'unhealthy', last: {exitCode: 7, output: 'no\tanswer'}}} as const

describe('a container that is ready when it is healthy', () => {
  test('it is waited for until its check has passed, and what the checks say is said', async () => {
    const said: string[] = []
    const engine = finding(STARTING, FAILED, new Error('the Engine is away'), HEALTHY)
    await readiness.wait({engine, container, said: (answer) => said.push(answer), signal})
    expect(said).toEqual(['no check has ended, 1st try', 'status 1, refused, 2nd try', 'the Engine is away, 3rd try'])
  })

  test('it is waited for no longer when it is unhealthy', async () => {
    const wait = readiness.wait({engine: finding(STARTING, UNHEALTHY), container, said: () => undefined, signal})
    await expect(wait).rejects.toMatchObject({
      code: 'NOT_READY',
      message: 'the container is not ready: it is unhealthy: the health check ended with status 7, no answer',
    })
  })

  test('it is refused before it starts when it has no check', async () => {
    const check = readiness.check?.({engine: finding({checksHealth: false}), container, signal})
    await expect(check).rejects.toMatchObject({
      code: 'REFUSED_OPTION',
      message: expect.stringContaining('set --health-cmd after `run`') as unknown,
    })
    await readiness.check?.({engine: finding({checksHealth: true}), container, signal})
    // An Engine that does not say it is waited for.
    await readiness.check?.({engine: finding({}), container, signal})
  })
})

describe('a container for which something else is waited', () => {
  test('it is given up when it turns unhealthy', async () => {
    const engine = finding(UNHEALTHY)
    await expect(failWhenUnhealthy({engine, container, signal})).rejects.toMatchObject({code: 'NOT_READY'})
  })

  test('nobody looks at the health of one that has no check', async () => {
    await expect(failWhenUnhealthy({engine: finding({}), container, signal})).resolves.toBeUndefined()
  })

  test('nobody looks any longer when the wait is over', async () => {
    const over = new AbortController()
    const looking = failWhenUnhealthy({engine: finding(HEALTHY), container, signal: over.signal})
    setImmediate(() => {
      over.abort()
    })
    await expect(looking).resolves.toBeUndefined()
  })
})
