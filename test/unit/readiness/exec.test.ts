import {expect, test} from 'vitest'
import type {ExecResult} from '../../../src/docker/engine.js'
import {execReadiness} from '../../../src/readiness/exec.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'

const PACE = {interval: 5, isEager: false, timeout: 20}
const container = {id: 'abc', tty: false}

/** Waits with an Engine that runs the command so; what it ran, and what was said. */
async function waited(run: (tries: number) => Promise<ExecResult>) {
  const ran: string[] = []
  const said: string[] = []
  const engine = fakeEngine({
    exec: (id, words) => {
      ran.push([id, ...words].join(' '))
      return run(ran.length)
    },
  })
  const {signal} = new AbortController()
  await execReadiness('check me', ['sh', '-c', 'check me'], PACE).wait({
    engine,
    container,
    said: (answer) => said.push(answer),
    signal,
  })
  return {ran, said}
}

test('a container is ready when the command in it ends with 0, and what it says until then is said', async () => {
  const {ran, said} = await waited((tries) =>
    Promise.resolve(
      tries < 3 ? {exitCode: tries, output: tries === 1 ? '' : 'no\nresponse\n'} : {exitCode: 0, output: ''},
    ),
  )
  expect(ran).toEqual(['abc sh -c check me', 'abc sh -c check me', 'abc sh -c check me'])
  expect(said).toEqual(['status 1, 1st try', 'status 2, no response, 2nd try'])
})

test('a command that takes too long is not run once more beside itself', async () => {
  let end: (result: ExecResult) => void = () => undefined
  const first = new Promise<ExecResult>((resolve) => (end = resolve))
  setTimeout(() => {
    end({exitCode: 0, output: ''})
  }, 70)
  const {ran, said} = await waited(() => first)
  expect(ran).toHaveLength(1)
  expect(said[0]).toBe('no answer within 0.02 s, 1st try')
})

test('a command that the Engine cannot run now is tried again', async () => {
  const {said} = await waited((tries) =>
    tries === 1 ? Promise.reject(new Error('it is paused')) : Promise.resolve({exitCode: 0, output: ''}),
  )
  expect(said).toEqual(['it is paused, 1st try'])
})
