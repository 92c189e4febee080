import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {hasErrorCode} from '../errors.js'

/**
 * The two files that freeze a cgroup, and what is written there (kernel, cgroup-v2.rst `cgroup.freeze`;
 * cgroup-v1/freezer-subsystem.rst).
 */
const FREEZERS = {
  v2: {file: 'cgroup.freeze', frozen: '1', thawed: '0'},
  v1: {file: 'freezer.state', frozen: 'FROZEN', thawed: 'THAWED'},
} as const

/** Which of the two a cgroup has. */
export type FreezerKind = keyof typeof FREEZERS

/** What freezes a cgroup, and lets it go on. */
export interface Freezer {
  /**
   * Asks the kernel to stop all processes of the cgroup where they are, so that soon none forks. One that is frozen
   * already, or that has gone, is left as it is.
   */
  readonly freeze: () => Promise<void>
  /**
   * Lets the processes go on that {@link freeze} has stopped, and no others. It may be called at any time, and again.
   */
  readonly thaw: () => Promise<void>
}

/** The freezer of the cgroup in a directory. */
export function freezerOf(directory: string, kind: FreezerKind): Freezer {
  const {file, frozen, thawed} = FREEZERS[kind]
  const path = join(directory, file)
  let isOurs = false
  const unlessGone = async (act: Promise<void>): Promise<void> => {
    await act.catch((error: unknown) => {
      if (!hasErrorCode(error, 'ENOENT', 'ENODEV')) throw error
    })
  }
  return {
    freeze: async () => {
      const before = await readFile(path, 'utf8').catch((error: unknown) => {
        if (hasErrorCode(error, 'ENOENT', 'ENODEV')) return undefined
        throw error
      })
      if (before?.trim() !== thawed) return
      isOurs = true
      await unlessGone(writeFile(path, frozen))
    },
    thaw: async () => {
      if (isOurs) await unlessGone(writeFile(path, thawed))
    },
  }
}

/**
 * Whether somebody has frozen the cgroup in a directory itself, as `docker pause` does; a cgroup that has no freezer is
 * not frozen.
 */
export async function isFrozen(directory: string, kind: FreezerKind): Promise<boolean> {
  const {file, thawed} = FREEZERS[kind]
  try {
    return (await readFile(join(directory, file), 'utf8')).trim() !== thawed
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENODEV')) return false
    throw error
  }
}
