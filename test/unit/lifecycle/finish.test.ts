import {execFileSync} from 'node:child_process'
import {access, lstat, symlink, writeFile} from 'node:fs/promises'
import {describe, expect, onTestFinished, test} from 'vitest'
import type {Engine, ContainerInspection} from '../../../src/docker/engine.js'
import {finish} from '../../../src/lifecycle/finish.js'
import {BUILT_IN} from '../../../src/plugins/index.js'
import type {FinishContext, RunPlugin} from '../../../src/pipeline/contract.js'
import {LABELS, type Invocation} from '../../../src/pipeline/labels.js'
import {ProcessSignals} from '../../../src/lifecycle/signals.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {engineInfo} from '../../support/engine/engine-info.js'
import {inspection} from '../../support/engine/inspection.js'
import {useFakeHost} from '../../support/fake-host.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

const UNIT: Invocation = {name: 'web.service', manager: 'system', id: 'a1b2'}
const STOP_JOB = '123 web.service stop running'
const EXITED = inspection({
  id: 'c0ffee',
  exitCode: 7,
  startedAt: 1000,
  finishedAt: 5000,
  labels: {[LABELS.unit]: UNIT.name},
})
/** The labels of this unit's container, with those that the plugins have put there. */
const labelsWith = (given: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
  ...EXITED.labels,
  [LABELS.given]: JSON.stringify(Object.keys(given)),
  ...given,
})
const host = useFakeHost()

/** An event of an end, as this unit's container had it. */
const end = (exitCode: number | undefined, unit = UNIT.name, ...sent: readonly number[]) => ({
  id: 'c0ffee',
  at: 5000,
  name: 'web',
  labels: {[LABELS.unit]: unit},
  exitCode,
  sent: new Set(sent),
})

interface Circumstances {
  readonly env?: NodeJS.ProcessEnv
  readonly unit?: Invocation
  readonly told?: Partial<Engine>
  readonly plugins?: readonly RunPlugin[]
  readonly stop?: ProcessSignals
}

/** Finishes a unit whose container is found so; what came of it, and what was asked of the Engine. */
async function finished(
  found: Partial<ContainerInspection> | undefined,
  {env = {}, unit = UNIT, told = {}, plugins = BUILT_IN, stop = new ProcessSignals()}: Circumstances = {},
): Promise<{status: number; lines: string[]; asked: string[]}> {
  const asked: string[] = []
  const {log, lines} = recordingLog()
  const noting = (name: string) => (): Promise<void> => Promise.resolve(void asked.push(name))
  const engine = fakeEngine({
    inspect: () => Promise.resolve(found && {...EXITED, ...found}),
    ends: () => Promise.resolve([end(found?.exitCode ?? 7)]),
    info: () => Promise.resolve(engineInfo()),
    stop: noting('stop'),
    remove: noting('remove'),
    ...told,
  })
  const send = (): Promise<void> => Promise.resolve()
  const loadPlugins = () => Promise.resolve(plugins.map((plugin) => ({plugin, options: {}})))
  const status = await finish({name: 'web', engine, unit, env, log, stop, openNotifier: () => ({send}), loadPlugins})
  return {status, lines, asked}
}

