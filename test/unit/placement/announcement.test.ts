import {execFileSync} from 'node:child_process'
import {chmod, lstat, mkdir, readFile, readdir, rm, symlink, writeFile} from 'node:fs/promises'
import {beforeEach, describe, expect, test} from 'vitest'
import {announce, type Announcer} from '../../../src/placement/announcement.js'
import {unitIn, useFakeHost} from '../../support/fake-host.js'

const ID = '0123456789ab'
const host = useFakeHost()
const announcer = (name = 'x.service', invocation = 'a1b2'): Announcer => ({unit: unitIn(host, name), invocation})
const state = (...names: readonly string[]): string => host.in('state', ...names)

beforeEach(async () => {
  await host.write('', 'cgroup', 'v2', 'system.slice', 'x.service', 'cgroup.procs')
})

describe('an announcement', () => {
  test("an announcement is the unit's path on one line and its invocation on the next, in a file called by the container's id", async () => {
    await announce(ID, announcer(), state())
    expect(await readFile(state('placement', ID), 'utf8')).toBe('/system.slice/x.service\na1b2\n')
    expect(await readdir(state('placement'))).toEqual([ID])
  })

  test('an announcement can be read and written by its owner alone', async () => {
    await announce(ID, announcer(), state())
    const modes = await Promise.all([state(), state('placement'), state('placement', ID)].map((path) => lstat(path)))
    expect(modes.map(({mode}) => mode & 0o777)).toEqual([0o700, 0o700, 0o600])
  })

  test('an announcement replaces one for the same container, and what a killed run left unfinished', async () => {
    await announce(ID, announcer('other.service'), state())
    await writeFile(state('placement', `${ID}.new`), '/sys')
    await announce(ID, announcer(), state())
    expect(await readFile(state('placement', ID), 'utf8')).toBe('/system.slice/x.service\na1b2\n')
    expect(await readdir(state('placement'))).toEqual([ID])
  })

  test('an announcement replaces a link without writing to where it leads', async () => {
    await mkdir(state('placement'), {recursive: true, mode: 0o700})
    await host.write('precious', 'victim')
    await symlink(host.in('victim'), state('placement', ID))
    await symlink(host.in('victim'), state('placement', `${ID}.new`))
    await announce(ID, announcer(), state())
    expect(await host.read('victim')).toBe('precious')
    expect((await lstat(state('placement', ID))).isFile()).toBe(true)
  })
})

describe('an announcement that is taken back', () => {
  test('an announcement that is taken back is gone', async () => {
    const takeBack = await announce(ID, announcer(), state())
    await takeBack()
    expect(await readdir(state('placement'))).toEqual([])
  })

  test('an announcement that is taken back may be gone already', async () => {
    const takeBack = await announce(ID, announcer(), state())
    await rm(state('placement', ID))
    await takeBack()
    expect(await readdir(state('placement'))).toEqual([])
  })

  test('an announcement that is taken back may be gone with all the state', async () => {
    const takeBack = await announce(ID, announcer(), state())
    await rm(state(), {recursive: true})
    await expect(takeBack()).resolves.toBeUndefined()
  })

  test('an announcement that is taken back takes those with it whose units are gone, or whose invocation is over, and no others', async () => {
    await host.write('', 'cgroup', 'v2', 'system.slice', 'alive.service', 'cgroup.procs')
    const takeBack = await announce(ID, announcer(), state())
    await announce('alive', announcer('alive.service'), state())
    await announce('gone', announcer('gone.service'), state())
    await announce('before', announcer('x.service', 'an earlier invocation'), state())
    await announce('beside', announcer(), state())
    await mkdir(state('placement', 'directory'))
    execFileSync('/usr/bin/mkfifo', [state('placement', 'pipe')])
    await takeBack()
    expect((await readdir(state('placement'))).toSorted()).toEqual(['alive', 'beside', 'directory', 'pipe'])
  })
})

describe('no announcement is made', () => {
  const refused = async (): Promise<void> => {
    await expect(announce(ID, announcer(), state())).rejects.toMatchObject({
      code: 'STATE',
      message: `cannot write state to ${state()}: it is not a directory that only this user can write to; remove it`,
    })
  }

  test('no announcement is made in a directory that others may write to', async () => {
    await mkdir(state())
    await chmod(state(), 0o770)
    await refused()
    expect(await readdir(state())).toEqual([])
  })

  test('no announcement is made behind a link', async () => {
    await mkdir(host.in('elsewhere'), {mode: 0o700})
    await symlink(host.in('elsewhere'), state())
    await refused()
    expect(await readdir(host.in('elsewhere'))).toEqual([])
  })

  test('no announcement is made where a file is in the way', async () => {
    await writeFile(state(), 'precious')
    await refused()
    expect(await readFile(state(), 'utf8')).toBe('precious')
  })

  test('no announcement is made where there is nothing to make a directory in', async () => {
    await expect(announce(ID, announcer(), host.in('nowhere', 'state'))).rejects.toMatchObject({
      code: 'STATE',
      cause: {code: 'ENOENT'},
    })
  })

  test('no announcement is made where a directory is in its place, and nothing unfinished stays', async () => {
    await mkdir(state('placement', ID, 'full'), {recursive: true, mode: 0o700})
    await expect(announce(ID, announcer(), state())).rejects.toMatchObject({code: 'STATE'})
    expect(await readdir(state('placement'))).toEqual([ID])
  })
})
