import {expect, test} from 'vitest'
import type {Engine} from '../../../src/docker/engine.js'
import {RELOAD_LATE_MS} from '../../../src/limits.js'
import {runReloadCommand} from '../../../src/lifecycle/reload-command.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

/** What is said of a command that is run so. */
async function said(exec: Engine['exec'], limit = Infinity, over = new AbortController().signal): Promise<string[]> {
  const {log, lines} = recordingLog()
  await runReloadCommand({engine: fakeEngine({exec}), id: 'c0ffee', words: ['reload'], limit, over, log})
  return lines
}

test('a command that ends well has nothing said of it', async () => {
  const exec: Engine['exec'] = (id, words) =>
    Promise.resolve({exitCode: id === 'c0ffee' && words[0] === 'reload' ? 0 : 1, output: 'reloaded'})
  expect(await said(exec)).toEqual([])
})

test('a command that fails is a warning with what it said', async () => {
  expect(await said(() => Promise.resolve({exitCode: 1, output: 'bad config\nline 3\u001B[0m'}))).toEqual([
    'warn: the command of --reload-exec ended with status 1: bad config line 3 [0m',
  ])
  expect(await said(() => Promise.resolve({exitCode: 127, output: ''}))).toEqual([
    'warn: the command of --reload-exec ended with status 127',
  ])
})

test('a command that the Engine does not run is a warning', async () => {
  expect(await said(() => Promise.reject(new Error('container is paused')))).toEqual([
    'warn: could not run the command of --reload-exec: container is paused',
  ])
})

test('a command that takes longer than systemd waits is left to itself, with a warning, once systemd has given up', async () => {
  const exec: Engine['exec'] = () => new Promise(() => undefined)
  const begun = performance.now()
  expect(await said(exec, 10)).toEqual([
    'warn: could not run the command of --reload-exec: it takes longer than TimeoutStartSec= allows, and goes on without being waited for',
  ])
  expect(performance.now() - begun).toBeGreaterThan(RELOAD_LATE_MS)
})

test('a command that ends with its container has nothing said of it', async () => {
  const over = new AbortController()
  const exec: Engine['exec'] = () => {
    over.abort()
    return Promise.resolve({exitCode: 137, output: ''})
  }
  expect(await said(exec, Infinity, over.signal)).toEqual([])
})
