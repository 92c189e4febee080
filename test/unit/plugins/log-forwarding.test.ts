import {once} from 'node:events'
import {Duplex, PassThrough, Writable} from 'node:stream'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import {logForwarding} from '../../../src/plugins/log-forwarding.js'
import type {CreateRequest} from '../../../src/docker/create-request.js'
import type {Engine} from '../../../src/docker/engine.js'
import {EngineRefusedError, EngineUnreachableError} from '../../../src/errors.js'
import type {Host, RunHooks} from '../../../src/pipeline/contract.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {dockerLog, type Logged} from '../../support/engine/docker-log.js'
import {frame} from '../../support/engine/frames.js'
import {hookContext, plainRequest, pluginHost} from '../../../src/testing/plugin-host.js'

/** What the line says of entries: nothing. */
const UNSAID = {'stderr-priority': undefined, 'log-level-from': undefined, multiline: undefined}

class Sink extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

/** The Engine's end of what it attaches us to: it says what `push` is given, and keeps what it hears. */
class Attached extends Duplex {
  heard = ''

  override _read(): void {
    return undefined
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.heard += chunk.toString()
    done()
  }
}

let stdout = new Sink()
let stderr = new Sink()
let stdin = new PassThrough()
let attached = new Attached()
/** The attachments to the container's input, in order. */
let inputs: Attached[] = []
let attachments: {id: string; to: 'output' | 'input'; signal: AbortSignal}[] = []

beforeEach(() => {
  stdout = new Sink()
  stderr = new Sink()
  stdin = new PassThrough()
  attached = new Attached()
  inputs = []
  attachments = []
  vi.spyOn(process, 'stdout', 'get').mockImplementation(() => stdout as unknown as typeof process.stdout)
  vi.spyOn(process, 'stderr', 'get').mockImplementation(() => stderr as unknown as typeof process.stderr)
  vi.spyOn(process, 'stdin', 'get').mockImplementation(() => stdin as unknown as typeof process.stdin)
})

const engine = fakeEngine({
  attach: (id, to, signal) => {
    attachments.push({id, to, signal})
    if (to === 'output') return Promise.resolve(attached)
    const input = new Attached()
    inputs.push(input)
    return Promise.resolve(input)
  },
})
const created = {id: '0123456789ab', tty: false}
const exit = {code: 0}

/** Its hooks, once they know whether the line has `-i`, and `-d`. */
async function hooksWith(
  {interactive, detached = false}: {interactive: boolean; detached?: boolean},
  host = pluginHost({engine}).host,
): Promise<Partial<RunHooks> | undefined> {
  const hooks = logForwarding.setup({...UNSAID, logs: true}, host)
  const request = plainRequest()
  request.body.OpenStdin = interactive
  request.body.AttachStdin = interactive && !detached
  await hooks?.resolve?.({...hookContext().context, request})
  return hooks
}

describe('with --logs', () => {
  test("the container's output becomes ours, and its end waits for the last of it", async () => {
    const hooks = await hooksWith({interactive: false})
    const {context} = hookContext()
    await hooks?.start?.({...context, container: created})
    expect(attachments).toEqual([{id: '0123456789ab', to: 'output', signal: context.signal}])
    attached.push(Buffer.concat([frame(1, 'out\n'), frame(2, 'err\n')]))
    const ended = hooks?.exited?.({...context, container: created, exit})
    attached.push(frame(1, 'last words\n'))
    attached.push(null)
    attached.end()
    await ended
    expect(stdout.text).toBe('out\nlast words\n')
    expect(stderr.text).toBe('err\n')
  })

  test('the output of a container with a terminal is taken as it is', async () => {
    const hooks = await hooksWith({interactive: false})
    const {context} = hookContext()
    await hooks?.start?.({...context, container: {...created, tty: true}})
    attached.push('$ ls\r\n')
    attached.push(null)
    attached.end()
    await hooks?.exited?.({...context, container: created, exit})
    expect(stdout.text).toBe('$ ls\r\n')
    expect(stderr.text).toBe('')
  })

  test('nothing is read from our input', async () => {
    const hooks = await hooksWith({interactive: false})
    await hooks?.start?.({...hookContext().context, container: created})
    expect(stdin.listenerCount('data')).toBe(0)
  })

  test('the stream is closed at the end of the run', async () => {
    const hooks = await hooksWith({interactive: false})
    const {context, undos} = hookContext()
    await hooks?.start?.({...context, container: created})
    expect(undos.map(({label}) => label)).toEqual(['close the stream of the output'])
    await undos[0]?.undo()
    expect(attached.destroyed).toBe(true)
    await expect(hooks?.exited?.({...context, container: created, exit})).resolves.toBeUndefined()
  })

  test('a container that was never attached to is not waited for at its end', async () => {
    const hooks = await hooksWith({interactive: false})
    await hooks?.exited?.({...hookContext().context, container: created, exit})
    expect(attachments).toEqual([])
  })

  test('an Engine that does not attach is an error', async () => {
    const hooks = logForwarding.setup({...UNSAID, logs: true}, pluginHost().host)
    await expect(hooks?.start?.({...hookContext().context, container: created})).rejects.toThrow(
      'the fake Engine was not told how to attach',
    )
  })

  test('this process stays to forward the output, and says why', async () => {
    const hooks = await hooksWith({interactive: false})
    expect(hooks?.resident?.()).toBe("it forwards the container's output")
    expect(hooks?.describe?.()).toEqual(["forward the container's output to standard output and standard error"])
  })
})

