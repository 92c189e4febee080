import {readFileSync} from 'node:fs'
import {mkdir, readFile, readdir, rmdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {hasErrorCode} from '../errors.js'
import {pidsIn, migrateProcesses} from './migrate.js'

const LEAF = 'supervisor'

/** A cgroup that has processes and may have cgroups below it. */
export interface InnerCgroup {
  readonly directory: string
  /** Whether it is of cgroup v2. */
  readonly unified: boolean
}

/**
 * The controllers of cgroup v2 that a cgroup may hand to those below it (cgroups(7), `cgroup.controllers`); none on
 * cgroup v1.
 */
export function controllersOf({unified, directory}: InnerCgroup): string[] {
  if (!unified) return []
  const text = readFileSync(join(directory, 'cgroup.controllers'), 'utf8')
  return text.split(/\s+/).filter((name) => name !== '')
}

/**
 * Moves the processes that are in the unit's cgroup itself, this one among them, one level down into a cgroup of their
 * own: on cgroup v2 no cgroup may have both processes and cgroups below it with controllers (cgroups(7), "no internal
 * processes" rule).
 */
export async function stepIntoLeaf({directory}: InnerCgroup, signal: AbortSignal): Promise<void> {
  if (pidsIn(directory).length === 0) return
  const leaf = join(directory, LEAF)
  await mkdir(leaf, {recursive: true})
  await migrateProcesses(directory, leaf, signal)
}

/**
 * Undoes {@link stepIntoLeaf}, and whoever has handed the unit's controllers down since: systemd starts the unit's next
 * command in the unit's cgroup itself, and the kernel lets no process in while the cgroups below have controllers
 * (systemd 257: "Failed to spawn executor: Device or resource busy", `Result=resources`).
 *
 * Of several programs that one command runs at once, the last does it: the containers of the others still need their
 * controllers.
 *
 * @returns whether nothing is in the way of a process in the unit's cgroup, as far as this process can tell
 */
export async function stepOutOfLeaf(cgroup: InnerCgroup, signal: AbortSignal): Promise<boolean> {
  const {directory} = cgroup
  if (await isSharedNow(directory)) return true
  if (!(await takeBackControllers(cgroup))) return false
  const leaf = join(directory, LEAF)
  try {
    await migrateProcesses(leaf, directory, signal)
    await rmdir(leaf)
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT', 'ENODEV', 'EBUSY', 'ENOTEMPTY')) throw error
  }
  return true
}

/** Whether somebody else is in the leaf, and something runs in another cgroup beside it. */
async function isSharedNow(directory: string): Promise<boolean> {
  const own = String(process.pid)
  if (!pidsIn(join(directory, LEAF)).some((pid) => pid !== own)) return false
  const entries = await readdir(directory, {withFileTypes: true})
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name === LEAF) continue
    const events = await readFile(join(directory, entry.name, 'cgroup.events'), 'utf8').catch(() => '')
    if (/^populated 1$/m.test(events)) return true
  }
  return false
}

/**
 * Hands controllers of the unit's cgroup to those below it. @throws what the kernel answers: EBUSY where there are
 * internal processes
 */
export async function handDown(controllers: readonly string[], {directory}: InnerCgroup): Promise<void> {
  await writeFile(join(directory, 'cgroup.subtree_control'), controllers.map((name) => `+${name}`).join(' '))
}

/**
 * Takes all controllers back that the unit's cgroup has handed to those below it, as systemd sooner or later does where
 * nothing is delegated. The kernel does not let go of one that a cgroup below has handed on itself, as a container does
 * that runs containers (kernel, admin-guide/cgroup-v2.rst, "Top-down Constraint"), and nobody takes any where the unit
 * has ProtectControlGroups=.
 *
 * @returns whether they are taken back
 */
export async function takeBackControllers({directory}: InnerCgroup): Promise<boolean> {
  const file = join(directory, 'cgroup.subtree_control')
  try {
    const handed = (await readFile(file, 'utf8')).split(/\s+/).filter((name) => name !== '')
    if (handed.length > 0) await writeFile(file, handed.map((name) => `-${name}`).join(' '))
    return true
  } catch (error) {
    if (hasErrorCode(error, 'EBUSY', 'EROFS')) return false
    if (!hasErrorCode(error, 'ENOENT', 'ENODEV')) throw error
    return true
  }
}
