import {chmod, mkdir, readFile, readdir, writeFile} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import type {EngineInfo} from '../../../src/docker/engine.js'
import {EngineUnreachableError} from '../../../src/errors.js'
import type * as shim from '../../../src/placement/containerd.js'
import type * as program from '../../../src/setup/install-program.js'
import {pieceFor, type SetupInput, type Piece} from '../../../src/setup/setup.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {engineInfo} from '../../support/engine/engine-info.js'
import {proc, useFakeHost} from '../../support/fake-host.js'

const SHIM = 'containerd-shim-systemd-docker-v1'

vi.mock('../../../src/placement/containerd.js', async (importOriginal) => {
  const original = await importOriginal<typeof shim>()
  return {
    ...original,
    findContainerd: (files: shim.DaemonPidFiles, info: EngineInfo) => original.findContainerd(files, info, proc.root),
  }
})

/** /usr/local/bin is in the test's own directory, and directories need not be root's. */
vi.mock('../../../src/setup/install-program.js', async (importOriginal) => {
  const original = await importOriginal<typeof program>()
  const here = (path: string): string => path.replace(/^\/usr\/local\/bin\//, `${proc.root}/../usr/local/bin/`)
  return {
    ...original,
    isSame: (path: string, source: string) => original.isSame(here(path), source),
    install: (source: string, path: string) => original.install(source, here(path)),
    uninstall: (path: string) => original.uninstall(here(path)),
    directoryToInstallIn: (_: string, path: readonly string[]) => Promise.resolve(path[0] ?? ''),
  }
})

const fake = useFakeHost()

interface SetUp {
  readonly piece: Piece
  readonly said: string[]
}

async function pieceOn(info: () => EngineInfo | Promise<EngineInfo>): Promise<SetUp> {
  const said: string[] = []
  const host: SetupInput = {
    engine: fakeEngine({info: async () => await info()}),
    source: fake.in('source'),
    daemonJson: fake.in('daemon.json'),
    containerd: {containerd: [fake.in('containerd.pid')], dockerd: [fake.in('docker.pid')]},
    signal: new AbortController().signal,
    say: (line) => {
      said.push(line)
    },
  }
  return {piece: await pieceFor(host), said}
}

beforeEach(async () => {
  await writeFile(fake.in('source'), '#!/bin/sh\nours\n')
  await writeFile(fake.in('containerd.pid'), '77')
  await fake.write('containerd\n', 'proc', '77', 'comm')
  await fake.write('PATH=/opt/bin:/bin\0', 'proc', '77', 'environ')
  await mkdir(fake.in('proc', '77', 'root', 'opt', 'bin'), {recursive: true})
  await mkdir(fake.in('usr', 'local', 'bin'), {recursive: true})
})

describe('an Engine that takes shims', () => {
  const installed = ['proc', '77', 'root', 'opt', 'bin', SHIM] as const
  const ready = {isReady: true, found: `Docker 26.1.5 takes the shim, and containerd finds it at /opt/bin/${SHIM}`}
  const setUp = (): Promise<SetUp> => pieceOn(() => engineInfo())

  test('an Engine that takes shims is not ready without the shim', async () => {
    const {piece} = await setUp()
    expect(await piece.check()).toEqual({isReady: false, found: `containerd finds no ${SHIM} in /opt/bin:/bin`})
    expect(await readdir(fake.in('proc', '77', 'root', 'opt', 'bin'))).toEqual([])
  })

  test('an Engine whose containerd is not found is not ready, and is given nothing', async () => {
    await writeFile(fake.in('containerd.pid'), '')
    const {piece, said} = await setUp()
    const why = "neither the Engine's containerd nor a dockerd (29 or newer) that embeds it was found"
    expect(await piece.check()).toEqual({isReady: false, found: why})
    await expect(piece.set()).rejects.toThrow(`cannot install the shim: ${why}`)
    await expect(piece.undo()).rejects.toThrow(`cannot remove the shim: ${why}`)
    expect(said).toEqual([])
  })

  test('an Engine with containerd embedded is given the shim where dockerd looks', async () => {
    await writeFile(fake.in('containerd.pid'), '')
    await writeFile(fake.in('docker.pid'), '77')
    await fake.write('dockerd\n', 'proc', '77', 'comm')
    const {piece, said} = await pieceOn(() => engineInfo({version: '29.7.2'}))
    await piece.set()
    expect(said).toEqual([`installed /opt/bin/${SHIM}`])
    expect(await piece.check()).toMatchObject({isReady: true})
  })

  test('an Engine that takes shims is given the shim where containerd looks', async () => {
    const {piece, said} = await setUp()
    await piece.set()
    expect(await fake.read(...installed)).toBe('#!/bin/sh\nours\n')
    expect(said).toEqual([`installed /opt/bin/${SHIM}`])
    expect(await piece.check()).toEqual(ready)
  })

  test("an Engine is given the shim in place of another version's, wherever that is", async () => {
    await fake.write('#!/bin/sh\nold\n', 'proc', '77', 'root', 'bin', SHIM)
    await chmod(fake.in('proc', '77', 'root', 'bin', SHIM), 0o755)
    const {piece, said} = await setUp()
    expect(await piece.check()).toEqual({isReady: false, found: `/bin/${SHIM} belongs to another version`})
    await piece.set()
    expect(said).toEqual([`installed /bin/${SHIM}`])
    expect(await fake.read('proc', '77', 'root', 'bin', SHIM)).toBe('#!/bin/sh\nours\n')
    expect(await readdir(fake.in('proc', '77', 'root', 'opt', 'bin'))).toEqual([])
  })

  test('an Engine has the shim taken away from everywhere', async () => {
    for (const directory of ['bin', 'opt/bin']) await fake.write('x', 'proc', '77', 'root', directory, SHIM)
    const {piece, said} = await setUp()
    await piece.undo()
    expect(said).toEqual([`removed /opt/bin/${SHIM}`, `removed /bin/${SHIM}`])
    expect(await readdir(fake.in('proc', '77', 'root', 'opt', 'bin'))).toEqual([])
    await piece.undo()
    expect(said).toHaveLength(2)
  })

  test('an Engine that takes shims has nothing to do with daemon.json', async () => {
    await writeFile(fake.in('daemon.json'), 'broken')
    const {piece} = await setUp()
    await piece.set()
    await piece.undo()
    expect(await readFile(fake.in('daemon.json'), 'utf8')).toBe('broken')
    expect(await fake.systemctlCalls()).toEqual([])
  })
})

describe('an old Engine with the cgroupfs driver', () => {
  test('an old Engine with the cgroupfs driver needs nothing', async () => {
    const {piece, said} = await pieceOn(() => engineInfo({version: '20.10.24', cgroupDriver: 'cgroupfs'}))
    const before = await readdir(fake.in())
    await piece.set()
    await piece.undo()
    expect(await piece.check()).toEqual({
      isReady: true,
      found: 'Docker 20.10.24 with the cgroup driver cgroupfs needs no setup',
    })
    expect(said).toEqual([])
    expect(await readdir(fake.in())).toEqual(before)
    expect(await fake.systemctlCalls()).toEqual([])
  })
})

describe('an old Engine with the systemd driver', () => {
  const PROGRAM = '/usr/local/bin/systemd-docker-runc'
  const RELOADED = 'reloaded docker.service; no container was touched'
  const daemonJson = (): Promise<string> => readFile(fake.in('daemon.json'), 'utf8')
  const programs = (): Promise<string[]> => readdir(fake.in('usr', 'local', 'bin'))
  /** It follows its file, but only from the second time on that it is asked. */
  const setUp = async (): Promise<SetUp & {asked: () => number}> => {
    let asked = 0
    let seen = '{}'
    const {piece, said} = await pieceOn(async () => {
      asked++
      const {runtimes = {}} = JSON.parse(seen) as {runtimes?: object}
      seen = await daemonJson().catch(() => '{}')
      return engineInfo({version: '20.10.24', runtimes: ['runc', ...Object.keys(runtimes)]})
    })
    return {piece, said, asked: () => asked}
  }

  test('an old Engine is not ready without the runtime', async () => {
    const {piece} = await setUp()
    expect(await piece.check()).toEqual({isReady: false, found: 'Docker 20.10.24 has no runtime systemd-docker'})
    expect(await programs()).toEqual([])
  })

  test('an old Engine is given the runtime, and reloaded', async () => {
    await writeFile(fake.in('daemon.json'), '{"debug":true}')
    const {piece, said} = await setUp()
    await piece.set()
    expect(await fake.read('usr', 'local', 'bin', 'systemd-docker-runc')).toBe('#!/bin/sh\nours\n')
    expect(JSON.parse(await daemonJson())).toEqual({debug: true, runtimes: {'systemd-docker': {path: PROGRAM}}})
    expect(await fake.systemctlCalls()).toEqual(['reload docker.service'])
    const file = fake.in('daemon.json')
    expect(said).toEqual([
      `installed ${PROGRAM}`,
      `registered the runtime systemd-docker in ${file}; the old file is ${file}.before-systemd-docker`,
      RELOADED,
    ])
    expect(await piece.check()).toEqual({
      isReady: true,
      found: `Docker 20.10.24 has the runtime systemd-docker, at ${PROGRAM}`,
    })
  })

  test('an old Engine is given the runtime in a file that is made', async () => {
    const {piece, said} = await setUp()
    await piece.set()
    expect(said[1]).toBe(`registered the runtime systemd-docker in ${fake.in('daemon.json')}`)
  })

  test("an old Engine is given a new program without its file being written, where it has another version's", async () => {
    const text = `{"runtimes": {"systemd-docker": {"path": "${PROGRAM}"}}}`
    await writeFile(fake.in('daemon.json'), text)
    await fake.write('old', 'usr', 'local', 'bin', 'systemd-docker-runc')
    const {piece, said} = await setUp()
    expect(await piece.check()).toEqual({isReady: false, found: `${PROGRAM} is missing or belongs to another version`})
    await piece.set()
    expect(said).toEqual([`installed ${PROGRAM}`, RELOADED])
    expect(await daemonJson()).toBe(text)
    expect(await readdir(fake.in())).not.toContain('daemon.json.before-systemd-docker')
  })

  test('an old Engine has the runtime taken away, and then its program', async () => {
    await writeFile(fake.in('daemon.json'), '{"debug":true}')
    const {piece, said} = await setUp()
    await piece.set()
    said.splice(0)
    await piece.undo()
    expect(JSON.parse(await daemonJson())).toEqual({debug: true})
    expect(await programs()).toEqual([])
    expect(await fake.systemctlCalls()).toEqual(['reload docker.service', 'reload docker.service'])
    expect(said).toEqual([
      `removed the runtime systemd-docker from ${fake.in('daemon.json')}`,
      RELOADED,
      `removed ${PROGRAM}`,
    ])
    said.splice(0)
    await piece.undo()
    expect(said).toEqual([])
  })

  test('an old Engine whose file is broken is left as it is, and nothing is installed', async () => {
    await writeFile(fake.in('daemon.json'), '{"debug": true,}')
    const {piece, said} = await pieceOn(() => engineInfo({version: '20.10.24'}))
    await expect(piece.set()).rejects.toThrow(`${fake.in('daemon.json')} is left as it is`)
    await expect(piece.undo()).rejects.toThrow(`${fake.in('daemon.json')} is left as it is`)
    expect(await daemonJson()).toBe('{"debug": true,}')
    expect(await programs()).toEqual([])
    expect(said).toEqual([])
    expect(await fake.systemctlCalls()).toEqual([])
  })

  test('an old Engine that cannot be reloaded keeps the program that it may be told to execute', async () => {
    const {piece, said} = await setUp()
    await piece.set()
    await fake.systemctlAnswers('Job failed', 1)
    said.splice(0)
    await expect(piece.undo()).rejects.toMatchObject({code: 'SETUP'})
    await expect(piece.set()).rejects.toThrow(/^cannot reload docker\.service: /)
    expect(await programs()).toEqual(['systemd-docker-runc'])
  })

  test('an old Engine that reads another file is an error that says so, in the end', async () => {
    const {setTimeout} = globalThis
    const hastily = (act: () => void, milliseconds = 0): NodeJS.Timeout => setTimeout(act, milliseconds / 1000)
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(hastily)
    const {piece, said} = await pieceOn(() => engineInfo({version: '20.10.24'}))
    await expect(piece.set()).rejects.toMatchObject({
      code: 'SETUP',
      message: `the Engine does not follow ${fake.in('daemon.json')}: check \`journalctl -u docker\`; does dockerd read another file, or have --add-runtime on its command line?`,
    })
    expect(said).not.toContain(RELOADED)
  })

  test('an old Engine is asked again until it has followed', async () => {
    const {piece, asked} = await setUp()
    const before = asked()
    await piece.set()
    expect(asked() - before).toBeGreaterThan(1)
  })
})

test('an Engine that cannot be reached cannot be set up for', async () => {
  const unreachable = new EngineUnreachableError('unix:///x', new Error('ECONNREFUSED'))
  const host: SetupInput = {
    engine: fakeEngine({info: () => Promise.reject(unreachable)}),
    source: fake.in('source'),
    daemonJson: fake.in('daemon.json'),
    containerd: {containerd: [], dockerd: []},
    signal: new AbortController().signal,
    say: () => undefined,
  }
  await expect(pieceFor(host)).rejects.toBe(unreachable)
})
