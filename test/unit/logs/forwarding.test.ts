import {fstatSync} from 'node:fs'
import {PassThrough, Readable, Writable} from 'node:stream'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import type {Engine} from '../../../src/docker/engine.js'
import {EngineRefusedError, EngineUnreachableError} from '../../../src/errors.js'
import {forwarding} from '../../../src/logs/forwarding.js'
import type {FoundContainer, RunHooks} from '../../../src/pipeline/contract.js'
import {entriesOfEarlierInvocations, type EarlierEntries} from '../../../src/systemd/journal-entries.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {hookContext, plainRequest, pluginHost} from '../../../src/testing/plugin-host.js'
import {dockerLog, numbered, type Logged} from '../../support/engine/docker-log.js'
import {frame} from '../../support/engine/frames.js'
import {inspection} from '../../support/engine/inspection.js'

vi.mock('../../../src/systemd/journal-entries.js', () => ({entriesOfEarlierInvocations: vi.fn()}))

class Sink extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

const ID = '0123456789ab'
const container = {id: ID, tty: false}
const unit = {name: 'web.service', manager: 'system'} as const
/** When the container began. */
const began = Date.now() - 60_000
/** When it was made. */
const made = began - 5000
const LINES = numbered(1, 100, began)
const NOT_TOLD =
  'warn: output of the container from before this start may be missing here, because the journal does not tell how far an earlier run of web.service forwarded it'
const OURS: FoundContainer = {
  id: ID,
  name: 'web',
  running: true,
  madeWithRm: false,
  labels: {'systemd-docker.unit': 'web.service'},
}

let stdout = new Sink()
beforeEach(() => {
  stdout = new Sink()
  vi.spyOn(process, 'stdout', 'get').mockImplementation(() => stdout as unknown as typeof process.stdout)
  vi.spyOn(process, 'stderr', 'get').mockImplementation(() => new PassThrough() as unknown as typeof process.stderr)
  vi.mocked(entriesOfEarlierInvocations).mockReset()
})

/** What the journal has of earlier runs and when the last of them ended, or that it does not answer. */
function journalHas(lines: readonly Logged[] | undefined, endedAt = 0): void {
  const entries = lines?.map(({at, text}) => ({at: at + 3, text: Buffer.from(text.toString().trimEnd())}))
  const answer: EarlierEntries | undefined = entries && {entries, isAll: true, endedAt}
  vi.mocked(entriesOfEarlierInvocations).mockResolvedValue(answer)
}

/** The hooks of a run, in a unit whose output goes to the journal. */
function hooksOf(told: Partial<Engine>, isToJournal = true): {hooks: Partial<RunHooks>; lines: string[]} {
  const {dev, ino} = fstatSync(1)
  const env = isToJournal ? {JOURNAL_STREAM: `${String(dev)}:${String(ino)}`, INVOCATION_ID: 'now'} : {}
  const engine = fakeEngine({
    inspect: () =>
      Promise.resolve(inspection({id: ID, state: 'running', pid: 4711, createdAt: made, startedAt: began})),
    logs: (_id, span) => Promise.resolve(Readable.from(dockerLog(LINES, span))),
    attach: () => Promise.resolve(new PassThrough()),
    ...told,
  })
  const {host, lines} = pluginHost({engine, unit, env})
  return {hooks: forwarding(host), lines}
}

/** A run that has found this container, until its output has ended. */
async function taken(
  found: FoundContainer,
  told: Partial<Engine> = {},
  isToJournal = true,
): Promise<{text: string; lines: string[]}> {
  const {hooks, lines} = hooksOf(told, isToJournal)
  const {context} = hookContext()
  await hooks.reconcile?.({...context, request: plainRequest(), found})
  await hooks.start?.({...context, container})
  await hooks.exited?.({...context, container, exit: {code: 0}})
  return {text: stdout.text, lines}
}

/** A run that has found our container, whose Engine goes away when it is asked for some part of this log. */
async function takenUntilAway(
  log: readonly Logged[],
  isRefused: (span: {readonly until?: number}) => boolean,
): Promise<{comeBack: () => Promise<{text: string; lines: string[]}>}> {
  let isAway = true
  const {hooks, lines} = hooksOf({
    logs: (_id, span) =>
      isAway && isRefused(span)
        ? Promise.reject(new EngineUnreachableError('unix:///fake/docker.sock', new Error('gone')))
        : Promise.resolve(Readable.from(dockerLog(log, span))),
  })
  const {context} = hookContext()
  await hooks.reconcile?.({...context, request: plainRequest(), found: OURS})
  await hooks.start?.({...context, container})
  await hooks.exited?.({...context, container, exit: {code: 0}})
  return {
    comeBack: async () => {
      isAway = false
      await hooks.reconnected?.({...context, container})
      await hooks.exited?.({...context, container, exit: {code: 0}})
      return {text: stdout.text, lines: [...lines]}
    },
  }
}

