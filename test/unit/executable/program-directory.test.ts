import {chmod, mkdir, readFile, readdir, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {expect, test, vi} from 'vitest'
import {ProgramDirectory} from '../../../src/executable/program-directory.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()
const FILES = [
  {path: 'package.json', mode: 0o600, read: () => Buffer.from('{}')},
  {path: 'bin/shim', mode: 0o755, read: () => Buffer.from('#!/bin/sh\n')},
]

function directoryOf(places: {state?: string; temporary?: string[]}, files = FILES): ProgramDirectory {
  return new ProgramDirectory(files, 'b1', {state: places.state, temporary: places.temporary ?? []})
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}

test('the files of the program are in the state directory, for their owner alone, and stay for the next run', async () => {
  const first = directoryOf({state: inTemp('state')})
  expect(first.path).toBe(inTemp('state', 'program-b1'))
  expect(await readFile(inTemp('state', 'program-b1', 'package.json'), 'utf8')).toBe('{}')
  expect(await modeOf(inTemp('state'))).toBe(0o700)
  expect(await modeOf(inTemp('state', 'program-b1'))).toBe(0o700)
  expect(await modeOf(inTemp('state', 'program-b1', 'bin/shim'))).toBe(0o755)
  first.release()
  const read = vi.fn()
  expect(directoryOf({state: inTemp('state')}, [{path: 'package.json', mode: 0o600, read}]).path).toBe(first.path)
  expect(read).not.toHaveBeenCalled()
})

test('nothing is written before it is asked for', async () => {
  directoryOf({state: inTemp('state'), temporary: [inTemp()]}).release()
  expect(await readdir(inTemp())).toEqual([])
})

test('files that cannot all be written leave nothing behind in the state directory', async () => {
  const bad = {
    path: 'late',
    mode: 0o600,
    read: () => {
      throw new Error('there is no space')
    },
  }
  await mkdir(inTemp('other'))
  const directory = directoryOf({state: inTemp('state'), temporary: [inTemp('other')]}, [...FILES, bad])
  expect(() => directory.path).toThrow(`cannot write state to ${inTemp('other')}: there is no space`)
  expect(await readdir(inTemp('state'))).toEqual([])
  expect(await readdir(inTemp('other'))).toEqual([])
})

test.each<[string, () => Promise<string | undefined>]>([
  ['there is none', () => Promise.resolve(undefined)],
  [
    'it is a link',
    async () => {
      await mkdir(inTemp('elsewhere'))
      await symlink(inTemp('elsewhere'), inTemp('state'))
      return inTemp('state')
    },
  ],
  [
    'others may write to it',
    async () => {
      await mkdir(inTemp('state'))
      await chmod(inTemp('state'), 0o777)
      return inTemp('state')
    },
  ],
  ['it cannot be made', () => Promise.resolve(inTemp('missing', 'state'))],
])('instead of the state directory, one for this process alone is used where %s, and removed', async (_, make) => {
  const state = await make()
  await mkdir(inTemp('tmp'))
  const directory = directoryOf({
    ...(state === undefined ? {} : {state}),
    temporary: [inTemp('not there'), inTemp('tmp')],
  })
  const {path} = directory
  expect(path.startsWith(inTemp('tmp', 'systemd-docker-'))).toBe(true)
  expect(await modeOf(path)).toBe(0o700)
  expect(await readdir(path)).toEqual(['bin', 'package.json'])
  expect(directory.path).toBe(path)
  directory.release()
  expect(await readdir(inTemp('tmp'))).toEqual([])
  if (state !== undefined) expect(await readdir(state).catch(() => [])).toEqual([])
})

test('a run that finds the files there when it has just written them uses those', async () => {
  const state = inTemp('state')
  const slow = {
    path: 'package.json',
    mode: 0o600,
    read: () => {
      expect(directoryOf({state}).path).toBe(inTemp('state', 'program-b1'))
      return Buffer.from('late')
    },
  }
  expect(directoryOf({state}, [slow]).path).toBe(inTemp('state', 'program-b1'))
  expect(await readFile(inTemp('state', 'program-b1', 'package.json'), 'utf8')).toBe('{}')
  expect(await readdir(state)).toEqual(['program-b1'])
})

test('where there is no place for them that is said', async () => {
  await writeFile(inTemp('file'), '')
  const directory = directoryOf({temporary: [inTemp('file')]})
  expect(() => directory.path).toThrow(/^cannot write state to .*file: ENOTDIR/)
  await rm(inTemp('file'))
})
