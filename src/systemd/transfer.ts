import {readFile, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {hasErrorCode} from '../errors.js'

/**
 * Moves every process of the cgroup in the directory `from`, and of the cgroups below it, into the cgroup in the directory `to`
 * (cgroups(7), `cgroup.procs`), and looks again until none is left, as a process that is being moved can fork. Processes that end meanwhile
 * and cgroups that vanish are no errors.
 *
 * @returns how many processes were moved
 */
export async function transferAll(from: string, to: string, signal: AbortSignal): Promise<number> {
  const moved = new Set<string>()
  for (;;) {
    signal.throwIfAborted()
    const pids = await pidsBelow(from)
    if (pids.length === 0) return moved.size
    for (const pid of pids) {
      try {
        await writeFile(join(to, 'cgroup.procs'), pid)
        moved.add(pid)
      } catch (error) {
        if (!hasErrorCode(error, 'ESRCH')) throw error
      }
    }
  }
}

async function pidsBelow(directory: string): Promise<string[]> {
  try {
    const procs = await readFile(join(directory, 'cgroup.procs'), 'utf8')
    const pids = procs.split('\n').filter((pid) => pid !== '')
    for (const entry of await readdir(directory, {withFileTypes: true}))
      if (entry.isDirectory()) pids.push(...(await pidsBelow(join(directory, entry.name))))
    return pids
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENODEV')) return []
    throw error
  }
}