function textOf(outputs: readonly Logged[]): string {
  return outputs.map(({text}) => text.toString()).join('')
}

const attach = () => Promise.resolve(new PassThrough().end(frame(1, 'attached\n')))

describe('a running container that an earlier run of the unit has made', () => {
  test('the output goes on behind what that run has written to the journal', async () => {
    journalHas(LINES.slice(0, 60))
    expect(await taken(OURS)).toEqual({text: textOf(LINES.slice(60)), lines: []})
    const [asked] = vi.mocked(entriesOfEarlierInvocations).mock.calls
    expect(asked?.slice(0, 2)).toEqual([unit, 'now'])
    expect(asked?.[2](began - 1), 'from the life on that no run before was there for').toBe(began)
    expect(asked?.[2](began + 1), 'from the container on, of whose life one was there').toBe(made)
  })

  test('a warning says what may be missing where that run was there and the journal has nothing of it', async () => {
    journalHas([], began + 1000)
    const {text, lines} = await taken(OURS)
    expect(text).toBe('')
    expect(lines).toEqual([NOT_TOLD])
  })

  test('the output begins now where no run has had this life of the container', async () => {
    journalHas([])
    const late = [...LINES, {at: Date.now() + 1000, text: 'late\n'}]
    const logs: Engine['logs'] = (_id, span) => Promise.resolve(Readable.from(dockerLog(late, span)))
    expect(await taken(OURS, {logs})).toEqual({text: 'late\n', lines: []})
  })

  test.each([
    ['the journal does not answer', true],
    ['the output does not go to the journal', false],
  ])('the output begins now, and a warning says what may be missing, where %s', async (_, isToJournal) => {
    journalHas(isToJournal ? undefined : LINES)
    const {text, lines} = await taken(OURS, {}, isToJournal)
    expect(text).toBe('')
    expect(lines).toEqual([NOT_TOLD])
  })

  test('the journal is asked again where the Engine goes away over it', async () => {
    journalHas(LINES.slice(0, 60))
    const {comeBack} = await takenUntilAway(LINES, () => true)
    expect(await comeBack()).toEqual({text: textOf(LINES.slice(60)), lines: []})
  })

  test('the journal is asked again where the Engine goes away before anything new is written, and then no more', async () => {
    const log = ['one\n', 'two\n', 'three\n'].map((text) => ({at: began, text}))
    journalHas(log.slice(0, 1))
    const {comeBack} = await takenUntilAway(log, ({until = Infinity}) => until > Date.now())
    expect(await comeBack()).toEqual({text: 'two\nthree\n', lines: []})
    expect((await comeBack()).text).toBe('two\nthree\n')
  })
})

describe('a container whose output is read from the log', () => {
  /** A reader that takes nothing until it is told to. */
  class Slow extends Sink {
    #go: (() => void) | undefined

    override _write(chunk: Buffer, encoding: string, done: () => void): void {
      this.#go = () => {
        super._write(chunk, encoding, done)
      }
    }

    async takes(): Promise<void> {
      await vi.waitUntil(() => this.#go !== undefined)
      this.#go?.()
      this.#go = undefined
    }
  }

  test('a slow reader holds it up, from the first line that is read until its end', async () => {
    const slow = new Slow()
    stdout = slow
    journalHas(LINES.slice(0, 60))
    const attachment = new PassThrough()
    const followed = new PassThrough()
    const logs: Engine['logs'] = (_id, span) =>
      Promise.resolve(span.until === undefined ? followed : Readable.from(dockerLog(LINES.slice(0, 80), span)))
    const {hooks} = hooksOf({logs, attach: () => Promise.resolve(attachment)})
    const {context} = hookContext()
    await hooks.reconcile?.({...context, request: plainRequest(), found: OURS})
    await hooks.start?.({...context, container})
    await vi.waitUntil(() => slow.writableLength > 0)
    expect(attachment.readableFlowing).toBe(false)

    await slow.takes()
    await vi.waitUntil(() => attachment.readableFlowing)
    for (const message of dockerLog(LINES.slice(80, 90), {since: 0})) followed.write(message)
    await vi.waitUntil(() => attachment.readableFlowing === false)

    await slow.takes()
    await vi.waitUntil(() => attachment.readableFlowing)
    attachment.write('thrown away')
    followed.end()
    await hooks.exited?.({...context, container, exit: {code: 0}})
    expect(stdout.text).toBe(textOf(LINES.slice(60, 90)))
    expect(attachment.destroyed).toBe(true)
  })

  test('its output is read all the same where the Engine lets nobody attach to it', async () => {
    journalHas(LINES.slice(0, 60))
    const attach = () =>
      Promise.reject(new EngineRefusedError('attach to the container', 409, 'it is paused', undefined))
    expect(await taken(OURS, {attach})).toEqual({text: textOf(LINES.slice(60)), lines: []})
  })
})

