import {execFileSync} from 'node:child_process'
import {access, lstat, symlink, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import type {Engine, ContainerInspection} from '../../../src/docker/engine.js'
import {finish} from '../../../src/lifecycle/finish.js'
import {LABELS, type Invocation} from '../../../src/pipeline/labels.js'
import {ProcessSignals} from '../../../src/lifecycle/signals.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {useFakeHost} from '../../support/fake-host.js'
import {recordingLog} from '../../../src/testing/recording-log.js'

const UNIT: Invocation = {name: 'web.service', manager: 'system', id: 'a1b2'}
const STOP_JOB = '123 web.service stop running'
const INFO = {version: '26', cgroupDriver: '', defaultRuntime: '', runtimes: [], rootless: false}
const EXITED: ContainerInspection = {
  id: 'c0ffee',
  name: 'web',
  state: 'exited',
  pid: 0,
  tty: false,
  exitCode: 7,
  outOfMemory: false,
  startedAt: 1000,
  finishedAt: 5000,
  stopSignal: '',
  stopTimeout: undefined,
  image: 'sha256:1mage',
  autoRemove: false,
  labels: {[LABELS.unit]: UNIT.name},
}
const host = useFakeHost()

/** An event of an end, as this unit's container had it. */
const end = (exitCode: number | undefined, unit = UNIT.name) => ({
  id: 'c0ffee',
  at: 5000,
  name: 'web',
  labels: {[LABELS.unit]: unit},
  exitCode,
})

/** Finishes a unit whose container is found so; what came of it, and what was asked of the Engine. */
async function finished(
  found: Partial<ContainerInspection> | undefined,
  {env = {}, unit = UNIT, told = {}}: {env?: NodeJS.ProcessEnv; unit?: Invocation; told?: Partial<Engine>} = {},
): Promise<{status: number; lines: string[]; asked: string[]}> {
  const asked: string[] = []
  const {log, lines} = recordingLog()
  const noting = (name: string) => (): Promise<void> => Promise.resolve(void asked.push(name))
  const engine = fakeEngine({
    inspect: () => Promise.resolve(found && {...EXITED, ...found}),
    ends: () => Promise.resolve([end(found?.exitCode ?? 7)]),
    info: () => Promise.resolve(INFO),
    stop: noting('stop'),
    remove: noting('remove'),
    ...told,
  })
  const send = (): Promise<void> => Promise.resolve()
  const stop = new ProcessSignals()
  const status = await finish({name: 'web', engine, unit, env, log, stop, openNotifier: () => ({send})})
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
  ])('%s', async (_, found, jobs, status) => {
    await host.systemctlAnswers(jobs)
    expect((await finished(found)).status).toBe(status)
  })

  test('heeds a stop that systemd does not answer for at first', async () => {
    await host.systemctlAnswers('', 1)
    const told: Partial<Engine> = {
      inspect: async () => {
        await host.systemctlAnswers(STOP_JOB)
        return {...EXITED, exitCode: 143}
      },
    }
    expect((await finished({exitCode: 143}, {told})).status).toBe(0)
  })

  test('is 0 where systemd knows, as the main process was ours', async () => {
    expect(await finished({exitCode: 7}, {env: {EXIT_CODE: 'exited'}})).toMatchObject({status: 0, lines: []})
  })

  test('is the one that the Engine remembers of a container that is gone, of this unit', async () => {
    expect((await finished(undefined)).status).toBe(7)
    const ends = () => Promise.resolve([end(9, 'another.service')])
    expect((await finished(undefined, {told: {ends}})).status).toBe(0)
  })

  test('is 125 for a container that ended with 0 because its Engine did, which the next knows nothing of', async () => {
    const told = {ends: () => Promise.resolve([])}
    const {status, lines} = await finished({exitCode: 0}, {told})
    expect({status, lines}).toEqual({status: 125, lines: ['warn: container web ended with the Engine']})
    expect((await finished({exitCode: 9}, {told})).status).toBe(9)
    const liveRestore = {...told, info: () => Promise.resolve({...INFO, liveRestore: true})}
    expect((await finished({exitCode: 0}, {told: liveRestore})).status).toBe(0)
  })

  test('is 125 where a label may have been laid over the one that the Engine remembers', async () => {
    const {status, lines} = await finished(undefined, {told: {ends: () => Promise.resolve([end(undefined)])}})
    expect(status).toBe(125)
    expect(lines).toEqual(['warn: container web ended, and the Engine does not say with which status'])
  })

  test('is none outside of a unit', async () => {
    const {log} = recordingLog()
    const stop = new ProcessSignals()
    const openNotifier = () => ({send: () => Promise.resolve()})
    const finishing = {name: 'web', engine: fakeEngine(), unit: undefined, env: {}, log, stop, openNotifier}
    await expect(finish(finishing)).rejects.toMatchObject({code: 'FINISH'})
  })
})

