import {Readable} from 'node:stream'
import {expect, test} from 'vitest'
import {lastOutput} from '../../../src/docker/last-output.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {dockerLog, type Logged} from '../../support/engine/docker-log.js'

const {signal} = new AbortController()

const said = (texts: readonly string[], stream: Logged['stream'] = 'stdout'): Logged[] =>
  texts.map((text, index) => ({at: 1000 + index, text, stream}))

/** What is given of a container that has said this. */
async function given(log: readonly Logged[], tty = false): Promise<string> {
  const engine = fakeEngine({
    logs: () => Promise.resolve(Readable.from(dockerLog(log, {since: 0, raw: tty, chunk: 50}))),
  })
  return await lastOutput(engine, {id: 'abc', tty}, signal)
}

test('the last three lines of both streams are given, in the order that they came', async () => {
  const log = [...said(['one\n', 'two\n', 'three\n']), ...said(['four\n', '\n'], 'stderr')]
  expect(await given(log)).toBe('two | three | four')
  expect(await given(log, true)).toBe('two | three | four')
})

test('a line is given whole that the log has in parts', async () => {
  expect(await given(said(['be', 'gun\n']))).toBe('begun')
})

test('a line that would be an order to a terminal, or never ends, is made harmless', async () => {
  const words = await given(said([`\u001B[2J\u001B]0;title\u0007a\u202Eb\n`, `${'x'.repeat(10_000)}\n`]))
  expect(words).not.toMatch(/\p{Cc}|\p{Cf}/u)
  expect(words.length).toBeLessThan(500)
})

test('nothing is given of a container that has said nothing, and where there is no log', async () => {
  expect(await given([])).toBe('')
  const engine = fakeEngine({logs: () => Promise.reject(new Error('the log cannot be read'))})
  expect(await lastOutput(engine, {id: 'abc', tty: false}, signal)).toBe('')
})
