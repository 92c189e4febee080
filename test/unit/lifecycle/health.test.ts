import {describe, expect, test} from 'vitest'
import type {Health} from '../../../src/docker/engine.js'
import {describeHealth, recovers, turnsUnhealthy, whenUnhealthy} from '../../../src/lifecycle/health.js'

const sick = (output: string, exitCode = 1): Health => ({status: 'unhealthy', last: {exitCode, output}})

describe('the health of a container in the status text', () => {
  test.each<[Health | undefined, string]>([
    [undefined, ''],
    [{status: 'starting'}, ', health: starting'],
    [{status: 'healthy', last: {exitCode: 0, output: 'fine'}}, ', healthy'],
    [{status: 'unhealthy'}, ', unhealthy: the Engine does not report what the check said'],
    [sick('curl: (7) Failed\n'), ', unhealthy: curl: (7) Failed'],
    [sick('Health check exceeded timeout (1s)', -1), ', unhealthy: Health check exceeded timeout (1s)'],
    [sick(' \n', 3), ', unhealthy: the check ended with status 3'],
  ])('%j is %j', (health, words) => {
    expect(describeHealth(health)).toBe(words)
  })

  test('what a check says is one line of 200 characters at most, whatever the container makes it say', () => {
    const words = describeHealth(sick(`${'\u0000\nREADY=1\n'.repeat(500)}\u001B[2J`))
    expect(words).not.toMatch(/[\p{C}\n]/u)
    expect(words.length).toBeLessThan(250)
  })
})

test('a container turns unhealthy once, and recovers when it is healthy again, or begins anew', () => {
  const [starting, healthy, unhealthy] = [{status: 'starting'}, {status: 'healthy'}, {status: 'unhealthy'}] as const
  expect([undefined, starting, healthy].map((before) => turnsUnhealthy(before, unhealthy))).toEqual([true, true, true])
  expect(turnsUnhealthy(unhealthy, unhealthy)).toBe(false)
  expect(turnsUnhealthy(healthy, starting)).toBe(false)
  expect(recovers(unhealthy, healthy)).toBe(true)
  expect([undefined, starting, healthy].map((before) => recovers(before, healthy))).toEqual([false, false, false])
  expect(recovers(unhealthy, starting)).toBe(true)
  expect(recovers(unhealthy, unhealthy)).toBe(false)
})

test('--unhealthy takes what it knows, and nothing else', () => {
  expect(['ignore', 'log', 'stop', 'watchdog'].map(whenUnhealthy)).toEqual(['ignore', 'log', 'stop', 'watchdog'])
  expect(() => whenUnhealthy('restart')).toThrow(
    'invalid value "restart" for --unhealthy: use one of ignore, log, stop, watchdog',
  )
})