describe('with --logs and -i', () => {
  test("our input becomes the container's, to its end", async () => {
    const hooks = await hooksWith({interactive: true})
    const {context} = hookContext()
    await hooks?.start?.({...context, container: created})
    expect(attachments).toEqual([
      {id: '0123456789ab', to: 'output', signal: context.signal},
      {id: '0123456789ab', to: 'input', signal: context.signal},
    ])
    const [input = attached] = inputs
    const finished = once(input, 'finish')
    stdin.end('typed\n')
    await finished
    expect(input.heard).toBe('typed\n')
    expect(attached.writableEnded).toBe(false)
  })

  test('the end of our input is none of a container with a terminal, whose output it would end', async () => {
    const hooks = await hooksWith({interactive: true})
    await hooks?.start?.({...hookContext().context, container: {...created, tty: true}})
    stdin.end('typed\n')
    await vi.waitFor(() => {
      expect(inputs[0]?.heard).toBe('typed\n')
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(inputs[0]?.writableEnded).toBe(false)
  })

  test('an input that breaks is at its end', async () => {
    const hooks = await hooksWith({interactive: true})
    await hooks?.start?.({...hookContext().context, container: created})
    const [input = attached] = inputs
    const finished = once(input, 'finish')
    stdin.destroy(new Error('read ECONNRESET'))
    await finished
    expect(input.heard).toBe('')
  })

  test.each(['restarted', 'reconnected'] as const)('our input goes on once the container is %s', async (hook) => {
    const logs = (): Promise<Attached> => Promise.resolve(saying())
    const {host} = pluginHost({engine: {...engine, logs}})
    const hooks = await hooksWith({interactive: true}, host)
    const {context} = hookContext()
    await hooks?.start?.({...context, container: created})
    stdin.write('one\n')
    await vi.waitFor(() => {
      expect(inputs[0]?.heard).toBe('one\n')
    })
    const container = {...created, pid: 4711}
    attached.push(null)
    if (hook === 'restarted') await hooks?.restarted?.({...context, container, endedAt: Date.now()})
    else await hooks?.reconnected?.({...context, container})
    stdin.end('two\n')
    await vi.waitFor(() => {
      expect(inputs.map(({heard}) => heard)).toEqual(['one\n', 'two\n'])
      expect(inputs[1]?.writableEnded).toBe(true)
    })
  })

  test('an input that has ended ends in the next life of the container, too', async () => {
    const logs = (): Promise<Attached> => Promise.resolve(saying())
    const {host} = pluginHost({engine: {...engine, logs}})
    const hooks = await hooksWith({interactive: true}, host)
    const {context} = hookContext()
    await hooks?.start?.({...context, container: created})
    stdin.end()
    attached.push(null)
    await vi.waitFor(() => {
      expect(inputs[0]?.writableEnded).toBe(true)
    })
    await hooks?.restarted?.({...context, container: {...created, pid: 4711}, endedAt: Date.now()})
    await vi.waitFor(() => {
      expect(inputs[1]?.writableEnded).toBe(true)
    })
  })

  test('an input that cannot be connected again is one warning', async () => {
    const logs = (): Promise<Attached> => Promise.resolve(saying())
    let asked = 0
    const attach: Engine['attach'] = (id, to, signal) =>
      to === 'input' && asked++ > 0 ? Promise.reject(new Error('it is paused')) : engine.attach(id, to, signal)
    const {host, lines} = pluginHost({engine: {...engine, logs, attach}})
    const hooks = await hooksWith({interactive: true}, host)
    const {context} = hookContext()
    await hooks?.start?.({...context, container: created})
    attached.push(null)
    await hooks?.reconnected?.({...context, container: created})
    await vi.waitFor(() => {
      expect(lines).toEqual(['warn: standard input is not connected any more: it is paused'])
    })
  })

  test('nothing is read from our input with -d, and nobody ends that of the container', async () => {
    const hooks = await hooksWith({interactive: true, detached: true})
    await hooks?.start?.({...hookContext().context, container: created})
    expect(attachments.map(({to}) => to)).toEqual(['output'])
    expect(stdin.listenerCount('data')).toBe(0)
  })

  test('our input is let go of at the end of the run', async () => {
    const hooks = await hooksWith({interactive: true})
    const {context, undos} = hookContext()
    await hooks?.start?.({...context, container: created})
    expect(undos.map(({label}) => label)).toEqual(['close the stream of the output', 'let go of standard input'])
    await undos[1]?.undo()
    expect(stdin.destroyed).toBe(true)
    expect(inputs[0]?.destroyed).toBe(true)
    expect(attached.destroyed).toBe(false)
  })
})

describe('with a terminal', () => {
  test('the terminal of the container has the size of ours, and follows it', async () => {
    const sizes: unknown[] = []
    const resize: Engine['resize'] = (id, size) => {
      sizes.push([id, size])
      return Promise.resolve()
    }
    const hooks = await hooksWith({interactive: false}, pluginHost({engine: {...engine, resize}}).host)
    const terminal = Object.assign(stdout, {isTTY: true, rows: 24, columns: 80})
    const {context, undos} = hookContext()
    const container = {...created, tty: true}
    await hooks?.ready?.({...context, container})
    terminal.rows = 50
    terminal.emit('resize')
    for (const {undo} of undos) await undo()
    terminal.emit('resize')
    expect(sizes).toEqual([
      ['0123456789ab', {rows: 24, columns: 80}],
      ['0123456789ab', {rows: 50, columns: 80}],
    ])
  })

  test('a container without a terminal has no size', async () => {
    const hooks = await hooksWith({interactive: false})
    Object.assign(stdout, {isTTY: true, rows: 24, columns: 80})
    await expect(hooks?.ready?.({...hookContext().context, container: created})).resolves.toBeUndefined()
  })
})

test('the plugin sits the run out with --logs=false', () => {
  expect(logForwarding.setup({...UNSAID, logs: false}, pluginHost({engine}).host)).toBeUndefined()
})

/** A stream of the Engine's that says this and ends. */
function saying(...chunks: readonly Buffer[]): Attached {
  const stream = new Attached()
  for (const chunk of [...chunks, null]) stream.push(chunk)
  stream.end()
  return stream
}

const minutesAgo = (minutes: number): number => Date.now() - minutes * 60_000

/** What is said of an Engine that ended while the container was saying something. */
const LOST = expect.stringMatching(/^info: the Engine may have lost output of the container when it ended/) as string

/** The hooks of a run whose container has said `one`, until its stream was cut. */
async function cutAfterOne(told: Partial<Engine>): Promise<{hooks: Partial<RunHooks> | undefined; lines: string[]}> {
  let attachedTo = 0
  const attach: Engine['attach'] = (...asked) =>
    attachedTo++ === 0 ? Promise.resolve(saying(frame(1, 'one\n'))) : (told.attach ?? fakeEngine().attach)(...asked)
  const {host, lines} = pluginHost({engine: fakeEngine({...told, attach})})
  const hooks = logForwarding.setup({...UNSAID, logs: true}, host)
  const {context} = hookContext()
  await hooks?.start?.({...context, container: created})
  await hooks?.exited?.({...context, container: created, exit})
  return {hooks, lines}
}

/** An Engine whose log of the container holds this from the first time on that it is asked. */
function withLog(log: () => readonly Logged[]): Partial<Engine> {
  let held: readonly Logged[] | undefined
  return {
    logs: (_id, span) => Promise.resolve(saying(...dockerLog((held ??= log()), span))),
    attach: () => Promise.resolve(new Attached()),
  }
}

describe.each(['restarted', 'reconnected'] as const)('once the container is %s', (hook) => {
  const lost = hook === 'reconnected' ? [LOST] : []

  /** What is written and warned of after that. */
  async function after(told: Partial<Engine>): Promise<string[]> {
    const {hooks, lines} = await cutAfterOne(told)
    const {context} = hookContext()
    const container = {...created, pid: 4711}
    if (hook === 'restarted') await hooks?.restarted?.({...context, container, endedAt: Date.now()})
    else await hooks?.reconnected?.({...context, container})
    await hooks?.exited?.({...context, container, exit})
    return lines
  }

  test("Docker's log goes on behind what was written", async () => {
    const one = Date.now()
    const texts = ['one\n', 'two\n', 'three\n']
    const lines = await after(withLog(() => texts.map((text, index) => ({at: one + index, text}))))
    expect(stdout.text).toBe('one\ntwo\nthree\n')
    expect(lines).toEqual(lost)
  })

  test('a warning says when something may be missing', async () => {
    const lines = await after(withLog(() => [{at: Date.now() + 5000, text: 'two\n'}]))
    expect(stdout.text).toBe('one\ntwo\n')
    expect(lines).toEqual([
      ...lost,
      expect.stringMatching(
        /^warn: output of the container from \S+Z to \S+Z may be missing here, because Docker's log no longer has what came before$/,
      ),
    ])
  })

  test('what comes after a log that cannot be read is not left out, and there is a warning', async () => {
    const logs = () => Promise.reject(new Error('no log'))
    const lines = await after({logs, attach: () => Promise.resolve(saying(frame(1, 'two\n')))})
    expect(stdout.text).toBe('one\ntwo\n')
    expect(lines).toEqual([
      ...lost,
      expect.stringMatching(/^warn: output of the container may be missing here.*no log$/),
    ])
  })

  test('a warning says that nothing more comes where neither log nor attach is to be had', async () => {
    const logs = () => Promise.reject(new Error('no log'))
    const lines = await after({logs, attach: () => Promise.reject(new Error('paused'))})
    expect(lines.at(-1)).toBe('warn: output of the container is not forwarded from here on: paused')
  })

  test('an Engine that has gone away again is left to be heard of again', async () => {
    const logs = () => Promise.reject(new EngineUnreachableError('unix:///fake/docker.sock', new Error('gone')))
    expect(await after({logs})).toEqual(lost)
  })
})

test('a log that is cut while it is searched ends nothing', async () => {
  const logs = () => {
    const stream = new Attached()
    stream.destroy(new Error('read ECONNRESET'))
    return Promise.resolve(stream)
  }
  const {hooks, lines} = await cutAfterOne({logs, attach: () => Promise.reject(new Error('away'))})
  const {context} = hookContext()
  await hooks?.reconnected?.({...context, container: created})
  await expect(hooks?.exited?.({...context, container: created, exit})).resolves.toBeUndefined()
  expect(lines).toEqual([LOST, expect.stringMatching(/^warn: /), expect.stringMatching(/^warn: /)])
})

test('a log that does not come is waited for no longer than the run', async () => {
  const logs: Engine['logs'] = (_id, _span, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error('aborted'))
      })
    })
  const {host, lines} = pluginHost({
    engine: fakeEngine({logs, attach: () => Promise.resolve(saying(frame(1, 'one\n')))}),
  })
  const hooks = logForwarding.setup({...UNSAID, logs: true}, host)
  const {context, undos} = hookContext()
  await hooks?.start?.({...context, container: created})
  await hooks?.exited?.({...context, container: created, exit})
  await hooks?.reconnected?.({...context, container: created})
  const ended = hooks?.exited?.({...context, container: created, exit})
  await undos[0]?.undo()
  await ended
  expect(lines).toEqual([LOST])
})

