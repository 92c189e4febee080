import {chmod, mkdir, readFile, readdir, stat, symlink, writeFile} from 'node:fs/promises'
import {describe, expect, test, vi} from 'vitest'
import type * as promises from 'node:fs/promises'
import {directoryToInstallIn, install, isSame, uninstall} from '../../../src/setup/install-program.js'
import {useTempDirectory} from '../../support/temp-directory.js'

/** What stat says that a directory's owner is, so that these tests need not be root's. */
const owners = vi.hoisted(() => new Map<string, number>())

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof promises>()
  const stat = async (path: string): Promise<unknown> => {
    const stats = await original.stat(path)
    return Object.assign(stats, {uid: owners.get(path) ?? stats.uid})
  }
  return {...original, stat}
})

const inTemp = useTempDirectory()

async function source(content = '#!/bin/sh\nnew\n'): Promise<string> {
  await writeFile(inTemp('source'), content)
  return inTemp('source')
}

describe('a program', () => {
  test('a program is installed so that all can execute it', async () => {
    await install(await source(), inTemp('program'))
    expect(await readFile(inTemp('program'), 'utf8')).toBe('#!/bin/sh\nnew\n')
    expect((await stat(inTemp('program'))).mode & 0o7777).toBe(0o755)
    expect(await isSame(inTemp('program'), inTemp('source'))).toBe(true)
  })

  test('a program replaces the one before, and what an interrupted run left', async () => {
    await writeFile(inTemp('program'), 'old')
    await writeFile(inTemp('program.new'), 'half')
    await install(await source(), inTemp('program'))
    expect(await readFile(inTemp('program'), 'utf8')).toBe('#!/bin/sh\nnew\n')
    expect((await readdir(inTemp())).toSorted()).toEqual(['program', 'source'])
  })

  test('a program replaces a link without writing to where it leads', async () => {
    await writeFile(inTemp('victim'), 'precious')
    await symlink('victim', inTemp('program'))
    await symlink('victim', inTemp('program.new'))
    await install(await source(), inTemp('program'))
    expect(await readFile(inTemp('victim'), 'utf8')).toBe('precious')
    expect((await readdir(inTemp())).toSorted()).toEqual(['program', 'source', 'victim'])
  })

  test('a program cannot be installed where a directory is, and nothing unfinished stays', async () => {
    await mkdir(inTemp('program'))
    await expect(install(await source(), inTemp('program'))).rejects.toMatchObject({
      code: 'SETUP',
      message: expect.stringContaining(`cannot install ${inTemp('program')}: EISDIR`) as string,
    })
    expect((await readdir(inTemp())).toSorted()).toEqual(['program', 'source'])
  })

  test('a program cannot be installed where there is no directory', async () => {
    await expect(install(await source(), inTemp('gone', 'program'))).rejects.toThrow(/^cannot install .*: ENOENT/)
    expect(await readdir(inTemp())).toEqual(['source'])
  })

  test('a program that is not there is not installed, and the one before stays', async () => {
    await writeFile(inTemp('program'), 'old')
    await expect(install(inTemp('source'), inTemp('program'))).rejects.toMatchObject({code: 'SETUP'})
    expect(await readdir(inTemp())).toEqual(['program'])
    expect(await readFile(inTemp('program'), 'utf8')).toBe('old')
  })
})

describe('whether it is the same', () => {
  test.each<[string, string | undefined, number, boolean]>([
    ['a copy is the same program', 'x', 0o755, true],
    ['another version is not the same program', 'y', 0o755, false],
    ['a program that nobody can execute is not the same', 'x', 0o644, false],
    ['a program that is missing is not the same', undefined, 0, false],
  ])('a program is told to be the same or not %s', async (_, content, mode, same) => {
    if (content !== undefined) {
      await writeFile(inTemp('program'), content)
      await chmod(inTemp('program'), mode)
    }
    expect(await isSame(inTemp('program'), await source('x'))).toBe(same)
  })

  test('a link to the program is the same program', async () => {
    await chmod(await source('x'), 0o755)
    await symlink('source', inTemp('program'))
    expect(await isSame(inTemp('program'), inTemp('source'))).toBe(true)
  })

  test('a directory is not the same program, nor is any where ours is missing', async () => {
    await mkdir(inTemp('program'))
    expect(await isSame(inTemp('program'), await source())).toBe(false)
    expect(await isSame(inTemp('source'), inTemp('gone'))).toBe(false)
  })
})

describe('a program is removed', () => {
  test('a program is removed where it was installed', async () => {
    await install(await source(), inTemp('program'))
    expect(await uninstall(inTemp('program'))).toBe(true)
    expect(await readdir(inTemp())).toEqual(['source'])
    expect(await uninstall(inTemp('program'))).toBe(false)
  })

  test.each([
    ["a link, as that is the package's own", () => symlink('source', inTemp('program'))],
    ['a directory', () => mkdir(inTemp('program')).then(() => undefined)],
  ])('a program is not removed where there is %s', async (_, make) => {
    await source()
    await make()
    expect(await uninstall(inTemp('program'))).toBe(false)
    expect((await readdir(inTemp())).toSorted()).toEqual(['program', 'source'])
  })

  test('a program that cannot be removed is an error', async () => {
    await writeFile(inTemp('file'), '')
    await expect(uninstall(inTemp('file', 'program'))).rejects.toThrow(/^cannot remove .*: ENOTDIR/)
  })
})

describe('the directory to install in', () => {
  const PATH = ['/usr/sbin', '/usr/local/bin', '/usr/bin'] as const
  const make = async (name: string, mode = 0o755, uid = 0): Promise<void> => {
    await mkdir(inTemp(name), {recursive: true})
    await chmod(inTemp(name), mode)
    owners.set(inTemp(name), uid)
  }

  test.each<[string, () => Promise<void>, string]>([
    [
      'is /usr/local/bin',
      () => Promise.all([make('usr/sbin'), make('usr/local/bin')]).then(() => undefined),
      '/usr/local/bin',
    ],
    [
      'is the first that is there',
      () => Promise.all([make('usr/bin'), make('usr/sbin')]).then(() => undefined),
      '/usr/sbin',
    ],
    [
      "may be its group's, as Debian's /usr/local/bin is",
      () => Promise.all([make('usr/local/bin', 0o2775), make('usr/sbin')]).then(() => undefined),
      '/usr/local/bin',
    ],
    [
      'is none that everyone may write to',
      () => Promise.all([make('usr/local/bin', 0o1777), make('usr/bin')]).then(() => undefined),
      '/usr/bin',
    ],
    [
      "is none that is somebody else's",
      () => Promise.all([make('usr/local/bin', 0o755, 1000), make('usr/bin')]).then(() => undefined),
      '/usr/bin',
    ],
  ])('the directory to install in %s', async (_, prepare, directory) => {
    await prepare()
    expect(await directoryToInstallIn(inTemp(), PATH)).toBe(directory)
  })

  test('a file is no directory to install in', async () => {
    await mkdir(inTemp('usr/local'), {recursive: true})
    await writeFile(inTemp('usr/local/bin'), '')
    owners.set(inTemp('usr/local/bin'), 0)
    await make('usr/bin')
    expect(await directoryToInstallIn(inTemp(), PATH)).toBe('/usr/bin')
  })

  test('the directory to install in may be missing', async () => {
    await expect(directoryToInstallIn(inTemp(), PATH)).rejects.toMatchObject({
      code: 'SETUP',
      message:
        'cannot install the shim: none of /usr/sbin, /usr/local/bin, /usr/bin is a directory that belongs to root',
    })
  })
})
