import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {hasErrorCode} from '../errors.js'

/** The two files that freeze a cgroup, and what is written there (kernel, cgroup-v2.rst `cgroup.freeze`; cgroup-v1/freezer-subsystem.rst). */
const FREEZERS = {
  v2: {file: 'cgroup.freeze', frozen: '1', thawed: '0'},
  v1: {file: 'freezer.state', frozen: 'FROZEN', thawed: 'THAWED'},
} as const

/** Which of the two a cgroup has. */
export type FreezerKind = keyof typeof FREEZERS

/**
 * Asks the kernel to stop all processes of a cgroup where they are, so that soon none forks, and returns what lets them go on. One that is frozen already, or that
 * has gone, is left as it is.
 */
export async function freeze(directory: string, kind: FreezerKind): Promise<() => Promise<void>> {
  const {file, frozen, thawed} = FREEZERS[kind]
  const path = join(directory, file)
  try {
    if ((await readFile(path, 'utf8')).trim() !== thawed) return () => Promise.resolve()
    await writeFile(path, frozen)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENODEV')) return () => Promise.resolve()
    throw error
  }
  return async () => {
    await writeFile(path, thawed).catch((error: unknown) => {
      if (!hasErrorCode(error, 'ENOENT', 'ENODEV')) throw error
    })
  }
}
