import type * as promises from 'node:fs/promises'
import {writeFile} from 'node:fs/promises'
import {expect, test, vi} from 'vitest'
import {isReadOnly} from '../../../src/files/read-only.js'
import {useTempDirectory} from '../../support/temp-directory.js'

/** What is on a file system that is mounted read-only. */
const sealed = vi.hoisted(() => ({path: ''}))

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof promises>()
  const access: typeof original.access = async (path, mode) => {
    await original.access(path, mode)
    if (path === sealed.path) throw Object.assign(new Error('EROFS: read-only file system'), {code: 'EROFS'})
  }
  return {...original, access}
})

const inTemp = useTempDirectory()

test('a path is read-only where its file system is, also one that is not there yet', async () => {
  await writeFile(inTemp('file'), '')
  expect(await isReadOnly(inTemp('file'))).toBe(false)
  expect(await isReadOnly(inTemp('new', 'below'))).toBe(false)
  sealed.path = inTemp()
  expect(await isReadOnly(inTemp('file'))).toBe(false)
  expect(await isReadOnly(inTemp('new', 'below'))).toBe(true)
  expect(await isReadOnly(inTemp())).toBe(true)
})
