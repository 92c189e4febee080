import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {hasErrorCode} from '../errors.js'

/**
 * The files of cgroup v2 that say how much a cgroup may use (kernel, admin-guide/cgroup-v2.rst), one setting a line.
 */
const LIMITS = [
  'memory.max',
  'memory.high',
  'memory.low',
  'memory.min',
  'memory.swap.max',
  'memory.oom.group',
  'cpu.max',
  'cpu.weight',
  'cpuset.cpus',
  'cpuset.mems',
  'pids.max',
  'io.max',
  'io.weight',
]

/**
 * Sets on the cgroup in the directory `to` what is set on that in `from`. What neither has a controller for is left
 * out.
 */
export async function carryLimits(from: string, to: string): Promise<void> {
  for (const name of LIMITS) {
    const [wanted, present] = await Promise.all([settingIn(from, name), settingIn(to, name)])
    if (wanted === undefined || present === undefined || wanted === present) continue
    for (const line of wanted.split('\n')) await writeFile(join(to, name), line)
  }
}

async function settingIn(directory: string, name: string): Promise<string | undefined> {
  try {
    return (await readFile(join(directory, name), 'utf8')).trim()
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENODEV')) return undefined
    throw error
  }
}
