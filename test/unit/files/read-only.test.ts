import type * as fs from 'node:fs'
import {writeFile} from 'node:fs/promises'
import {expect, test, vi} from 'vitest'
import {isReadOnly} from '../../../src/files/read-only.js'
import {useTempDirectory} from '../../support/temp-directory.js'

/** What is on a file system that is mounted read-only. */
const sealed = vi.hoisted(() => ({path: ''}))

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof fs>()
  const accessSync: typeof original.accessSync = (path, mode) => {
    original.accessSync(path, mode)
    if (path === sealed.path) throw Object.assign(new Error('EROFS: read-only file system'), {code: 'EROFS'})
  }
  return {...original, accessSync}
})

const inTemp = useTempDirectory()

test('a path is read-only where its file system is, also one that is not there yet', async () => {
  await writeFile(inTemp('file'), '')
  expect(isReadOnly(inTemp('file'))).toBe(false)
  expect(isReadOnly(inTemp('new', 'below'))).toBe(false)
  sealed.path = inTemp()
  expect(isReadOnly(inTemp('file'))).toBe(false)
  expect(isReadOnly(inTemp('new', 'below'))).toBe(true)
  expect(isReadOnly(inTemp())).toBe(true)
})
