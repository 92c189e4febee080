import {describe, expect, test} from 'vitest'
import {emptyCreateRequest, type CreateRequest} from '../../../src/docker/create-request.js'
import type {Engine, Inspected, Listed} from '../../../src/docker/engine.js'
import {LABELS, hashOf, labelled, type Invocation} from '../../../src/run/labels.js'
import {obtain, type Obtained} from '../../../src/run/obtain.js'
import {Pipeline} from '../../../src/run/pipeline.js'
import {Releases} from '../../../src/run/release.js'
import type {FoundContainer, Verdict} from '../../../src/run/run-plugin.js'
import {StopRequests} from '../../../src/run/stop.js'
import {fakeEngine} from '../../helpers/fake-engine.js'
import {useFakeHost} from '../support/fake-host.js'
import {recordingLog} from '../support/recording-log.js'

const UNIT: Invocation = {name: 'web.service', manager: 'system', id: 'now'}
const BEFORE: Invocation = {...UNIT, id: 'before'}
/** No process has it (proc(5), `/proc/sys/kernel/pid_max`). */
const NOBODY = 2 ** 22 + 1
const host = useFakeHost()

const requested = (name?: string): CreateRequest => ({
  ...emptyCreateRequest('busybox', []),
  ...(name === undefined ? {} : {name}),
})

/** A container that was made for the request, by an earlier invocation of the unit. */
function made(
  request: CreateRequest,
  differs: Partial<Inspected> = {},
  by: Invocation | undefined = BEFORE,
): Inspected {
  return {
    id: 'old',
    name: request.name ?? 'quirky_name',
    state: 'exited',
    pid: 0,
    tty: false,
    exitCode: 7,
    outOfMemory: false,
    startedAt: 1000,
    finishedAt: 0,
    stopSignal: '',
    stopTimeout: undefined,
    hasRotatingLog: false,
    labels: labelled(request, by).body.Labels,
    ...differs,
  }
}

/** Obtains a container; what came of it, what was asked of the Engine, and what the plugins were told of the container that was there. */
async function obtained(
  request: CreateRequest,
  told: Partial<Engine>,
  verdict?: Verdict,
): Promise<{result: Obtained; asked: string[]; found: FoundContainer[]; lines: string[]}> {
  const asked: string[] = []
  const found: FoundContainer[] = []
  const noting = (what: string) => (id: string) => Promise.resolve(void asked.push(`${what} ${id}`))
  const engine = fakeEngine({
    inspect: () => Promise.resolve(undefined),
    list: () => Promise.resolve([]),
    create: ({name}) => Promise.resolve(`new ${name ?? 'one'}`),
    stop: noting('stop'),
    remove: noting('remove'),
    ...told,
  })
  const {log, lines} = recordingLog()
  const stop = new StopRequests()
  const reconcile = (context: {found: FoundContainer}): Verdict | undefined => {
    found.push(context.found)
    return verdict
  }
  const pipeline = new Pipeline([{name: 'test', hooks: {reconcile}}], stop.signal, new Releases(), log)
  const result = await obtain({
    order: {request, pull: 'missing'},
    pipeline,
    engine,
    pull: () => Promise.reject(new Error('nothing is to be pulled')),
    log,
    stop,
    unit: UNIT,
    removalPatience: 50,
  })
  return {result, asked, found, lines}
}

