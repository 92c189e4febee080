import {execFileSync} from 'node:child_process'
import {createServer} from 'node:net'
import {mkdir, symlink, writeFile} from 'node:fs/promises'
import {describe, expect, onTestFinished, test} from 'vitest'
import {readRegular, readRegularSync, type Bounds} from '../../../src/files/regular.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()
const ways: [string, (path: string, bounds: Bounds) => Promise<Buffer>][] = [
  ['by a promise', readRegular],
  ['at once', (path, bounds) => Promise.resolve().then(() => readRegularSync(path, bounds))],
]

describe.each(ways)('a file that is read %s', (_, read) => {
  test.each(['', '42\n', 'x'.repeat(100)])('a file is given whole up to the limit (%j)', async (content) => {
    await writeFile(inTemp('file'), content)
    expect((await read(inTemp('file'), {limit: 100})).toString()).toBe(content)
  })

  test('a file of the kernel, which says of none how long it is, is read', async () => {
    expect((await read('/proc/self/stat', {limit: 4096})).toString()).toMatch(/^\d+ /)
  })

  test('a file is refused when it has more bytes than the limit', async () => {
    await writeFile(inTemp('file'), 'x'.repeat(101))
    await expect(read(inTemp('file'), {limit: 100})).rejects.toMatchObject({
      code: 'IRREGULAR_FILE',
      message: `cannot read ${inTemp('file')}: it has more than 100 bytes`,
    })
  })

  test.each<[string, () => unknown]>([
    ['a FIFO', () => execFileSync('mkfifo', [inTemp('file')])],
    ['a directory', () => mkdir(inTemp('file'))],
    ['a link', () => symlink('/proc/self/stat', inTemp('file'))],
    [
      'a socket',
      async () => {
        const server = createServer()
        await new Promise<void>((resolve) => server.listen(inTemp('file'), resolve))
        onTestFinished(() => void server.close())
      },
    ],
  ])('a file is refused at once when it is %s', async (kind, make) => {
    await make()
    await expect(read(inTemp('file'), {limit: 100})).rejects.toMatchObject({
      code: 'IRREGULAR_FILE',
      message: `cannot read ${inTemp('file')}: it is ${kind}, not a regular file`,
    })
  })

  test('a file may be a link where that will do, but not one to a device without end', async () => {
    await writeFile(inTemp('file'), '42\n')
    await symlink(inTemp('file'), inTemp('link'))
    await symlink('/dev/zero', inTemp('zero'))
    expect((await read(inTemp('link'), {limit: 100, mayBeLink: true})).toString()).toBe('42\n')
    await expect(read(inTemp('zero'), {limit: 100, mayBeLink: true})).rejects.toMatchObject({
      message: `cannot read ${inTemp('zero')}: it is a device, not a regular file`,
    })
    await expect(read(inTemp('zero'), {limit: 100})).rejects.toMatchObject({code: 'IRREGULAR_FILE'})
  })

  test('a file that is not there is what open(2) says', async () => {
    await expect(read(inTemp('none'), {limit: 100})).rejects.toMatchObject({code: 'ENOENT'})
  })
})
