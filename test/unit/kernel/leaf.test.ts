import {mkdir, readdir, rm} from 'node:fs/promises'
import type * as promises from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import {controllersOf, handDown, stepIntoLeaf, stepOutOfLeaf, takeBackControllers} from '../../../src/kernel/leaf.js'
import {signalThatEmpties, unitIn, useFakeHost} from '../../support/fake-host.js'

/** The file that the kernel does not let be written now. */
const busy = vi.hoisted(() => ({file: ''}))

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof promises>()
  const writeFile: typeof original.writeFile = async (file, data, options) => {
    if (file === busy.file) throw Object.assign(new Error('EBUSY: resource busy or locked, write'), {code: 'EBUSY'})
    await original.writeFile(file, data, options)
  }
  return {...original, writeFile}
})

const X = ['cgroup', 'v2', 'system.slice', 'x.service'] as const
const host = useFakeHost()

beforeEach(async () => {
  await mkdir(host.in(...X), {recursive: true})
})

describe('the controllers that a unit may hand down', () => {
  test.each([
    ['are those of its cgroup', 'cpuset cpu io memory pids\n', ['cpuset', 'cpu', 'io', 'memory', 'pids']],
    ['are none where its cgroup has none', '\n', []],
    ['are none where nothing is said', '', []],
  ])('the controllers that a unit may hand down %s', async (_, text, controllers) => {
    await host.write(text, ...X, 'cgroup.controllers')
    expect(controllersOf(unitIn(host))).toEqual(controllers)
  })

  test('a unit on cgroup v1 hands no controllers down, and nothing of the kind is read', () => {
    expect(controllersOf({...unitIn(host), unified: false})).toEqual([])
  })

  test('the controllers of a cgroup that is gone are an error', () => {
    expect(() => controllersOf(unitIn(host))).toThrow(expect.objectContaining({code: 'ENOENT'}))
  })

  test('the controllers of a unit are handed down all at once', async () => {
    await host.write('', ...X, 'cgroup.subtree_control')
    await handDown(['cpu', 'memory'], unitIn(host))
    expect(await host.read(...X, 'cgroup.subtree_control')).toBe('+cpu +memory')
  })

  test('a cgroup that is gone hands no controllers down', async () => {
    await rm(host.in(...X), {recursive: true})
    await expect(handDown(['cpu'], unitIn(host))).rejects.toMatchObject({code: 'ENOENT'})
  })
})

describe('the controllers that were handed down', () => {
  test('the controllers are taken back', async () => {
    await host.write('cpu memory\n', ...X, 'cgroup.subtree_control')
    expect(await takeBackControllers(unitIn(host))).toBe(true)
    expect(await host.read(...X, 'cgroup.subtree_control')).toBe('-cpu -memory')
  })

  test('a controller that a cgroup below has handed on itself stays', async () => {
    await host.write('cpu memory\n', ...X, 'cgroup.subtree_control')
    busy.file = host.in(...X, 'cgroup.subtree_control')
    expect(await takeBackControllers(unitIn(host))).toBe(false)
    busy.file = ''
  })

  test('no controllers are taken back where none were handed down, and nothing is written', async () => {
    await host.write('\n', ...X, 'cgroup.subtree_control')
    await takeBackControllers(unitIn(host))
    expect(await host.read(...X, 'cgroup.subtree_control')).toBe('\n')
  })

  test('the controllers are gone with the cgroup', async () => {
    await rm(host.in(...X), {recursive: true})
    await expect(takeBackControllers(unitIn(host))).resolves.toBe(true)
  })

  test('the controllers are an error where they cannot be taken back', async () => {
    await mkdir(host.in(...X, 'cgroup.subtree_control'))
    await expect(takeBackControllers(unitIn(host))).rejects.toMatchObject({code: 'EISDIR'})
  })
})

