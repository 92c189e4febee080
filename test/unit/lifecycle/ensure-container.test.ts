import {describe, expect, test} from 'vitest'
import {emptyCreateRequest, type CreateRequest} from '../../../src/docker/create-request.js'
import type {Engine, ContainerInspection, ContainerSummary} from '../../../src/docker/engine.js'
import {EngineRefusedError} from '../../../src/errors.js'
import {LABELS, hashOf, labelled, type Invocation} from '../../../src/pipeline/labels.js'
import {ensureContainer, type EnsuredContainer, type EnsureInput} from '../../../src/lifecycle/ensure-container.js'
import {Pipeline} from '../../../src/pipeline/pipeline.js'
import {asideName} from '../../../src/lifecycle/predecessor.js'
import {CleanupStack} from '../../../src/pipeline/cleanup.js'
import type {FoundContainer, Verdict} from '../../../src/pipeline/contract.js'
import {ProcessSignals} from '../../../src/lifecycle/signals.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {inspection} from '../../support/engine/inspection.js'
import {useFakeHost} from '../../support/fake-host.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

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
  differs: Partial<ContainerInspection> = {},
  by: Invocation | undefined = BEFORE,
): ContainerInspection {
  return inspection({
    id: 'old',
    name: request.name ?? 'quirky_name',
    exitCode: 7,
    labels: labelled(request, {unit: by}).body.Labels,
    ...differs,
  })
}

type PullPolicy = EnsureInput['runRequest']['pull']

/** An Engine whose containers bear these names. */
const bearing = (containers: Readonly<Record<string, ContainerInspection>>): Partial<Engine> => ({
  inspect: (name) => Promise.resolve(containers[name]),
})

/**
 * Obtains a container; what came of it, what was asked of the Engine, and what the plugins were told of the container
 * that was there.
 */
async function obtained(
  request: CreateRequest,
  told: Partial<Engine>,
  verdict?: Verdict,
  {asked = [], pull, policy = 'missing'}: {asked?: string[]; pull?: EnsureInput['pull']; policy?: PullPolicy} = {},
): Promise<{result: EnsuredContainer; asked: string[]; found: FoundContainer[]; lines: string[]}> {
  const found: FoundContainer[] = []
  const noting =
    (what: string) =>
    (...words: unknown[]): Promise<void> =>
      Promise.resolve(void asked.push([what, ...words.filter((word) => typeof word === 'string')].join(' ')))
  const engine = fakeEngine({
    inspect: () => Promise.resolve(undefined),
    list: () => Promise.resolve([]),
    create: async ({name = 'one'}) => {
      await noting('create')(name)
      return `new ${name}`
    },
    rename: noting('rename'),
    stop: noting('stop'),
    remove: noting('remove'),
    ...told,
  })
  const {log, lines} = recordingLog()
  const stop = new ProcessSignals()
  const reconcile = (context: {found: FoundContainer}): Verdict | undefined => {
    found.push(context.found)
    return verdict
  }
  const pipeline = new Pipeline([{name: 'test', hooks: {reconcile}}], stop.signal, new CleanupStack(), log)
  const result = await ensureContainer({
    runRequest: {request, pull: policy},
    pipeline,
    engine,
    pull: pull ?? (() => Promise.reject(new Error('nothing is to be pulled'))),
    log,
    stop,
    unit: UNIT,
    openNotifier: () => ({send: () => Promise.resolve()}),
    removalPatience: 50,
  })
  return {result, asked, found, lines}
}

