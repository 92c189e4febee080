import {Readable} from 'node:stream'
import {expect, test} from 'vitest'
import type {Engine} from '../../../src/docker/engine.js'
import {NotReadyError} from '../../../src/errors.js'
import type {Readiness} from '../../../src/readiness/readiness.js'
import {waitUntilReady} from '../../../src/readiness/wait.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {dockerLog} from '../../support/engine/docker-log.js'
import {inspection} from '../../support/engine/inspection.js'

const container = {id: 'abc', tty: false}
const LOG: Engine['logs'] = () =>
  Promise.resolve(Readable.from(dockerLog([{at: 1000, text: 'no database\n'}], {since: 0})))

/** Waits with an Engine that finds the container so; whether the wait was given up is in `aborted`. */
function waiting(
  wait: Readiness['wait'],
  found: Parameters<typeof inspection>[0] = {},
  timeout?: number,
  signal = new AbortController().signal,
) {
  const state = {aborted: false}
  const readiness: Readiness = {
    what: 'the port',
    wait: async (context) => {
      context.signal.addEventListener('abort', () => (state.aborted = true))
      await wait(context)
    },
  }
  const engine = fakeEngine({inspect: () => Promise.resolve(inspection(found)), logs: LOG})
  const outcome = waitUntilReady(readiness, {engine, container, said: () => undefined, signal}, timeout)
  return {outcome, state}
}

const never = (): Promise<never> => new Promise(() => undefined)

test('the wait is over when the container is ready', async () => {
  await expect(waiting(() => Promise.resolve(), {health: {status: 'starting'}}).outcome).resolves.toBeUndefined()
})

test('a container that turns unhealthy is given up, whatever is waited for, with what it said last', async () => {
  const {outcome, state} = waiting(never, {health: {status: 'unhealthy'}})
  await expect(outcome).rejects.toMatchObject({
    code: 'NOT_READY',
    message: 'the container is not ready: it is unhealthy; its last output: no database',
  })
  expect(state.aborted).toBe(true)
})

test('a container that takes longer than it may is given up, with the last answer', async () => {
  const {outcome, state} = waiting(
    ({said}) => {
      said('503, 1st try')
      said('503, 2nd try')
      return never()
    },
    {},
    30,
  )
  await expect(outcome).rejects.toMatchObject({
    code: 'NOT_READY',
    exitStatus: 125,
    message:
      'the container is not ready: 0.03 s have passed (--ready-timeout) while systemd-docker was waiting for the port: 503, 2nd try; its last output: no database',
  })
  expect(state.aborted).toBe(true)
})

test('what the wait fails with is what it is given up for', async () => {
  const failure = new NotReadyError('its output cannot be read')
  await expect(waiting(() => Promise.reject(failure)).outcome).rejects.toMatchObject({why: failure.why})
  const defect = new TypeError('a defect')
  await expect(waiting(() => Promise.reject(defect)).outcome).rejects.toBe(defect)
})

test('a stop ends the wait at once', async () => {
  const controller = new AbortController()
  const stopped = new Error('stopped')
  const {outcome, state} = waiting(never, {}, 60_000, controller.signal)
  controller.abort(stopped)
  await expect(outcome).rejects.toBe(stopped)
  expect(state.aborted).toBe(true)
})
