import {Readable} from 'node:stream'
import {describe, expect, test} from 'vitest'
import type {Engine} from '../../../src/docker/engine.js'
import {EngineRefusedError} from '../../../src/errors.js'
import {logReadiness} from '../../../src/readiness/log.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {dockerLog, type Logged} from '../../support/engine/docker-log.js'
import {inspection} from '../../support/engine/inspection.js'

const RUNNING = inspection({state: 'running', pid: 42, startedAt: 5000})
const container = {id: 'abc', tty: false}

/** Waits for a line of a container that says this, and then goes on without a word. */
async function waited(pattern: RegExp, log: readonly Logged[], tty = false): Promise<'ready' | 'not ready'> {
  const over = new AbortController()
  const asked: number[] = []
  const engine = fakeEngine({
    inspect: () => Promise.resolve(RUNNING),
    logs: (_, {since}, signal) => {
      asked.push(since)
      const chunks = dockerLog(log, {since: 0, raw: tty, chunk: 7})
      return Promise.resolve(
        Readable.from(
          (async function* () {
            yield* chunks
            setImmediate(() => {
              over.abort(new Error('it has said all'))
            })
            await new Promise<void>((resolve) => {
              signal.addEventListener('abort', () => {
                resolve()
              })
            })
          })(),
        ),
      )
    },
  })
  const waiting = logReadiness('its words', pattern).wait({
    engine,
    container: {...container, tty},
    said: () => undefined,
    signal: over.signal,
  })
  const outcome = await waiting.then(
    () => 'ready' as const,
    () => 'not ready' as const,
  )
  expect(asked).toEqual([5000])
  return outcome
}

const said = (...texts: readonly string[]): Logged[] => texts.map((text, index) => ({at: 6000 + index, text}))

describe('a container that is ready when it says so', () => {
  test.each([
    ['a line of it', /listening on \d+$/, said('starting\n', 'listening on 80\n')],
    ['a line that the log has in parts', /^listening on 80$/, said('list', 'ening on 80\n')],
    ['a line of a character that is cut', /^bereit für alle$/, said('bereit für alle\n')],
    ['a line of its other stream', /^ready$/, [{at: 6000, text: 'ready\n', stream: 'stderr' as const}]],
  ])('%s matches', async (_, pattern, log) => {
    expect(await waited(pattern, log)).toBe('ready')
  })

  test.each([
    ['what it says is another', /^ready$/, said('not ready\n', 'ready to go\n')],
    ['the line has not ended', /^ready$/, said('ready')],
    ['the words are in a line that is much too long', /ready/, said(`${'x'.repeat(5000)}ready\n`)],
    [
      'the words are of two streams',
      /^ready$/,
      [
        {at: 6000, text: 'rea', stream: 'stdout' as const},
        {at: 6001, text: 'dy\n', stream: 'stderr' as const},
      ],
    ],
  ])('it is not ready where %s', async (_, pattern, log) => {
    expect(await waited(pattern, log)).toBe('not ready')
  })

  test('a line of a terminal matches without its carriage return', async () => {
    expect(await waited(/^ready$/, said('ready\r\n'), true)).toBe('ready')
  })

  test('the log is read on where an Engine that went away comes back', async () => {
    const answers: Engine['logs'][] = [
      () => Promise.resolve(Readable.from([])),
      () => Promise.reject(new Error('the Engine is away')),
      () => Promise.resolve(Readable.from(dockerLog(said('ready\n'), {since: 0}))),
    ]
    const heard: string[] = []
    let looks = 0
    const engine = fakeEngine({
      inspect: () => (looks++ === 0 ? Promise.reject(new Error('it hangs')) : Promise.resolve(RUNNING)),
      logs: (...words) => answers.shift()?.(...words) ?? Promise.reject(new Error('asked once more')),
    })
    const {signal} = new AbortController()
    await logReadiness('its words', /^ready$/).wait({engine, container, said: (answer) => heard.push(answer), signal})
    expect(heard).toEqual(['it hangs', 'the Engine is away'])
  })

  test('a container whose log nobody can read is waited for no longer', async () => {
    const refused = new EngineRefusedError(
      'read the log',
      501,
      'the logging driver does not support reading',
      undefined,
    )
    const engine = fakeEngine({inspect: () => Promise.resolve(RUNNING), logs: () => Promise.reject(refused)})
    const {signal} = new AbortController()
    await expect(
      logReadiness('its words', /x/).wait({engine, container, said: () => undefined, signal}),
    ).rejects.toMatchObject({
      code: 'NOT_READY',
      message:
        'the container is not ready: its output cannot be read: the Engine failed to read the log: the logging driver does not support reading (HTTP 501)',
    })
  })
})