describe("a unit's processes", () => {
  test("a unit's processes step down into a cgroup of their own", async () => {
    await host.write('100\n', ...X, 'cgroup.procs')
    await stepIntoLeaf(unitIn(host), signalThatEmpties(host.in(...X)))
    expect(await host.read(...X, 'supervisor', 'cgroup.procs')).toBe('100')
  })

  test("a unit's processes step into a cgroup that is there already", async () => {
    await host.write('100\n', ...X, 'cgroup.procs')
    await host.write('99\n', ...X, 'supervisor', 'cgroup.procs')
    await stepIntoLeaf(unitIn(host), signalThatEmpties(host.in(...X)))
    expect(await host.read(...X, 'supervisor', 'cgroup.procs')).toBe('100')
  })

  test("processes in a cgroup below the unit's stay there", async () => {
    await host.write('100\n', ...X, 'cgroup.procs')
    await host.write('200\n', ...X, '.control', 'cgroup.procs')
    await stepIntoLeaf(unitIn(host), signalThatEmpties(host.in(...X)))
    expect(await host.read(...X, '.control', 'cgroup.procs')).toBe('200\n')
    expect(await host.read(...X, 'supervisor', 'cgroup.procs')).toBe('100')
  })

  test("processes that are all below the unit's cgroup already need no cgroup", async () => {
    await host.write('', ...X, 'cgroup.procs')
    await host.write('100\n', ...X, 'own', 'cgroup.procs')
    await stepIntoLeaf(unitIn(host), new AbortController().signal)
    expect((await readdir(host.in(...X))).toSorted()).toEqual(['cgroup.procs', 'own'])
  })

  test("a unit's processes stay where they are once the run was asked to stop", async () => {
    await host.write('100\n', ...X, 'cgroup.procs')
    const why = new Error('stopped')
    await expect(stepIntoLeaf(unitIn(host), AbortSignal.abort(why))).rejects.toBe(why)
    expect(await readdir(host.in(...X, 'supervisor'))).toEqual([])
  })
})

describe("a unit's cgroup that is put back", () => {
  const LEAF = [...X, 'supervisor'] as const
  const own = String(process.pid)

  beforeEach(async () => {
    await host.write('cpu memory\n', ...X, 'cgroup.subtree_control')
    await host.write('', ...X, 'cgroup.procs')
  })

  test('the controllers are taken back before the processes step out of the leaf', async () => {
    await host.write(`${own}\n`, ...LEAF, 'cgroup.procs')
    expect(await stepOutOfLeaf(unitIn(host), signalThatEmpties(host.in(...LEAF)))).toBe(true)
    expect(await host.read(...X, 'cgroup.subtree_control')).toBe('-cpu -memory')
    expect(await host.read(...X, 'cgroup.procs')).toBe(own)
  })

  test('the processes stay in the leaf while the controllers cannot be taken back', async () => {
    await host.write(`${own}\n`, ...LEAF, 'cgroup.procs')
    busy.file = host.in(...X, 'cgroup.subtree_control')
    expect(await stepOutOfLeaf(unitIn(host), new AbortController().signal)).toBe(false)
    expect(await host.read(...X, 'cgroup.procs')).toBe('')
    busy.file = ''
  })

  test('the leaf is left as it is while another program of the same command has a container in the unit', async () => {
    await host.write(`100\n${own}\n`, ...LEAF, 'cgroup.procs')
    await host.write('populated 1\nfrozen 0\n', ...X, 'abcd', 'cgroup.events')
    expect(await stepOutOfLeaf(unitIn(host), new AbortController().signal)).toBe(true)
    expect(await host.read(...X, 'cgroup.subtree_control')).toBe('cpu memory\n')
    expect(await host.read(...LEAF, 'cgroup.procs')).toBe(`100\n${own}\n`)
  })

  test('a shell steps out of the leaf with this process when no container is left, and so does this process beside a container that nobody waits for', async () => {
    await host.write(`100\n${own}\n`, ...LEAF, 'cgroup.procs')
    await host.write('populated 0\nfrozen 0\n', ...X, 'abcd', 'cgroup.events')
    expect(await stepOutOfLeaf(unitIn(host), signalThatEmpties(host.in(...LEAF)))).toBe(true)
    expect(await host.read(...X, 'cgroup.subtree_control')).toBe('-cpu -memory')

    await host.write('cpu memory\n', ...X, 'cgroup.subtree_control')
    await host.write(`${own}\n`, ...LEAF, 'cgroup.procs')
    await host.write('populated 1\nfrozen 0\n', ...X, 'abcd', 'cgroup.events')
    expect(await stepOutOfLeaf(unitIn(host), signalThatEmpties(host.in(...LEAF)))).toBe(true)
    expect(await host.read(...X, 'cgroup.subtree_control')).toBe('-cpu -memory')
  })

  test('a cgroup that was never stepped into, or is gone, is as it was', async () => {
    await host.write('\n', ...X, 'cgroup.subtree_control')
    expect(await stepOutOfLeaf(unitIn(host), new AbortController().signal)).toBe(true)
    await rm(host.in(...X), {recursive: true})
    expect(await stepOutOfLeaf(unitIn(host), new AbortController().signal)).toBe(true)
  })
})
