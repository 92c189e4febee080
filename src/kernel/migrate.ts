import {readFileSync, readdirSync} from 'node:fs'
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {hasErrorCode} from '../errors.js'
import {sleep} from '../timing.js'

/** Between two looks at processes that the kernel lists and does not move, as they are just ending. */
const PAUSE_MS = 5

/**
 * Moves every process of the cgroup in the directory `from`, and of the cgroups below it, into the cgroup in the
 * directory `to` (cgroups(7), `cgroup.procs`), and looks again until none is left, as a process that is being moved can
 * fork. Processes that end meanwhile and cgroups that vanish are no errors.
 *
 * @returns how many processes were moved
 */
export async function migrateAll(from: string, to: string, signal: AbortSignal): Promise<number> {
  return await transferUntilNone(() => pidsBelow(from), to, signal)
}

/** {@link migrateAll}, but for the cgroups below `from`. */
export async function migrateProcesses(from: string, to: string, signal: AbortSignal): Promise<number> {
  return await transferUntilNone(() => pidsIn(from), to, signal)
}

async function transferUntilNone(look: () => string[], to: string, signal: AbortSignal): Promise<number> {
  const moved = new Set<string>()
  for (;;) {
    signal.throwIfAborted()
    const pids = look()
    if (pids.length === 0) return moved.size
    let progress = false
    for (const pid of pids) {
      try {
        await writeFile(join(to, 'cgroup.procs'), pid)
        progress = true
        moved.add(pid)
      } catch (error) {
        if (!hasErrorCode(error, 'ESRCH')) throw error
      }
    }
    if (!progress) await sleep(PAUSE_MS, signal)
  }
}

/** The processes in the cgroup itself; none when it is gone. */
export function pidsIn(directory: string): string[] {
  try {
    const procs = readFileSync(join(directory, 'cgroup.procs'), 'utf8')
    // A process from outside of this PID namespace is listed as 0, which would be this process if it were written.
    return procs.split('\n').filter((pid) => pid !== '' && pid !== '0')
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENODEV')) return []
    throw error
  }
}

function pidsBelow(directory: string): string[] {
  return [...pidsIn(directory), ...childrenOf(directory).flatMap((child) => pidsBelow(join(directory, child)))]
}

function childrenOf(directory: string): string[] {
  try {
    const entries = readdirSync(directory, {withFileTypes: true})
    return entries.filter((entry) => entry.isDirectory()).map(({name}) => name)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENODEV')) return []
    throw error
  }
}