describe('a container that bears the name', () => {
  const request = requested('web')
  const LEFT = made(request).labels

  test('a container is used when it was made from the same line, and its last end is said', async () => {
    const {result, found, lines} = await obtained(request, {inspect: () => Promise.resolve(made(request))})
    expect(result).toEqual({container: {id: 'old', tty: false}, origin: 'restart', predecessors: []})
    expect(found).toEqual([{id: 'old', name: 'web', running: false, madeWithRm: false, labels: LEFT}])
    expect(lines).toEqual(['info: container web had exited with status 7 and is started again'])
  })

  test.each([
    [
      'was created from another command line, or on a host with another setup',
      made({...request, platform: 'linux/arm64'}).labels,
    ],
    ['was not created by systemd-docker', {}],
  ])('a container that %s is told to the plugins so', async (drift, labels) => {
    const {found} = await obtained(request, {inspect: () => Promise.resolve(made(request, {labels}))})
    expect(found).toMatchObject([{drift}])
  })

  test('a container whose image says that it is ours was not created by systemd-docker', async () => {
    const found = made(request)
    const imageLabels = (): Promise<Readonly<Record<string, string>>> => Promise.resolve(found.labels)
    const {found: told} = await obtained(request, {...bearing({web: found}), imageLabels})
    expect(told).toMatchObject([{drift: 'was not created by systemd-docker'}])
  })

  test.each([
    ['sha256:other', [{drift: 'was created from another image than busybox is now'}]],
    ['sha256:1mage', [{}]],
    ['1mage', [{}]],
    [undefined, [{}]],
  ])('a container is told to be of another image where the tag means %s', async (id, told) => {
    const {found} = await obtained(request, {...bearing({web: made(request)}), imageId: () => Promise.resolve(id)})
    expect(found.map(({drift}) => (drift === undefined ? {} : {drift}))).toEqual(told)
  })

  test('an Engine that refuses to say what a tag means says nothing of the container', async () => {
    const imageId = (): Promise<never> => Promise.reject(new EngineRefusedError('look', 400, 'bad', undefined))
    const {found} = await obtained(request, {...bearing({web: made(request)}), imageId})
    expect(found[0]).not.toHaveProperty('drift')
  })

  test.each<[Verdict, string[]]>([
    ['restart', ['pull']],
    ['replace', ['pull', 'rename old web.replaced-by-systemd-docker', 'create web']],
  ])('with --pull=always the image is fetched once where a container is there: %s', async (verdict, expected) => {
    const asked: string[] = []
    let image = 'sha256:1mage'
    const pull = (): Promise<void> => {
      image = 'sha256:new'
      return Promise.resolve(void asked.push('pull'))
    }
    const told = {...bearing({web: made(request)}), imageId: () => Promise.resolve(image)}
    const {found} = await obtained(request, told, verdict, {asked, pull, policy: 'always'})
    expect(found).toMatchObject([{drift: 'was created from another image than busybox is now'}])
    expect(asked).toEqual(expected)
  })

  test('an image that cannot be fetched fails a start with --pull=always, and nothing is done', async () => {
    const asked: string[] = []
    const pull = (): Promise<never> => Promise.reject(new Error('the registry is away'))
    const running = made(request, {state: 'running', pid: process.pid})
    const starting = obtained(request, bearing({web: running}), undefined, {asked, pull, policy: 'always'})
    await expect(starting).rejects.toThrow('the registry is away')
    expect(asked).toEqual([])
  })

  test('a container gives up its name to the one that is made anew, and runs on until that is about to start', async () => {
    const running = made(request, {state: 'running', pid: process.pid})
    const {result, asked} = await obtained(request, bearing({web: running}), 'replace')
    expect(asked).toEqual(['rename old web.replaced-by-systemd-docker', 'create web'])
    expect(result).toMatchObject({container: {id: 'new web'}, origin: 'created'})
    expect(result.predecessors).toHaveLength(1)
  })

  test('a container has its name back when the Engine refuses the one that was to be made', async () => {
    const asked: string[] = []
    const create = (): Promise<never> => Promise.reject(new EngineRefusedError('create', 400, 'bad', undefined))
    await expect(
      obtained(request, {...bearing({web: made(request)}), create}, 'replace', {asked}),
    ).rejects.toMatchObject({code: 'ENGINE_REFUSED'})
    expect(asked).toEqual(['rename old web.replaced-by-systemd-docker', 'rename old web'])
  })

  test('a container has its name while the image of the one that is to be made is pulled', async () => {
    const asked: string[] = []
    const noSuchImage = new EngineRefusedError('create', 404, 'No such image', undefined)
    const create = (): Promise<string> =>
      asked.includes('pull') ? Promise.resolve('new') : Promise.reject(noSuchImage)
    const pull = (): Promise<void> => Promise.resolve(void asked.push('pull'))
    await obtained(request, {...bearing({web: made(request)}), create}, 'replace', {asked, pull})
    const aside = 'rename old web.replaced-by-systemd-docker'
    expect(asked).toEqual([aside, 'rename old web', 'pull', aside])
  })

  test('a container that is dead is removed because nobody can start it any more', async () => {
    const dead = made(request, {state: 'dead'})
    const {result, asked} = await obtained(request, bearing({web: dead}))
    expect(asked).toEqual(['remove old without-volumes', 'create web'])
    expect(result).toMatchObject({origin: 'created', predecessors: []})
  })

  test('a container that has ended, which the Engine has not noticed, is waited for', async () => {
    const dying = made(request, {state: 'running', pid: NOBODY})
    let isOver = false
    const watch: Engine['watch'] = () =>
      Promise.resolve({exitCode: Promise.resolve(0).then(() => ((isOver = true), 0))})
    const {found} = await obtained(request, {inspect: () => Promise.resolve(isOver ? made(request) : dying), watch})
    expect(found).toEqual([{id: 'old', name: 'web', running: false, madeWithRm: false, labels: LEFT}])
  })

  test('a container that Docker starts again before its end can be waited for is taken over', async () => {
    const dying = made(request, {state: 'running', pid: NOBODY, startedAt: 1000})
    const again = made(request, {state: 'running', pid: process.ppid, startedAt: 2000})
    let isWatched = false
    const watch: Engine['watch'] = (_, __, signal) => {
      isWatched = true
      return Promise.resolve({
        exitCode: new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error)
          })
        }),
      })
    }
    const {found} = await obtained(request, {inspect: () => Promise.resolve(isWatched ? again : dying), watch})
    expect(found).toEqual([{id: 'old', name: 'web', running: true, madeWithRm: false, labels: LEFT}])
  })

  test('a container whose end the Engine does not notice fails the run', async () => {
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
    'a name is refused when it is that of a unit that is %s',
    async (state) => {
      await host.systemctlAnswers(`ActiveState=${state}`)
      const other = made(request, {}, {...UNIT, name: 'other.service'})
      await expect(obtained(request, {inspect: () => Promise.resolve(other)})).rejects.toMatchObject({
        code: 'NAME_CLAIMED',
        message:
          'the container name web belongs to other.service, which is using it: give one of the two units another --name',
      })
      expect(await host.systemctlCalls()).toEqual(['show --property=ActiveState -- other.service'])
    },
  )

  test('a name is refused when it is that of another unit and systemd does not report whether that has ended', async () => {
    await host.systemctlAnswers('ActiveState=inactive', 1)
    const other = made(request, {}, {...UNIT, name: 'other.service'})
    const asked: string[] = []
    const noting = (id: string): Promise<void> => Promise.resolve(void asked.push(id))
    await expect(
      obtained(request, {inspect: () => Promise.resolve(other), stop: noting, remove: noting}, 'replace'),
    ).rejects.toMatchObject({
      code: 'NAME_CLAIMED',
      message:
        'the container name web belongs to other.service, and systemd does not report whether that unit has ended: try again, or give one of the two units another --name',
    })
    expect(asked).toEqual([])
  })

  test.each(['inactive', 'failed'])('a name may be had from a unit that is %s', async (state) => {
    await host.systemctlAnswers(`ActiveState=${state}`)
    const other = made(request, {}, {...UNIT, name: 'other.service'})
    expect((await obtained(request, {inspect: () => Promise.resolve(other)})).result.origin).toBe('restart')
  })
})