describe('a container that is paused', () => {
  const attach = () => Promise.reject(new EngineRefusedError('attach to the container', 409, 'it is paused', undefined))

  test('a container that is paused is taken over by its log, from now on', async () => {
    const log = (): Logged[] => [
      {at: minutesAgo(1), text: 'before\n'},
      {at: Date.now() + 1000, text: 'after\n'},
    ]
    const {host, lines} = pluginHost({engine: fakeEngine({...withLog(log), attach})})
    const hooks = logForwarding.setup({...UNSAID, logs: true}, host)
    const {context, undos} = hookContext()
    await hooks?.start?.({...context, container: created})
    await hooks?.exited?.({...context, container: created, exit})
    expect(stdout.text).toBe('after\n')
    expect(lines).toEqual([])
    expect(undos.map(({label}) => label)).toEqual(['close the stream of the output'])
  })

  test('a container that is paused has no input with -i, which is said', async () => {
    const {host, lines} = pluginHost({engine: fakeEngine({...withLog(() => []), attach})})
    const hooks = logForwarding.setup({...UNSAID, logs: true}, host)
    const request = plainRequest()
    request.body.OpenStdin = true
    request.body.AttachStdin = true
    await hooks?.resolve?.({...hookContext().context, request})
    await hooks?.start?.({...hookContext().context, container: created})
    expect(lines).toEqual([expect.stringMatching(/^warn: standard input is not connected: .*it is paused/)])
  })
})

