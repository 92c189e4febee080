import {mkdir, readFile, rm, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {freezerOf, type FreezerKind} from '../../../src/kernel/freezer.js'
import {useTempDirectory} from '../../support/temp-directory.js'

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
  test('a cgroup is frozen, and then goes on', async () => {
    await writeFile(inTemp(file), `${thawed}\n`)
    const {freeze, thaw} = freezerOf(inTemp(), kind)
    await freeze()
    expect(await readFile(inTemp(file), 'utf8')).toBe(frozen)
    await thaw()
    expect(await readFile(inTemp(file), 'utf8')).toBe(thawed)
  })

  test('a cgroup that somebody else has frozen stays so', async () => {
    await writeFile(inTemp(file), `${frozen}\n`)
    const {freeze, thaw} = freezerOf(inTemp(), kind)
    await freeze()
    await thaw()
    expect(await readFile(inTemp(file), 'utf8')).toBe(`${frozen}\n`)
  })

  test('a cgroup that was never frozen is not let go on', async () => {
    await writeFile(inTemp(file), `${frozen}\n`)
    await freezerOf(inTemp(), kind).thaw()
    expect(await readFile(inTemp(file), 'utf8')).toBe(`${frozen}\n`)
  })

  test('a cgroup that is gone, or is where nothing can be frozen, is left alone', async () => {
    const {freeze, thaw} = freezerOf(inTemp('gone'), kind)
    await freeze()
    await expect(thaw()).resolves.toBeUndefined()
  })

  test('a cgroup may go while it is frozen', async () => {
    await mkdir(inTemp('cgroup'))
    await writeFile(inTemp('cgroup', file), `${thawed}\n`)
    const {freeze, thaw} = freezerOf(inTemp('cgroup'), kind)
    await freeze()
    await rm(inTemp('cgroup'), {recursive: true})
    await expect(thaw()).resolves.toBeUndefined()
  })

  test('a cgroup that cannot be frozen is an error', async () => {
    await mkdir(inTemp(file))
    await expect(freezerOf(inTemp(), kind).freeze()).rejects.toMatchObject({code: 'EISDIR'})
  })

  test('a cgroup that cannot be let go on is an error', async () => {
    await writeFile(inTemp(file), `${thawed}\n`)
    const {freeze, thaw} = freezerOf(inTemp(), kind)
    await freeze()
    await rm(inTemp(file))
    await mkdir(inTemp(file))
    await expect(thaw()).rejects.toMatchObject({code: 'EISDIR'})
  })
})

test('a cgroup of v1 that is just being frozen by somebody else stays so', async () => {
  await writeFile(inTemp('freezer.state'), 'FREEZING\n')
  const {freeze, thaw} = freezerOf(inTemp(), 'v1')
  await freeze()
  await thaw()
  expect(await readFile(inTemp('freezer.state'), 'utf8')).toBe('FREEZING\n')
})
