import {chmod, chown, mkdir, realpath, stat, symlink, writeFile} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import {readTrusted, trustedProgram} from '../../../src/config/trust.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const NOBODY = 65_534
const LIMIT = 1000
/** Both ways in which a file is used: by what is in it, and by its path. */
const USES: [string, (path: string, uid?: number) => Promise<string>][] = [
  ['read', async (path, uid) => await readTrusted(path, LIMIT, uid)],
  ['run', async (path, uid) => await realpath(await trustedProgram(path, uid))],
]
const inTemp = useTempDirectory()
let directory = ''
let file = ''

beforeEach(async () => {
  directory = inTemp('etc')
  file = inTemp('etc', 'config.yaml')
  await mkdir(directory)
  await writeFile(file, '')
  await chmod(directory, 0o755)
  await chmod(file, 0o644)
})

/** Gives `path` to somebody who is not root, whoever runs the tests; whom is returned. */
async function giveAway(path: string): Promise<number> {
  if (process.geteuid?.() === 0) await chown(path, NOBODY, NOBODY)
  return (await stat(path)).uid
}

describe.each(USES)('a file that is %s', (_, use) => {
  test.each(['644', '600', '444', '755'])('a file that only its owner may write is trusted (mode %s)', async (mode) => {
    await chmod(file, Number.parseInt(mode, 8))
    await expect(use(file)).resolves.toBeDefined()
  })

  test.each(['664', '646', '666', '622'])('a file that others may write is refused (mode %s)', async (mode) => {
    await chmod(file, Number.parseInt(mode, 8))
    await expect(use(file)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${file}: users other than its owner may write to it; correct it with \`chmod go-w ${file}\``,
    })
  })

  test('a file that belongs to who runs us is trusted', async () => {
    const owner = await giveAway(file)
    await giveAway(directory)
    await expect(use(file, owner)).resolves.toBeDefined()
  })

  test('a file that belongs to the user of this process is trusted when nothing else is said', async () => {
    const owner = await giveAway(file)
    await giveAway(directory)
    const geteuid = vi.spyOn(process, 'geteuid').mockReturnValue(owner)
    await expect(use(file)).resolves.toBeDefined()
    geteuid.mockReturnValue(owner + 1)
    await expect(use(file)).rejects.toMatchObject({code: 'CONFIGURATION'})
  })

  test('a file that belongs to somebody else is refused', async () => {
    const owner = await giveAway(file)
    await expect(use(file, owner + 1)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${file}: it belongs to user ${String(owner)}; correct it with \`chown root ${file}\``,
    })
  })

  test('a link is trusted as the file that it leads to', async () => {
    await chmod(file, 0o666)
    await symlink(file, inTemp('etc', 'link.yaml'))
    await expect(use(inTemp('etc', 'link.yaml'))).rejects.toMatchObject({code: 'CONFIGURATION'})
  })
})

describe.each(USES)('the directory of a file that is %s', (_, use) => {
  test.each(['775', '757', '777', '1777'])('a directory that others may write is refused (mode %s)', async (mode) => {
    await chmod(directory, Number.parseInt(mode, 8))
    await expect(use(file)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${directory}: users other than its owner may write to it; correct it with \`chmod go-w ${directory}\``,
    })
  })

  test('a directory that belongs to somebody else is refused, though the file does not', async () => {
    const owner = await giveAway(directory)
    await expect(use(file, owner + 1)).rejects.toMatchObject({code: 'CONFIGURATION'})
  })
})

test.each(USES)('a file that is not there cannot be %s', async (_, use) => {
  await expect(use(inTemp('etc', 'none.yaml'))).rejects.toMatchObject({code: 'ENOENT'})
})

test('a file gives what it says', async () => {
  await writeFile(file, 'logs: true')
  await symlink(file, inTemp('etc', 'link.yaml'))
  expect(await readTrusted(file, LIMIT)).toBe('logs: true')
  expect(await readTrusted(inTemp('etc', 'link.yaml'), LIMIT)).toBe('logs: true')
})

describe('a program', () => {
  test('a program is given by its path without links', async () => {
    await symlink(file, inTemp('etc', 'link.mjs'))
    expect(await trustedProgram(inTemp('etc', 'link.mjs'))).toBe(await realpath(file))
  })

  test('a program is refused where somebody else could put another directory in its place', async () => {
    await chmod(inTemp(), 0o777)
    await expect(trustedProgram(file)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${inTemp()}: users other than its owner may write to it; correct it with \`chmod go-w ${inTemp()}\``,
    })
    await chmod(inTemp(), 0o1777)
    await expect(trustedProgram(file)).resolves.toBe(await realpath(file))
  })

  test('a program is refused below a directory of somebody else', async () => {
    const owner = await giveAway(inTemp())
    await expect(trustedProgram(file, owner + 1)).rejects.toMatchObject({code: 'CONFIGURATION'})
  })
})