describe('with --handover', () => {
  const unit = {name: 'web.service', manager: 'system'} as const
  const request = (): CreateRequest => plainRequest()

  async function resolved(
    asked: CreateRequest,
    around: Partial<Host> = {unit},
  ): Promise<{hooks: Partial<RunHooks> | undefined; request: CreateRequest}> {
    const hooks = logForwarding.setup({...UNSAID, logs: true}, pluginHost({...around, handover: true}).host)
    await hooks?.resolve?.({...hookContext().context, request: asked})
    return {hooks, request: asked}
  }

  test('the Engine writes to the journal under the name of the unit, and nobody stays', async () => {
    const {hooks, request: made} = await resolved(request())
    expect(made.body.HostConfig.LogConfig).toEqual({
      Type: 'journald',
      Config: {labels: 'OBJECT_SYSTEMD_UNIT', tag: '{{.Name}}'},
    })
    expect(made.body.Labels).toEqual({OBJECT_SYSTEMD_UNIT: 'web.service'})
    expect(hooks?.resident?.()).toBeUndefined()
    expect(hooks?.describe?.()).toHaveLength(1)
  })

  test.each([
    {Type: 'none', Config: {}},
    {Type: '', Config: {'max-size': '1m'}},
  ])('a log driver that the line says stays: %j', async (LogConfig) => {
    const asked = request()
    asked.body.HostConfig.LogConfig = LogConfig
    const {hooks, request: made} = await resolved(asked)
    expect(made.body.HostConfig.LogConfig).toEqual(LogConfig)
    expect(made.body.Labels).toEqual({})
    expect(hooks?.describe?.()).toEqual([])
  })

  test.each([
    [{}, {labels: 'OBJECT_SYSTEMD_UNIT', tag: '{{.Name}}'}],
    [
      {tag: 'web', labels: 'a,b', mode: 'non-blocking'},
      {labels: 'a,b,OBJECT_SYSTEMD_UNIT', tag: 'web', mode: 'non-blocking'},
    ],
  ])('the journald driver that the line says writes under the name of the unit, too: %j', async (Config, expected) => {
    const asked = request()
    asked.body.HostConfig.LogConfig = {Type: 'journald', Config}
    const {hooks, request: made} = await resolved(asked)
    expect(made.body.HostConfig.LogConfig).toEqual({Type: 'journald', Config: expected})
    expect(made.body.Labels).toEqual({OBJECT_SYSTEMD_UNIT: 'web.service'})
    expect(hooks?.describe?.()).toHaveLength(1)
  })

  test('the Engine writes as it does outside of a unit', async () => {
    expect((await resolved(request(), {})).request).toEqual(request())
  })

  test("a hand-over in a user's unit is refused, as the Engine could not write there", async () => {
    await expect(resolved(request(), {unit: {name: 'web.service', manager: 'user'}})).rejects.toMatchObject({
      code: 'REFUSED_OPTION',
    })
  })
})

describe('with --detach', () => {
  const unit = {name: 'web.service', manager: 'system'} as const

  test("the output of the unit's own container is written to the journal by the Engine", async () => {
    const detached = {role: 'service', isFollowed: false} as const
    const hooks = logForwarding.setup({...UNSAID, logs: true}, pluginHost({unit, detached}).host)
    const request = plainRequest()
    await hooks?.resolve?.({...hookContext().context, request})
    expect(request.body.HostConfig.LogConfig.Type).toBe('journald')
    expect(hooks?.resident?.()).toBeUndefined()
  })

  test.each([
    ["a container that runs beside the unit's own process", {unit, detached: {role: 'helper', isFollowed: true}}],
    [
      "a container of a user's unit",
      {unit: {...unit, manager: 'user'}, detached: {role: 'service', isFollowed: false}},
    ],
  ] as const)("the output of %s is Docker's alone", (_, around) => {
    expect(logForwarding.setup({...UNSAID, logs: true}, pluginHost(around).host)).toBeUndefined()
  })
})