describe('a container that bears the name', () => {
  const request = requested('web')

  test('is used when it was made from the same line, and its last end is said', async () => {
    const {result, found, lines} = await obtained(request, {inspect: () => Promise.resolve(made(request))})
    expect(result).toEqual({container: {id: 'old', tty: false}, origin: 'restart'})
    expect(found).toEqual([{id: 'old', name: 'web', running: false}])
    expect(lines).toEqual(['info: container web had ended with status 7 and is started again'])
  })

  test.each([
    [
      'was made from another line, or on a host that was set up otherwise',
      made({...request, platform: 'linux/arm64'}).labels,
    ],
    ['was not made by systemd-docker', {}],
  ])('that %s is told to the plugins so', async (drift, labels) => {
    const {found} = await obtained(request, {inspect: () => Promise.resolve(made(request, {labels}))})
    expect(found).toMatchObject([{drift}])
  })

  test('is stopped before it is removed when it runs and is to be made anew', async () => {
    const running = made(request, {state: 'running', pid: process.pid})
    const {result, asked} = await obtained(request, {inspect: () => Promise.resolve(running)}, 'replace')
    expect(asked).toEqual(['stop old', 'remove old'])
    expect(result).toMatchObject({container: {id: 'new web'}, origin: 'created'})
  })

  test('is waited for when it has ended and the Engine has not noticed', async () => {
    const dying = made(request, {state: 'running', pid: NOBODY})
    let isOver = false
    const watch: Engine['watch'] = () =>
      Promise.resolve({exitCode: Promise.resolve(0).then(() => ((isOver = true), 0))})
    const {found} = await obtained(request, {inspect: () => Promise.resolve(isOver ? made(request) : dying), watch})
    expect(found).toEqual([{id: 'old', name: 'web', running: false}])
  })

  test('and whose end the Engine does not notice fails the run', async () => {
    const watch: Engine['watch'] = (_, __, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error)
        })
      })
    const inspect = () => Promise.resolve(made(request, {state: 'running', pid: NOBODY}))
    await expect(obtained(request, {inspect, watch})).rejects.toMatchObject({code: 'NAME_TAKEN'})
  })

  test.each(['active', 'activating', 'deactivating'])(
    'is refused when it is that of a unit that is %s',
    async (state) => {
      await host.systemctlAnswers(`ActiveState=${state}`)
      const other = made(request, {}, {...UNIT, name: 'other.service'})
      await expect(obtained(request, {inspect: () => Promise.resolve(other)})).rejects.toMatchObject({
        code: 'NAME_CLAIMED',
        message:
          'the container name web is that of other.service, which uses it: give one of the two units another --name',
      })
      expect(await host.systemctlCalls()).toEqual(['show --property=ActiveState -- other.service'])
    },
  )

  test('is refused when it is that of another unit and systemd does not answer whether that has ended', async () => {
    await host.systemctlAnswers('ActiveState=inactive', 1)
    const other = made(request, {}, {...UNIT, name: 'other.service'})
    const asked: string[] = []
    const noting = (id: string): Promise<void> => Promise.resolve(void asked.push(id))
    await expect(
      obtained(request, {inspect: () => Promise.resolve(other), stop: noting, remove: noting}, 'replace'),
    ).rejects.toMatchObject({
      code: 'NAME_CLAIMED',
      message:
        'the container name web is that of other.service, and systemd does not answer whether that unit has ended: try again, or give one of the two units another --name',
    })
    expect(asked).toEqual([])
  })

  test.each(['inactive', 'failed'])('may be had from a unit that is %s', async (state) => {
    await host.systemctlAnswers(`ActiveState=${state}`)
    const other = made(request, {}, {...UNIT, name: 'other.service'})
    expect((await obtained(request, {inspect: () => Promise.resolve(other)})).result.origin).toBe('restart')
  })
})

describe('a line without a name', () => {
  const request = requested()
  const listed = (...containers: Inspected[]): Partial<Engine> => ({
    list: () => Promise.resolve(containers satisfies Listed[]),
    inspect: (id) => Promise.resolve(containers.find((one) => one.id === id)),
  })

  test('finds what an earlier invocation made from it, first the one that runs', async () => {
    const running = made(request, {id: 'running', state: 'running', pid: process.pid})
    const {result} = await obtained(request, listed(made(request), running))
    expect(result).toEqual({container: {id: 'running', tty: false}, origin: 'adopt'})
  })

  test('passes over what its own invocation has made, as another line of the unit did', async () => {
    const {result, asked} = await obtained(request, listed(made(request, {}, UNIT)))
    expect(result.origin).toBe('created')
    expect(asked).toEqual([])
  })

  test('removes what runs from another line, and keeps what has ended', async () => {
    const other = {...request, platform: 'linux/arm64'}
    const running = made(other, {id: 'running', state: 'running', pid: process.pid})
    const {result, asked, lines} = await obtained(request, listed(running, made(other)))
    expect(result.origin).toBe('created')
    expect(asked).toEqual(['stop running', 'remove running'])
    expect(lines).toEqual([
      'warn: container running, which an earlier start of web.service left, was made from another line and is removed',
    ])
  })
})

test('a new container has the labels of the unit, its invocation and the request', async () => {
  const request = requested('web')
  const labels: Record<string, string>[] = []
  const create: Engine['create'] = ({body}) => {
    labels.push(body.Labels)
    return Promise.resolve('new')
  }
  await obtained(request, {create})
  expect(labels).toMatchObject([
    {[LABELS.unit]: 'web.service', [LABELS.invocation]: 'now', [LABELS.request]: hashOf(request)},
  ])
})
