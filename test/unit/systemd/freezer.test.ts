import {mkdir, readFile, rm, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {freeze, type FreezerKind} from '../../../src/systemd/freezer.js'
import {useTempDirectory} from '../support/temp-directory.js'

const inTemp = useTempDirectory()

interface Case {
  readonly kind: FreezerKind
  readonly file: string
  readonly frozen: string
  readonly thawed: string
}

describe.each<Case>([
  {kind: 'v2', file: 'cgroup.freeze', frozen: '1', thawed: '0'},
  {kind: 'v1', file: 'freezer.state', frozen: 'FROZEN', thawed: 'THAWED'},
])('a cgroup of $kind', ({kind, file, frozen, thawed}) => {
  test('is frozen, and then goes on', async () => {
    await writeFile(inTemp(file), `${thawed}\n`)
    const thaw = await freeze(inTemp(), kind)
    expect(await readFile(inTemp(file), 'utf8')).toBe(frozen)
    await thaw()
    expect(await readFile(inTemp(file), 'utf8')).toBe(thawed)
  })

  test('that somebody else has frozen stays so', async () => {
    await writeFile(inTemp(file), `${frozen}\n`)
    const thaw = await freeze(inTemp(), kind)
    await thaw()
    expect(await readFile(inTemp(file), 'utf8')).toBe(`${frozen}\n`)
  })

  test('that is gone, or is where nothing can be frozen, is left alone', async () => {
    const thaw = await freeze(inTemp('gone'), kind)
    await expect(thaw()).resolves.toBeUndefined()
  })

  test('may go while it is frozen', async () => {
    await mkdir(inTemp('cgroup'))
    await writeFile(inTemp('cgroup', file), `${thawed}\n`)
    const thaw = await freeze(inTemp('cgroup'), kind)
    await rm(inTemp('cgroup'), {recursive: true})
    await expect(thaw()).resolves.toBeUndefined()
  })

  test('that cannot be frozen is an error', async () => {
    await mkdir(inTemp(file))
    await expect(freeze(inTemp(), kind)).rejects.toMatchObject({code: 'EISDIR'})
  })

  test('that cannot be let go on is an error', async () => {
    await writeFile(inTemp(file), `${thawed}\n`)
    const thaw = await freeze(inTemp(), kind)
    await rm(inTemp(file))
    await mkdir(inTemp(file))
    await expect(thaw()).rejects.toMatchObject({code: 'EISDIR'})
  })
})

test('a cgroup of v1 that is just being frozen by somebody else stays so', async () => {
  await writeFile(inTemp('freezer.state'), 'FREEZING\n')
  const thaw = await freeze(inTemp(), 'v1')
  await thaw()
  expect(await readFile(inTemp('freezer.state'), 'utf8')).toBe('FREEZING\n')
})
