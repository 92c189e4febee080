import {mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {beforeEach, describe, expect, test} from 'vitest'
import type {EngineInfo} from '../../../src/docker/engine.js'
import {keepInfo, keptInfo, lifeOf} from '../../../src/early-engine/kept-info.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()
const INFO: EngineInfo = {
  version: '28.5.2',
  cgroupDriver: 'systemd',
  defaultRuntime: 'runc',
  runtimes: ['runc', 'systemd-docker'],
  rootless: true,
  logDriver: 'local',
  liveRestore: true,
}
const ANSWER: NonNullable<ReturnType<typeof keptInfo>> = {info: INFO, spoken: '1.51'}
const PID = 42

let places: NonNullable<Parameters<typeof lifeOf>[2]>

/** How many seconds after now the Engine is said to have started: files that a test makes are then older than that. */
function startEngine(
  seconds = 60,
  {pid = PID, comm = 'dockerd', words = ['/usr/sbin/dockerd', '-H', 'fd://']} = {},
): void {
  const own = join(places.procRoot, String(pid))
  mkdirSync(join(own, 'root'), {recursive: true})
  const ticks = (3600 + seconds) * 100
  writeFileSync(join(own, 'stat'), `${String(pid)} (dockerd) S ${'0 '.repeat(18)}${String(ticks)} 0`)
  writeFileSync(join(own, 'comm'), `${comm}\n`)
  writeFileSync(join(own, 'cmdline'), words.map((word) => `${word}\0`).join(''))
  writeFileSync(places.pidFile, String(pid))
}

/** A file of the Engine's configuration, as the Engine itself sees it. */
function configurationFile(): string {
  const file = join(places.procRoot, String(PID), 'root', places.configuration)
  mkdirSync(dirname(file), {recursive: true})
  return file
}

/** Asks the Engine so many seconds after now, and keeps what it says. */
function keep(answer = ANSWER, seconds = 0): void {
  const asked = Date.now() + seconds * 1000
  keepInfo(places.socket, {asked, life: lifeOf(places.socket, asked, places) ?? 'none'}, answer, places)
}

beforeEach(() => {
  places = {
    uid: process.getuid?.() ?? 0,
    socket: inTemp('docker.sock'),
    pidFile: inTemp('docker.pid'),
    configuration: '/etc/docker/daemon.json',
    procRoot: inTemp('proc'),
    kept: inTemp('kept'),
  }
  writeFileSync(places.socket, '')
  startEngine()
  writeFileSync(join(places.procRoot, 'uptime'), '3600.00 0.00\n')
  writeFileSync(configurationFile(), '{}')
})

test.each([
  ANSWER,
  {
    info: {version: '20.10.24', cgroupDriver: 'cgroupfs', defaultRuntime: 'crun', runtimes: [], rootless: false},
    spoken: undefined,
  },
])('what the Engine has said of itself is had again in the same life of it, all of it (%#)', (answer) => {
  expect(keptInfo(places.socket, places)).toBeUndefined()
  keep(answer)
  expect(keptInfo(places.socket, places)).toEqual(answer)
  expect(statSync(join(places.kept, 'engine.json')).mode & 0o777).toBe(0o600)
  expect(statSync(places.kept).mode & 0o777).toBe(0o700)
  expect(readdirSync(places.kept)).toEqual(['engine.json'])
})

describe('what was kept is not had', () => {
  beforeEach(() => {
    keep()
    expect(keptInfo(places.socket, places)).toEqual(ANSWER)
  })

  test.each<[string, () => void]>([
    ['of an Engine that has been started again', () => startEngine(70)],
    ['of one that has another PID', () => startEngine(60, {pid: 43})],
    ['of one that is gone', () => rmSync(join(places.procRoot, String(PID)), {recursive: true})],
    ['of one that has no PID file', () => unlinkSync(places.pidFile)],
    ['where its PID is now that of something else', () => startEngine(60, {comm: 'nginx'})],
    [
      'where another one listens there',
      () => {
        unlinkSync(places.socket)
        writeFileSync(inTemp('other'), '')
        writeFileSync(places.socket, '')
      },
    ],
    ['where its configuration was changed since it started', () => startEngine(-60)],
    [
      'where its configuration is a link, to what may change elsewhere',
      () => {
        unlinkSync(configurationFile())
        symlinkSync(inTemp('daemon.json'), configurationFile())
      },
    ],
    [
      'where its configuration is another file',
      () => startEngine(60, {words: ['dockerd', '--config-file=/srv/d.json']}),
    ],
    ['where it is no text of ours', () => writeFileSync(join(places.kept, 'engine.json'), '{"life"')],
    [
      'where it is a link',
      () => {
        const file = join(places.kept, 'engine.json')
        writeFileSync(inTemp('elsewhere'), readFileSync(file))
        unlinkSync(file)
        symlinkSync(inTemp('elsewhere'), file)
      },
    ],
  ])('%s', (_, change) => {
    change()
    expect(keptInfo(places.socket, places)).toBeUndefined()
  })

  test('by another user, nor of an Engine at another socket', () => {
    expect(keptInfo(places.socket, {...places, uid: places.uid + 1})).toBeUndefined()
    expect(keptInfo(inTemp('other.sock'), places)).toBeUndefined()
  })
})

test('nothing is kept of an Engine that was started again while it answered', () => {
  const asked = Date.now()
  const life = lifeOf(places.socket, asked, places) ?? ''
  startEngine(70)
  keepInfo(places.socket, {asked, life}, ANSWER, places)
  expect(keptInfo(places.socket, places)).toBeUndefined()
})

test('nothing is kept, and nothing said, where nothing can be written', () => {
  writeFileSync(places.kept, '')
  keep()
  expect(keptInfo(places.socket, places)).toBeUndefined()
})

test('an Engine without a file of configuration is known as long as nothing is made or removed in its directory', () => {
  rmSync(configurationFile())
  keep()
  expect(keptInfo(places.socket, places)).toEqual(ANSWER)
  startEngine(-60)
  keep()
  expect(keptInfo(places.socket, places)).toBeUndefined()
})

describe('of an Engine that started without a directory of configuration', () => {
  beforeEach(() => {
    rmSync(dirname(configurationFile()), {recursive: true})
    startEngine(-60)
  })

  test('what it said is had although others have changed what is beside that', () => {
    keep(ANSWER, 60)
    expect(keptInfo(places.socket, places)).toEqual(ANSWER)
  })

  test('what it said before such a change is not had, as a directory may have come and gone', () => {
    keep(ANSWER, -60)
    expect(keptInfo(places.socket, places)).toBeUndefined()
    keep(ANSWER, 60)
    const file = join(places.kept, 'engine.json')
    const old = String(Date.now() - 60_000)
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"asked":\d+/, `"asked":${old}`))
    expect(keptInfo(places.socket, places)).toBeUndefined()
  })

  test.each([
    ['a directory', () => undefined],
    ['a file', () => writeFileSync(configurationFile(), '{}')],
  ])('what it said is not had once it has %s', (_, change) => {
    keep(ANSWER, 60)
    configurationFile()
    change()
    expect(keptInfo(places.socket, places)).toBeUndefined()
  })
})
