import {rmSync, writeFileSync} from 'node:fs'
import {mkdir, readFile, symlink, writeFile} from 'node:fs/promises'
import type * as promises from 'node:fs/promises'
import {afterEach, describe, expect, test, vi} from 'vitest'
import {pidsIn, migrateAll, migrateProcesses} from '../../../src/kernel/migrate.js'
import {useTempDirectory} from '../../support/temp-directory.js'

/** The PIDs that the kernel lists and does not move. */
const vanishing = vi.hoisted(() => ({pids: new Set<string>()}))

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof promises>()
  const writeFile: typeof original.writeFile = async (file, data, options) => {
    if (typeof data === 'string' && vanishing.pids.has(data))
      throw Object.assign(new Error('ESRCH: no such process, write'), {code: 'ESRCH'})
    await original.writeFile(file, data, options)
  }
  return {...original, writeFile}
})

const inTemp = useTempDirectory()

async function makeCgroup(name: string, ...pids: number[]): Promise<string> {
  await mkdir(inTemp(name), {recursive: true})
  await writeFile(inTemp(name, 'cgroup.procs'), text(pids))
  return inTemp(name)
}

function text(pids: readonly number[]): string {
  return pids.map((pid) => `${String(pid)}\n`).join('')
}

/** A signal that changes the host before each look, as the kernel and the processes do between two looks. */
function signalBetween(...changes: readonly (() => void)[]): AbortSignal {
  const {signal} = new AbortController()
  let look = 0
  vi.spyOn(signal, 'throwIfAborted').mockImplementation(() => {
    changes[look++]?.()
  })
  return signal
}

function set(name: string, ...pids: number[]): void {
  writeFileSync(inTemp(name, 'cgroup.procs'), text(pids))
}

const nothing = (): void => undefined

describe('every process of a cgroup', () => {
  test('the processes of a cgroup are moved and counted', async () => {
    const from = await makeCgroup('from', 7)
    const to = await makeCgroup('to')
    const signal = signalBetween(nothing, () => {
      set('from')
    })
    expect(await migrateAll(from, to, signal)).toBe(1)
    expect(await readFile(inTemp('to', 'cgroup.procs'), 'utf8')).toBe('7')
  })

  test('the processes are moved with those of the cgroups below it, however deep', async () => {
    const from = await makeCgroup('from', 1)
    await makeCgroup('from/init', 2)
    await makeCgroup('from/init/deeper', 3, 4)
    const to = await makeCgroup('to')
    const signal = signalBetween(nothing, () => {
      for (const name of ['from', 'from/init', 'from/init/deeper']) set(name)
    })
    expect(await migrateAll(from, to, signal)).toBe(4)
  })

  test('processes that were forked meanwhile are moved at the next look', async () => {
    const from = await makeCgroup('from', 7)
    const to = await makeCgroup('to')
    const signal = signalBetween(
      nothing,
      () => {
        set('from', 8)
      },
      () => {
        set('from', 9)
      },
      () => {
        set('from')
      },
    )
    expect(await migrateAll(from, to, signal)).toBe(3)
    expect(await readFile(inTemp('to', 'cgroup.procs'), 'utf8')).toBe('9')
  })

  test('a process is counted once, though it is still there at the next look', async () => {
    const from = await makeCgroup('from', 7)
    const to = await makeCgroup('to')
    const signal = signalBetween(nothing, nothing, () => {
      set('from')
    })
    expect(await migrateAll(from, to, signal)).toBe(1)
  })

  test('the processes are moved until the cgroup vanishes', async () => {
    const from = await makeCgroup('from', 7)
    const to = await makeCgroup('to')
    const signal = signalBetween(nothing, () => {
      rmSync(from, {recursive: true})
    })
    expect(await migrateAll(from, to, signal)).toBe(1)
  })
})

test('the processes of a cgroup are moved without those of the cgroups below it', async () => {
  const from = await makeCgroup('from', 1)
  await makeCgroup('from/below', 2)
  const to = await makeCgroup('to')
  const signal = signalBetween(nothing, () => {
    set('from')
  })
  expect(await migrateProcesses(from, to, signal)).toBe(1)
  expect(await readFile(inTemp('to', 'cgroup.procs'), 'utf8')).toBe('1')
  expect(await readFile(inTemp('from', 'below', 'cgroup.procs'), 'utf8')).toBe('2\n')
})