describe('a container that is taken over', () => {
  const request = requested('web')

  test('a container that is taken over and is paused stays so, which is said once', async () => {
    const paused = made(request, {state: 'paused', pid: process.pid})
    const {result, asked, lines} = await obtained(request, bearing({web: paused}))
    expect(result.origin).toBe('adopt')
    expect(asked).toEqual([])
    expect(lines).toEqual([
      'warn: container web is paused and is taken over as it is: resume it with `docker unpause web`',
    ])
  })

  test('a container that Docker is about to start again is waited for', async () => {
    const looks = ['restarting', 'restarting', 'running'] as const
    let look = 0
    const inspect: Engine['inspect'] = (name) =>
      Promise.resolve(name === asideName('web') ? undefined : made(request, {state: looks[look++] ?? 'running'}))
    const {result, lines} = await obtained(request, {inspect})
    expect(result).toMatchObject({container: {id: 'old'}, origin: 'adopt'})
    expect(look).toBe(looks.length)
    expect(lines).toEqual(['info: container web is taken over as soon as Docker has started it again'])
  })

  test('a container that is gone before Docker has started it again is made anew', async () => {
    let look = 0
    const inspect: Engine['inspect'] = (name) =>
      Promise.resolve(name === 'web' && look++ === 0 ? made(request, {state: 'restarting'}) : undefined)
    expect((await obtained(request, {inspect})).result.origin).toBe('created')
  })

  test('a container that Docker fails to start again is started by the run', async () => {
    const looks = ['restarting', 'restarting'] as const
    let look = 0
    const inspect: Engine['inspect'] = (name) =>
      Promise.resolve(name === asideName('web') ? undefined : made(request, {state: looks[look++] ?? 'exited'}))
    const {result, lines} = await obtained(request, {inspect})
    expect(result).toMatchObject({container: {id: 'old'}, origin: 'restart'})
    expect(lines).toEqual([
      'info: container web is taken over as soon as Docker has started it again',
      'info: container web had exited with status 7 and is started again',
    ])
  })
})