describe('the status of finish', () => {
  test.each([
    ['is the one of the container', {exitCode: 7}, '', 7],
    ['is 0 for 0', {exitCode: 0}, '', 0],
    ['is that of a death by a signal that nobody asked for', {exitCode: 143}, '', 143],
    ['is 0 for a death by the signal of a stop', {exitCode: 143}, STOP_JOB, 0],
    ['is 0 for that of a restart as well', {exitCode: 143}, '7 web.service restart running', 0],
    ['is not 0 for a death by a signal while the unit starts', {exitCode: 143}, '7 web.service start running', 143],
    ['is 0 where a start that waits took the place of the stop', {exitCode: 143}, '8 web.service start waiting', 0],
    ['is 137 for a container that had to be killed', {exitCode: 137}, STOP_JOB, 137],
    ['is what a stopped container chose itself', {exitCode: 3}, STOP_JOB, 3],
  ])('the status of finish %s', async (_, found, jobs, status) => {
    await host.systemctlAnswers(jobs)
    expect((await finished(found)).status).toBe(status)
  })

  test.each([
    ['an Engine that was asked to, at once', STOP_JOB, [9], 'was ended by SIGKILL, sent through the Engine'],
    ['an Engine that was asked to stop it', STOP_JOB, [15, 9], 'was killed as it did not stop in time'],
    ['systemd', STOP_JOB, [], 'was killed as it did not stop in time'],
    ['an Engine that was asked to, outside of a stop', '', [9], 'was ended by SIGKILL, sent through the Engine'],
    ['nobody that is known', '', [], 'ended with status 137'],
  ])('finish says how a container ended that was killed by %s', async (_, jobs, sent, words) => {
    await host.systemctlAnswers(jobs)
    for (const found of [{exitCode: 137}, undefined]) {
      const ends = () => Promise.resolve([end(137, UNIT.name, ...sent)])
      const {status, lines} = await finished(found, {told: {ends}})
      expect({status, words: lines.at(-1)}).toEqual({status: 137, words: expect.stringContaining(words) as unknown})
    }
  })

  test('the status of finish heeds a stop that systemd does not answer for at first', async () => {
    await host.systemctlAnswers('', 1)
    const told: Partial<Engine> = {
      inspect: async () => {
        await host.systemctlAnswers(STOP_JOB)
        return {...EXITED, exitCode: 143}
      },
    }
    expect((await finished({exitCode: 143}, {told})).status).toBe(0)
  })

  test('the status of finish is 0 where systemd knows, as the main process was ours', async () => {
    expect(await finished({exitCode: 7}, {env: {EXIT_CODE: 'exited'}})).toMatchObject({status: 0, lines: []})
  })

  test('the status of finish is the one that the Engine remembers of a container that is gone, of this unit', async () => {
    expect((await finished(undefined)).status).toBe(7)
    const ends = () => Promise.resolve([end(9, 'another.service')])
    expect((await finished(undefined, {told: {ends}})).status).toBe(0)
  })

  test('the status of finish is 125 for a container that ended with 0 because its Engine did, which the next knows nothing of', async () => {
    const told = {ends: () => Promise.resolve([])}
    const {status, lines} = await finished({exitCode: 0}, {told})
    expect({status, lines}).toEqual({status: 125, lines: ['warn: container web ended with the Engine']})
    expect((await finished({exitCode: 9}, {told})).status).toBe(9)
    const liveRestore = {...told, info: () => Promise.resolve({...engineInfo(), liveRestore: true})}
    expect((await finished({exitCode: 0}, {told: liveRestore})).status).toBe(0)
  })

  test('the status of finish is 125 where a label may have been laid over the one that the Engine remembers', async () => {
    const {status, lines} = await finished(undefined, {told: {ends: () => Promise.resolve([end(undefined)])}})
    expect(status).toBe(125)
    expect(lines).toEqual(['warn: container web ended, and the Engine does not report its status'])
  })

  test('the status of finish is none outside of a unit', async () => {
    const {log} = recordingLog()
    const stop = new ProcessSignals()
    const openNotifier = () => ({send: () => Promise.resolve()})
    const loadPlugins = () => Promise.resolve([])
    const finishing = {
      name: 'web',
      engine: fakeEngine(),
      unit: undefined,
      env: {},
      log,
      stop,
      openNotifier,
      loadPlugins,
    }
    await expect(finish(finishing)).rejects.toMatchObject({code: 'FINISH'})
  })
})

describe('what finish clears away', () => {
  test('finish clears away a container of --rm and the pid file, as its labels say', async () => {
    const pidFile = host.in('x.pid')
    await writeFile(pidFile, '1\n')
    const labels = labelsWith({'systemd-docker.remove': 'yes', 'systemd-docker.pid-file': pidFile})
    expect((await finished({labels})).asked).toEqual(['remove'])
    await expect(access(pidFile)).rejects.toMatchObject({code: 'ENOENT'})
  })

  test.each([
    ['a FIFO', 'it is a FIFO, not a regular file', (path: string) => execFileSync('mkfifo', [path])],
    ['a link', 'it is a link, not a regular file', (path: string) => symlink('/dev/zero', path)],
    ['a file that is no pid file', 'it has more than 8 bytes', (path: string) => writeFile(path, '1'.repeat(9))],
  ])(
    'finish clears away the container before it looks at the pid file: %s in its place is left, and said',
    async (_, why, put) => {
      const pidFile = host.in('x.pid')
      await put(pidFile)
      const labels = labelsWith({'systemd-docker.remove': 'yes', 'systemd-docker.pid-file': pidFile})
      const {status, lines, asked} = await finished({labels})
      expect({status, asked}).toEqual({status: 7, asked: ['remove']})
      expect(lines).toContain(`warn: the pid file ${pidFile} is left behind: cannot read ${pidFile}: ${why}`)
      await lstat(pidFile)
    },
  )

  test('finish clears away nothing of a container that is kept', async () => {
    expect((await finished({labels: labelsWith({})})).asked).toEqual([])
  })

  test('finish clears away nothing of a container of an image that has such labels itself', async () => {
    const labels = labelsWith({'systemd-docker.remove': 'yes', 'systemd-docker.pid-file': '/run/sshd.pid'})
    const told = {ends: () => Promise.resolve([]), imageLabels: () => Promise.resolve(labels)}
    expect(await finished({labels}, {told})).toMatchObject({status: 0, asked: []})
  })

  test("finish clears away nothing of another unit's container, nor of one whose id begins so", async () => {
    const labels = {...labelsWith({'systemd-docker.remove': 'yes'}), [LABELS.unit]: 'other.service'}
    const told = {ends: () => Promise.resolve([])}
    expect(await finished({labels}, {told})).toMatchObject({status: 0, asked: []})
    expect(await finished({name: 'web-2'}, {told})).toMatchObject({status: 0, asked: []})
  })

  test('a failure to clear away is said', async () => {
    const labels = labelsWith({'systemd-docker.remove': 'yes'})
    const told = {remove: () => Promise.reject(new Error('device busy'))}
    expect((await finished({labels}, {told})).lines).toContain('warn: container c0ffee is left behind: device busy')
  })
})

