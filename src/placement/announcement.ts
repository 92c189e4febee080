import {existsSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {readFile, readdir, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {StateError, hasErrorCode, reason} from '../errors.js'
import {makePrivate} from '../files/private-directory.js'
import {rootOf} from '../kernel/cgroups.js'
import type {UnitCgroup} from '../systemd/unit.js'

/**
 * Whose announcements this process makes: those of a unit, in its present invocation (systemd.exec(5),
 * `$INVOCATION_ID`).
 */
export interface Announcer {
  readonly unit: UnitCgroup
  readonly invocation: string
}

/**
 * Says in a file called by the container's id which unit it is to be born in. The shim and the OCI runtime read its
 * first line whenever the container starts, by `docker restart` too, so it stays until it is taken back.
 *
 * @returns how to take it back
 * @throws {StateError}
 */
export async function announce(id: string, {unit, invocation}: Announcer, state: string): Promise<() => Promise<void>> {
  const directory = join(state, 'placement')
  const file = join(directory, id)
  // All of it is on a file system in memory, where asking a thread for each step takes ten times as long as the step.
  try {
    for (const one of [state, directory]) makePrivate(one)
    rmSync(`${file}.new`, {force: true})
    writeFileSync(`${file}.new`, `${unit.path}\n${invocation}\n`, {mode: 0o600, flag: 'wx'})
    renameSync(`${file}.new`, file)
  } catch (error) {
    await rm(`${file}.new`, {force: true}).catch(() => undefined)
    if (error instanceof StateError) throw error
    throw new StateError(directory, reason(error), error)
  }
  return async () => {
    await withdraw(id, state)
    await sweepAnnouncements(state, {unit, invocation})
  }
}

/** Takes the announcement of a container back, if there is one. */
export async function withdraw(id: string, state: string): Promise<void> {
  await rm(join(state, 'placement', id), {force: true})
}

/**
 * Removes what a run that was killed, or did not stay, could not take back: announcements of units that have no cgroup
 * any more, and of earlier invocations of this one.
 */
export async function sweepAnnouncements(state: string, {unit, invocation}: Announcer): Promise<void> {
  const directory = join(state, 'placement')
  const hierarchy = rootOf(unit)
  const entries = await readdir(directory, {withFileTypes: true}).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) return []
    throw error
  })
  for (const entry of entries) {
    // A pipe that nobody writes to could be read for ever.
    if (!entry.isFile()) continue
    const file = join(directory, entry.name)
    const [path = '', whose] = (await readFile(file, 'utf8').catch(() => '')).split('\n')
    if (path === '') continue
    const isOver = path === unit.path ? whose !== invocation : !existsSync(join(hierarchy, path))
    if (isOver) await rm(file, {force: true})
  }
}