test('the processes of a cgroup are moved into one below it', async () => {
  const from = await makeCgroup('from', 1)
  const to = await makeCgroup('from/below')
  const signal = signalBetween(nothing, () => {
    set('from')
  })
  expect(await migrateProcesses(from, to, signal)).toBe(1)
  expect(await readFile(inTemp('from', 'below', 'cgroup.procs'), 'utf8')).toBe('1')
})

describe('processes that are just ending', () => {
  afterEach(() => {
    vanishing.pids.clear()
  })

  test('a process that is just ending is waited for, and not counted', async () => {
    vanishing.pids.add('7')
    const from = await makeCgroup('from', 7)
    const to = await makeCgroup('to')
    const looks: number[] = []
    const signal = signalBetween(
      ...[1, 2, 3].map((look) => () => {
        looks.push(look)
      }),
      () => {
        set('from')
      },
    )
    expect(await migrateAll(from, to, signal)).toBe(0)
    expect(looks).toEqual([1, 2, 3])
    expect(await readFile(inTemp('to', 'cgroup.procs'), 'utf8')).toBe('')
  })

  test('a process that is just ending does not keep the others', async () => {
    vanishing.pids.add('7')
    const from = await makeCgroup('from', 7, 8)
    const to = await makeCgroup('to')
    const signal = signalBetween(nothing, () => {
      set('from')
    })
    expect(await migrateAll(from, to, signal)).toBe(1)
    expect(await readFile(inTemp('to', 'cgroup.procs'), 'utf8')).toBe('8')
  })

  test('a process that is just ending is not waited for once the run is asked to stop', async () => {
    vanishing.pids.add('7')
    const from = await makeCgroup('from', 7)
    const to = await makeCgroup('to')
    const controller = new AbortController()
    setImmediate(() => {
      controller.abort(new Error('stop'))
    })
    await expect(migrateAll(from, to, controller.signal)).rejects.toThrow(/stop|aborted/)
  })
})

describe('the processes in a cgroup', () => {
  test('the processes in a cgroup are listed in its own file', async () => {
    await makeCgroup('from/below', 3)
    expect(pidsIn(await makeCgroup('from', 1, 2))).toEqual(['1', '2'])
  })

  test('a cgroup that is empty or gone has no processes', async () => {
    expect(pidsIn(await makeCgroup('from'))).toEqual([])
    expect(pidsIn(inTemp('gone'))).toEqual([])
  })

  test('the processes in a cgroup are an error where they cannot be read', async () => {
    await symlink('cgroup.procs', inTemp('cgroup.procs'))
    expect(() => pidsIn(inTemp())).toThrow(expect.objectContaining({code: 'ELOOP'}))
  })
})

describe('nothing is moved', () => {
  test('nothing is moved of a cgroup that is empty', async () => {
    const from = await makeCgroup('from')
    await makeCgroup('from/below')
    const to = await makeCgroup('to')
    expect(await migrateAll(from, to, new AbortController().signal)).toBe(0)
    expect(await readFile(inTemp('to', 'cgroup.procs'), 'utf8')).toBe('')
  })

  test('nothing is moved of a cgroup that is gone', async () => {
    const to = await makeCgroup('to')
    expect(await migrateAll(inTemp('gone'), to, new AbortController().signal)).toBe(0)
  })

  test('nothing is moved once it was asked to stop', async () => {
    const from = await makeCgroup('from', 7)
    const to = await makeCgroup('to')
    const why = new Error('stop')
    await expect(migrateAll(from, to, AbortSignal.abort(why))).rejects.toBe(why)
    expect(await readFile(inTemp('to', 'cgroup.procs'), 'utf8')).toBe('')
  })
})

describe('an error', () => {
  test('a cgroup to move to that is gone is an error', async () => {
    const from = await makeCgroup('from', 7)
    await expect(migrateAll(from, inTemp('gone'), new AbortController().signal)).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })

  test('a cgroup to move from that cannot be read is an error', async () => {
    await mkdir(inTemp('from', 'cgroup.procs'), {recursive: true})
    const to = await makeCgroup('to')
    await expect(migrateAll(inTemp('from'), to, new AbortController().signal)).rejects.toMatchObject({
      code: 'EISDIR',
    })
  })
})
