import {mkdir, readFile, symlink, writeFile} from 'node:fs/promises'
import {expect, test} from 'vitest'
import {keepCidFile} from '../../../src/lifecycle/cid-file.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const ID = 'c0ffee'.repeat(10) + 'cafe'
const inTemp = useTempDirectory()

test.each([
  ['is not there', undefined],
  ['is empty, as a start was killed', ''],
])('a file that %s gets the id of a container that is there', async (_, text) => {
  if (text !== undefined) await writeFile(inTemp('web.cid'), text)
  expect(await keepCidFile(inTemp('web.cid'), ID)).toBe(true)
  expect(await readFile(inTemp('web.cid'), 'utf8')).toBe(ID)
})

test.each([[ID], [`${ID}\n`]])('a file that has the id of the container is left as it is: %j', async (text) => {
  await writeFile(inTemp('web.cid'), text)
  expect(await keepCidFile(inTemp('web.cid'), ID)).toBe(false)
  expect(await readFile(inTemp('web.cid'), 'utf8')).toBe(text)
})

test.each([['f00d'.repeat(16)], ['root:x:0:0'], ['x'.repeat(1000)]])(
  'a file that has something else is refused, and left as it is: %.12s',
  async (text) => {
    await writeFile(inTemp('web.cid'), text)
    await expect(keepCidFile(inTemp('web.cid'), ID)).rejects.toMatchObject({code: 'CID_FILE'})
    expect(await readFile(inTemp('web.cid'), 'utf8')).toBe(text)
  },
)

test('a link, a directory and a directory that is not there are refused', async () => {
  await writeFile(inTemp('there'), '')
  await symlink(inTemp('there'), inTemp('link'))
  await mkdir(inTemp('directory'))
  for (const path of [inTemp('link'), inTemp('directory'), inTemp('none', 'web.cid')])
    await expect(keepCidFile(path, ID)).rejects.toMatchObject({code: 'CID_FILE'})
  expect(await readFile(inTemp('there'), 'utf8')).toBe('')
})