test('a container that runs on after its unit is stopped by finish', async () => {
  let looks = 0
  const told: Partial<Engine> = {
    inspect: () => Promise.resolve(looks++ === 0 ? {...EXITED, state: 'running', pid: process.pid} : EXITED),
    watch: () => Promise.resolve({exitCode: Promise.resolve(7)}),
  }
  expect(await finished({}, {told})).toMatchObject({status: 7, asked: ['stop']})
})

test.each([
  ['infinity', undefined, -1],
  ['infinity', 5, 5],
])(
  'a container that runs on after its unit with TimeoutStopSec=%s, and a stop timeout of %s, has %d s to stop',
  async (limit, stopTimeout, seconds) => {
    await host.systemctlAnswers(`TimeoutStopUSec=${limit}`)
    let looks = 0
    const given: (number | undefined)[] = []
    const told: Partial<Engine> = {
      inspect: () => {
        const running = {...EXITED, state: 'running', pid: process.pid, stopTimeout} as const
        return Promise.resolve(looks++ === 0 ? running : EXITED)
      },
      stop: (_, __, time) => Promise.resolve(void given.push(time)),
      watch: () => Promise.resolve({exitCode: Promise.resolve(7)}),
    }
    await finished({}, {told})
    expect(given).toEqual([seconds])
  },
)

describe('the plugins', () => {
  /** A plugin that notes what it is called with. */
  const noting = (called: unknown[]): RunPlugin => ({
    name: 'noting',
    options: {},
    setup: () => undefined,
    finish: ({container, labels, exit, options}) => void called.push({container, labels, exit, options}),
  })
  const container = {id: 'c0ffee', name: 'web'}

  test.each<[string, Partial<ContainerInspection>, string, FinishContext['exit']]>([
    ['ended by itself', {exitCode: 7}, '', {code: 7}],
    ['had to be killed in a stop', {exitCode: 137}, STOP_JOB, {code: 137, why: 'stop-timeout'}],
    ['has never run', {state: 'created'}, '', undefined],
  ])(
    'the plugins are told of a container that %s, with the labels that the run has put there',
    async (_, found, jobs, exit) => {
      await host.systemctlAnswers(jobs)
      const called: unknown[] = []
      const labels = {...labelsWith({mine: 'x'}), 'of the image': 'y'}
      await finished({...found, labels}, {plugins: [noting(called)]})
      expect(called).toEqual([{container, labels: {mine: 'x'}, exit, options: {}}])
    },
  )

  test('the plugins are told of a container that somebody has removed, of whose labels nobody knows', async () => {
    const called: unknown[] = []
    await finished(undefined, {plugins: [noting(called)]})
    expect(called).toEqual([{container, labels: {}, exit: {code: 7}, options: {}}])
  })

  test('the plugins are not called for a container that was gone before the unit began', async () => {
    await host.systemctlAnswers(`InactiveExitTimestampMonotonic=${String(process.hrtime.bigint() / 1000n)}`)
    const called: unknown[] = []
    expect((await finished(undefined, {plugins: [noting(called)]})).status).toBe(0)
    expect(called).toEqual([])
  })

  test.each<[string, () => Promise<void>]>([
    ['rejects', () => Promise.reject(new Error('no\nspace'))],
    [
      'throws',
      () => {
        throw new Error('no space')
      },
    ],
  ])('the plugins are called in reverse order, and one that %s is a warning', async (_, fail) => {
    const called: string[] = []
    const plugin = (name: string, then: () => Promise<void>): RunPlugin => ({
      ...noting([]),
      name,
      finish: async () => {
        called.push(name)
        await then()
      },
    })
    const done = (): Promise<void> => Promise.resolve()
    const plugins = [plugin('first', done), plugin('broken', fail), plugin('last', done)]
    const {status, lines} = await finished({exitCode: 7}, {plugins})
    expect(called).toEqual(['last', 'broken', 'first'])
    expect(lines).toEqual(['warn: broken (finish): no space', 'info: container web ended with status 7'])
    expect(status).toBe(7)
  })

  test('the plugins are left to themselves by a finish that is asked to stop', async () => {
    const stop = new ProcessSignals()
    const hanging: RunPlugin = {
      ...noting([]),
      finish: () => {
        process.nextTick(() => process.emit('SIGTERM'))
        return new Promise<never>(() => undefined)
      },
    }
    const unlisten = stop.listen()
    onTestFinished(unlisten)
    await expect(finished({}, {plugins: [hanging], stop})).rejects.toMatchObject({code: 'STOPPED'})
  })
})