test.each([
  ['somebody else has made', {...OURS, labels: {}}],
  ["a user's unit of that name has made", {...OURS, labels: {'systemd-docker.unit': 'user@1000/web.service'}}],
  ['is not running', {...OURS, running: false}],
  ['is replaced by another', {...OURS, id: 'another'}],
])('a container that %s is attached to, and the journal is not asked', async (_, found) => {
  const {text} = await taken(found, {attach})
  expect(text).toBe('attached\n')
  expect(entriesOfEarlierInvocations).not.toHaveBeenCalled()
})

describe("Docker's log, read on after a restart of the Engine", () => {
  /** What is written once the Engine is back. */
  async function reconnectedTo(logs: Engine['logs']): Promise<{text: string; lines: string[]}> {
    const {hooks, lines} = hooksOf({logs, attach: () => Promise.resolve(new PassThrough().end())})
    const {context} = hookContext()
    await hooks.start?.({...context, container})
    await hooks.exited?.({...context, container, exit: {code: 0}})
    await hooks.reconnected?.({...context, container})
    await hooks.exited?.({...context, container, exit: {code: 0}})
    return {text: stdout.text, lines}
  }

  /** The same of a log that is one thing each time it is read as far as it goes. */
  async function readOn(
    there: readonly (readonly Logged[])[],
    followed: (nth: number) => readonly Logged[],
  ): Promise<{text: string; lines: string[]}> {
    let nth = -1
    return await reconnectedTo((_id, span) => {
      if (span.until !== undefined) return Promise.resolve(Readable.from(dockerLog(there[++nth] ?? [], span)))
      return Promise.resolve(Readable.from(dockerLog(followed(nth), {...span, chunk: 50})))
    })
  }

  const soon = (count: number): Logged[] => numbered(1, count, Date.now())

  test('what was read as far as it goes is not written again when it is followed', async () => {
    const log = soon(30)
    expect(await readOn([log.slice(0, 20)], () => log)).toEqual({text: textOf(log), lines: []})
  })

  test('a log whose answer the Engine does not finish is asked for again', async () => {
    const log = soon(30)
    let isCut = false
    const written = await reconnectedTo((_id, span) => {
      if (span.until === undefined || isCut) return Promise.resolve(Readable.from(dockerLog(log, span)))
      isCut = true
      const aborted = Object.assign(new Error('aborted'), {code: 'ECONNRESET'})
      return Promise.resolve(new PassThrough().destroy(aborted))
    })
    expect(written).toEqual({text: textOf(log), lines: []})
  })

  test('a log that comes too late is read again as far as it goes, as the Engine skips what it rotates', async () => {
    const log = soon(30)
    // The clock stands still in between, so that an earlier stamp is a later message.
    const late: Logged = {at: (log[19]?.at ?? 0) - 600, text: 'skipped to\n', stream: 'stderr'}
    const followed = (nth: number): Logged[] => (nth === 0 ? [...log.slice(0, 20), late] : log)
    expect(await readOn([log.slice(0, 10), log.slice(0, 25)], followed)).toEqual({text: textOf(log), lines: []})
  })

  test('a log that has rotated away what was not read has that said', async () => {
    const log = soon(30)
    const late: Logged = {at: (log[19]?.at ?? 0) - 600, text: 'skipped to\n', stream: 'stderr'}
    const followed = (nth: number): Logged[] => (nth === 0 ? [...log.slice(0, 20), late] : log.slice(24))
    const {text, lines} = await readOn([log.slice(0, 10), log.slice(24)], followed)
    expect(text).toBe(textOf([...log.slice(0, 20), ...log.slice(24)]))
    expect(lines).toEqual([expect.stringMatching(/^warn: output of the container from \S+ to \S+ may be missing here/)])
  })
})
