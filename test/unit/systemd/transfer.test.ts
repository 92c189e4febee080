import {rmSync, writeFileSync} from 'node:fs'
import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {describe, expect, test, vi} from 'vitest'
import {transferAll} from '../../../src/systemd/transfer.js'
import {useTempDirectory} from '../support/temp-directory.js'

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

describe('every process of a cgroup is moved', () => {
  test('and counted', async () => {
    const from = await makeCgroup('from', 7)
    const to = await makeCgroup('to')
    const signal = signalBetween(nothing, () => {
      set('from')
    })
    expect(await transferAll(from, to, signal)).toBe(1)
    expect(await readFile(inTemp('to', 'cgroup.procs'), 'utf8')).toBe('7')
  })

  test('with those of the cgroups below it, however deep', async () => {
    const from = await makeCgroup('from', 1)
    await makeCgroup('from/init', 2)
    await makeCgroup('from/init/deeper', 3, 4)
    const to = await makeCgroup('to')
    const signal = signalBetween(nothing, () => {
      for (const name of ['from', 'from/init', 'from/init/deeper']) set(name)
    })
    expect(await transferAll(from, to, signal)).toBe(4)
  })

  test('and those that were forked meanwhile at the next look', async () => {
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
    expect(await transferAll(from, to, signal)).toBe(3)
    expect(await readFile(inTemp('to', 'cgroup.procs'), 'utf8')).toBe('9')
  })

  test('and counted once, though it is still there at the next look', async () => {
    const from = await makeCgroup('from', 7)
    const to = await makeCgroup('to')
    const signal = signalBetween(nothing, nothing, () => {
      set('from')
    })
    expect(await transferAll(from, to, signal)).toBe(1)
  })

  test('until the cgroup vanishes', async () => {
    const from = await makeCgroup('from', 7)
    const to = await makeCgroup('to')
    const signal = signalBetween(nothing, () => {
      rmSync(from, {recursive: true})
    })
    expect(await transferAll(from, to, signal)).toBe(1)
  })
})

describe('nothing is moved', () => {
  test('of a cgroup that is empty', async () => {
    const from = await makeCgroup('from')
    await makeCgroup('from/below')
    const to = await makeCgroup('to')
    expect(await transferAll(from, to, new AbortController().signal)).toBe(0)
    expect(await readFile(inTemp('to', 'cgroup.procs'), 'utf8')).toBe('')
  })

  test('of a cgroup that is gone', async () => {
    const to = await makeCgroup('to')
    expect(await transferAll(inTemp('gone'), to, new AbortController().signal)).toBe(0)
  })

  test('once it was asked to stop', async () => {
    const from = await makeCgroup('from', 7)
    const to = await makeCgroup('to')
    const why = new Error('stop')
    await expect(transferAll(from, to, AbortSignal.abort(why))).rejects.toBe(why)
    expect(await readFile(inTemp('to', 'cgroup.procs'), 'utf8')).toBe('')
  })
})

describe('an error', () => {
  test('is a cgroup to move to that is gone', async () => {
    const from = await makeCgroup('from', 7)
    await expect(transferAll(from, inTemp('gone'), new AbortController().signal)).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })

  test('is a cgroup to move from that cannot be read', async () => {
    await mkdir(inTemp('from', 'cgroup.procs'), {recursive: true})
    const to = await makeCgroup('to')
    await expect(transferAll(inTemp('from'), to, new AbortController().signal)).rejects.toMatchObject({
      code: 'EISDIR',
    })
  })
})