describe('what finish clears away', () => {
  test('is a container of --rm and the pid file, as its labels say', async () => {
    const pidFile = host.in('x.pid')
    await writeFile(pidFile, '1\n')
    const labels = {...EXITED.labels, [LABELS.remove]: 'yes', [LABELS.pidFile]: pidFile}
    expect((await finished({labels})).asked).toEqual(['remove'])
    await expect(access(pidFile)).rejects.toMatchObject({code: 'ENOENT'})
  })

  test.each([
    ['a FIFO', 'it is a FIFO and no regular file', (path: string) => execFileSync('mkfifo', [path])],
    ['a link', 'it is a link and no regular file', (path: string) => symlink('/dev/zero', path)],
    ['a file that is no pid file', 'it has more than 8 bytes', (path: string) => writeFile(path, '1'.repeat(9))],
  ])('is the container before it is looked at the pid file: %s in its place is left, and said', async (_, why, put) => {
    const pidFile = host.in('x.pid')
    await put(pidFile)
    const labels = {...EXITED.labels, [LABELS.remove]: 'yes', [LABELS.pidFile]: pidFile}
    const {status, lines, asked} = await finished({labels})
    expect({status, asked}).toEqual({status: 7, asked: ['remove']})
    expect(lines).toContain(`warn: the pid file ${pidFile} is left behind: cannot read ${pidFile}: ${why}`)
    await lstat(pidFile)
  })

  test('is nothing of a container that is kept', async () => {
    const labels = {...EXITED.labels, [LABELS.remove]: 'no', [LABELS.pidFile]: ''}
    expect((await finished({labels})).asked).toEqual([])
  })

  test('is nothing of a container of an image that has such labels itself', async () => {
    const labels = {...EXITED.labels, [LABELS.remove]: 'yes', [LABELS.pidFile]: '/run/sshd.pid'}
    const told = {ends: () => Promise.resolve([]), imageLabels: () => Promise.resolve(labels)}
    expect(await finished({labels}, {told})).toMatchObject({status: 0, asked: []})
  })

  test("is nothing of another unit's container, nor of one whose id begins so", async () => {
    const labels = {[LABELS.unit]: 'other.service', [LABELS.remove]: 'yes'}
    const told = {ends: () => Promise.resolve([])}
    expect(await finished({labels}, {told})).toMatchObject({status: 0, asked: []})
    expect(await finished({name: 'web-2'}, {told})).toMatchObject({status: 0, asked: []})
  })

  test('is said when it cannot be', async () => {
    const labels = {...EXITED.labels, [LABELS.remove]: 'yes'}
    const told = {remove: () => Promise.reject(new Error('device busy'))}
    expect((await finished({labels}, {told})).lines).toContain('warn: container c0ffee is left behind: device busy')
  })
})

test('a container that runs on after its unit is stopped', async () => {
  let looks = 0
  const told: Partial<Engine> = {
    inspect: () => Promise.resolve(looks++ === 0 ? {...EXITED, state: 'running', pid: process.pid} : EXITED),
    watch: () => Promise.resolve({exitCode: Promise.resolve(7)}),
  }
  expect(await finished({}, {told})).toMatchObject({status: 7, asked: ['stop']})
})