describe('a start that was killed as it replaced a container', () => {
  const request = requested('web')
  const asideOf = (differs: Partial<ContainerInspection> = {}): ContainerInspection =>
    made(request, {id: 'aside', name: asideName('web'), labels: {}, ...differs})

  test('a container that made way has its name back when there was no other yet', async () => {
    const {result, asked, lines} = await obtained(request, bearing({[asideName('web')]: asideOf()}))
    expect(asked).toEqual(['rename aside web'])
    expect(result).toMatchObject({container: {id: 'aside'}, origin: 'restart'})
    expect(lines[0]).toBe(
      'warn: container web has its name back from web.replaced-by-systemd-docker: a start that was replacing it was interrupted',
    )
  })

  test('a container that made way has its name back when the other was not started, and the other goes', async () => {
    const next = made(request, {id: 'next', state: 'created'})
    const {result, asked} = await obtained(request, bearing({web: next, [asideName('web')]: asideOf()}))
    expect(asked).toEqual(['remove next with-volumes', 'rename aside web'])
    expect(result).toMatchObject({container: {id: 'aside'}})
  })

  test('a container that made way goes without its volumes when the other was started, which is used', async () => {
    const {result, asked, lines} = await obtained(
      request,
      bearing({web: made(request, {id: 'next'}), [asideName('web')]: asideOf()}),
    )
    expect(asked).toEqual(['remove aside without-volumes'])
    expect(result).toMatchObject({container: {id: 'next'}, origin: 'restart'})
    expect(lines[0]).toBe('info: container web.replaced-by-systemd-docker is removed because web has replaced it')
  })

  test('a container that somebody else has made since is let be, and so is the one that made way', async () => {
    const stranger = made(request, {id: 'stranger', state: 'created', labels: {}})
    const {result, asked, lines} = await obtained(request, bearing({web: stranger, [asideName('web')]: asideOf()}))
    expect(asked).toEqual([])
    expect(result).toMatchObject({container: {id: 'stranger'}})
    expect(lines).toEqual([
      'warn: container web.replaced-by-systemd-docker is left alone: systemd-docker did not create the container that is now named web',
    ])
  })

  test.each(['web', asideName('web')])('a container %s of another unit that is active is not touched', async (name) => {
    await host.systemctlAnswers('ActiveState=activating')
    const asked: string[] = []
    const other = made(request, {name}, {...UNIT, name: 'other.service'})
    const all = {web: made(request, {id: 'next', state: 'created'}), [asideName('web')]: asideOf(), [name]: other}
    await expect(obtained(request, bearing(all), undefined, {asked})).rejects.toMatchObject({code: 'NAME_CLAIMED'})
    expect(asked).toEqual([])
  })
})

