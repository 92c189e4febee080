import {mkdir, readFile, readdir, writeFile} from 'node:fs/promises'
import {beforeEach, describe, expect, test} from 'vitest'
import {carryLimits} from '../../../src/kernel/limits.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()

beforeEach(async () => {
  await mkdir(inTemp('from'))
  await mkdir(inTemp('to'))
})

async function set(cgroup: string, limits: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(limits)) await writeFile(inTemp(cgroup, name), value)
}

async function limitsOf(cgroup: string): Promise<Record<string, string>> {
  const names = (await readdir(inTemp(cgroup))).toSorted()
  const entries = names.map(async (name) => [name, await readFile(inTemp(cgroup, name), 'utf8')] as const)
  return Object.fromEntries(await Promise.all(entries))
}

describe('what limits a cgroup', () => {
  const DOCKERS = {
    'cpu.max': '50000 100000',
    'cpu.weight': '39',
    'cpuset.cpus': '0-1',
    'cpuset.mems': '0',
    'io.max': '8:0 rbps=1048576 wbps=max riops=max wiops=max',
    'io.weight': 'default 200',
    'memory.high': '50331648',
    'memory.low': '1048576',
    'memory.max': '67108864',
    'memory.min': '4096',
    'memory.oom.group': '1',
    'memory.swap.max': '0',
    'pids.max': '100',
  }
  const UNLIMITED = {
    'cpu.max': 'max 100000\n',
    'cpu.weight': '100\n',
    'cpuset.cpus': '\n',
    'cpuset.mems': '\n',
    'io.max': '\n',
    'io.weight': 'default 100\n',
    'memory.high': 'max\n',
    'memory.low': '0\n',
    'memory.max': 'max\n',
    'memory.min': '0\n',
    'memory.oom.group': '0\n',
    'memory.swap.max': 'max\n',
    'pids.max': 'max\n',
  }

  test('a limit is carried over to another cgroup', async () => {
    await set('from', Object.fromEntries(Object.entries(DOCKERS).map(([name, value]) => [name, `${value}\n`])))
    await set('to', UNLIMITED)
    await carryLimits(inTemp('from'), inTemp('to'))
    expect(await limitsOf('to')).toEqual(DOCKERS)
  })

  test('a limit is written only where it differs', async () => {
    await set('from', UNLIMITED)
    await set('to', {...UNLIMITED, 'memory.max': '4096\n'})
    await carryLimits(inTemp('from'), inTemp('to'))
    expect(await limitsOf('to')).toEqual({...UNLIMITED, 'memory.max': 'max'})
  })

  test('a limit is left out where one of the two has no such controller', async () => {
    await set('from', {'memory.max': '4096\n', 'pids.max': '7\n'})
    await set('to', {'pids.max': 'max\n', 'cpu.weight': '100\n'})
    await carryLimits(inTemp('from'), inTemp('to'))
    expect(await limitsOf('to')).toEqual({'pids.max': '7', 'cpu.weight': '100\n'})
  })

  test('what is counted in a cgroup, and what rules the cgroup itself, is no limit', async () => {
    const counted = {
      'memory.current': '4096\n',
      'cgroup.freeze': '1\n',
      'cgroup.procs': '7\n',
      'cgroup.max.depth': '1\n',
    }
    const before = {'memory.current': '0\n', 'cgroup.freeze': '0\n', 'cgroup.procs': '', 'cgroup.max.depth': 'max\n'}
    await set('from', counted)
    await set('to', before)
    await carryLimits(inTemp('from'), inTemp('to'))
    expect(await limitsOf('to')).toEqual(before)
  })

  test('a cgroup that is gone has no limits', async () => {
    await set('to', UNLIMITED)
    await carryLimits(inTemp('gone'), inTemp('to'))
    expect(await limitsOf('to')).toEqual(UNLIMITED)
  })

  test('a limit that has a setting for each device is written line by line, as the kernel takes no more at once', async () => {
    await set('from', {'io.max': '8:0 rbps=1 wbps=max\n8:16 rbps=2 wbps=max\n'})
    await set('to', {'io.max': '\n'})
    await carryLimits(inTemp('from'), inTemp('to'))
    // A file on disk keeps only what was written last.
    expect(await limitsOf('to')).toEqual({'io.max': '8:16 rbps=2 wbps=max'})
  })

  test('a limit is an error where it cannot be read', async () => {
    await mkdir(inTemp('from', 'memory.max'))
    await set('to', UNLIMITED)
    await expect(carryLimits(inTemp('from'), inTemp('to'))).rejects.toMatchObject({code: 'EISDIR'})
  })
})
