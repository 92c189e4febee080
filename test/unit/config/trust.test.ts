import {chmod, chown, mkdir, stat, symlink, writeFile} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import {refuseUntrusted} from '../../../src/config/trust.js'
import {useTempDirectory} from '../support/temp-directory.js'

const NOBODY = 65_534
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

describe('a file', () => {
  test.each(['644', '600', '444', '755'])('that only its owner may write is trusted (mode %s)', async (mode) => {
    await chmod(file, Number.parseInt(mode, 8))
    await expect(refuseUntrusted(file)).resolves.toBeUndefined()
  })

  test.each(['664', '646', '666', '622'])('that others may write is refused (mode %s)', async (mode) => {
    await chmod(file, Number.parseInt(mode, 8))
    await expect(refuseUntrusted(file)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${file}: others than its owner may write it; \`chmod go-w ${file}\` mends it`,
    })
  })

  test('that belongs to who runs us is trusted', async () => {
    const owner = await giveAway(file)
    await giveAway(directory)
    await expect(refuseUntrusted(file, owner)).resolves.toBeUndefined()
  })

  test('that belongs to the user of this process is trusted when nothing else is said', async () => {
    const owner = await giveAway(file)
    await giveAway(directory)
    const geteuid = vi.spyOn(process, 'geteuid').mockReturnValue(owner)
    await expect(refuseUntrusted(file)).resolves.toBeUndefined()
    geteuid.mockReturnValue(owner + 1)
    await expect(refuseUntrusted(file)).rejects.toMatchObject({code: 'CONFIGURATION'})
  })

  test('that belongs to somebody else is refused', async () => {
    const owner = await giveAway(file)
    await expect(refuseUntrusted(file, owner + 1)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${file}: it belongs to user ${String(owner)}; \`chown root ${file}\` mends it`,
    })
  })

  test('is what a link leads to', async () => {
    await chmod(file, 0o666)
    await symlink(file, inTemp('etc', 'link.yaml'))
    await expect(refuseUntrusted(inTemp('etc', 'link.yaml'))).rejects.toMatchObject({code: 'CONFIGURATION'})
  })
})

describe('its directory', () => {
  test.each(['775', '757', '777', '1777'])('that others may write is refused (mode %s)', async (mode) => {
    await chmod(directory, Number.parseInt(mode, 8))
    await expect(refuseUntrusted(file)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `${directory}: others than its owner may write it; \`chmod go-w ${directory}\` mends it`,
    })
  })

  test('that belongs to somebody else is refused, though the file does not', async () => {
    const owner = await giveAway(directory)
    await expect(refuseUntrusted(file, owner + 1)).rejects.toMatchObject({code: 'CONFIGURATION'})
  })
})

test('a file that is not there cannot be trusted', async () => {
  await expect(refuseUntrusted(inTemp('etc', 'none.yaml'))).rejects.toMatchObject({code: 'ENOENT'})
})