describe('a line without a name', () => {
  const request = requested()
  const listed = (...containers: ContainerInspection[]): Partial<Engine> => ({
    list: () => Promise.resolve(containers satisfies ContainerSummary[]),
    inspect: (id) => Promise.resolve(containers.find((one) => one.id === id)),
  })

  test('a line without a name finds what an earlier invocation made from it, first the one that runs', async () => {
    const running = made(request, {id: 'running', state: 'running', pid: process.pid})
    const {result} = await obtained(request, listed(made(request), running))
    expect(result).toEqual({container: {id: 'running', tty: false}, origin: 'adopt', predecessors: []})
  })

  test('a line without a name passes over what a hostile image, or one that was made of a container of ours, says of its container', async () => {
    const other = {...request, platform: 'linux/arm64'}
    const running = made(other, {state: 'running', pid: process.pid})
    const imageLabels = (): Promise<Readonly<Record<string, string>>> => Promise.resolve(running.labels)
    const {result, asked, lines} = await obtained(request, {...listed(running), imageLabels})
    expect(result).toMatchObject({origin: 'created', predecessors: []})
    expect(asked).toEqual(['create one'])
    expect(lines).toEqual([])
  })

  test('a line without a name passes over what its own invocation has made, as another line of the unit did', async () => {
    const {result, asked} = await obtained(request, listed(made(request, {}, UNIT)))
    expect(result.origin).toBe('created')
    expect(asked).toEqual(['create one'])
  })

  test('a line without a name removes what was made from another line and never started, as a killed start leaves it', async () => {
    const unstarted = made({...request, platform: 'linux/arm64'}, {state: 'created'})
    const {result, asked} = await obtained(request, listed(unstarted))
    expect(result.predecessors).toHaveLength(1)
    for (const predecessor of result.predecessors) {
      await predecessor.makeWay(new AbortController().signal)
      await predecessor.leave(new AbortController().signal)
    }
    expect(asked).toEqual(['create one', 'remove old without-volumes'])
  })

  test('a line without a name removes what was made with --rm from another line, and whose run was killed', async () => {
    const other = {...request, platform: 'linux/arm64'}
    const ended = made(other)
    const withRm = {...ended, labels: {...ended.labels, [LABELS.rm]: 'yes'}}
    const {result, asked} = await obtained(request, listed(withRm))
    for (const predecessor of result.predecessors) await predecessor.leave(new AbortController().signal)
    expect(asked).toEqual(['create one', 'remove old with-volumes'])
  })

  test('a line without a name removes what runs from another line, and keeps what has ended', async () => {
    const other = {...request, platform: 'linux/arm64'}
    const running = made(other, {id: 'running', state: 'running', pid: process.pid})
    const {result, asked, lines} = await obtained(request, listed(running, made(other)))
    expect(result.origin).toBe('created')
    expect(asked).toEqual(['create one'])
    for (const predecessor of result.predecessors) {
      await predecessor.makeWay(new AbortController().signal)
      await predecessor.leave(new AbortController().signal)
    }
    expect(asked).toEqual(['create one', 'stop running', 'remove running without-volumes'])
    expect(lines).toEqual([
      'warn: container running, left behind by an earlier start of web.service, was created from another command line and is removed',
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
