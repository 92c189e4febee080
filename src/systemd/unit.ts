import {hostname} from 'node:os'
import {join} from 'node:path'
import {kernelText} from '../kernel/kernel-text.js'
import {isUnified, parseMemberships, rootOf, systemdCgroupPath, type CgroupPath} from '../kernel/cgroups.js'

/** A unit, as systemctl is asked about it. */
export interface UnitName {
  /** With its type. */
  readonly name: string
  /** Whose unit it is: the host's systemd, or a user's (user@.service(5)). */
  readonly manager: 'system' | 'user'
}

/** The cgroup that systemd made for a unit of service or scope (systemd.resource-control(5)). */
export interface UnitCgroup extends UnitName {
  /** In systemd's hierarchy: that of cgroup v2, or `name=systemd` of cgroup v1. */
  readonly path: string
  readonly directory: string
  /** Whether systemd's hierarchy is that of cgroup v2. */
  readonly unified: boolean
}

/** The names for this process: its unit's, where it is in one, and its host's; and whose unit it is. */
export interface OwnNames {
  readonly unit: string | undefined
  readonly manager: UnitName['manager']
  readonly host: string
}

/** Reads {@link OwnNames} from what the kernel says of this process's cgroups. */
export function readUnitNames(procRoot = '/proc'): OwnNames {
  return {...unitNamesIn(kernelText(`${procRoot}/self/cgroup`)), host: hostname()}
}

/** The same without the host, of what the kernel says of a process's cgroups (cgroups(7), `/proc/pid/cgroup`). */
export function unitNamesIn(cgroups: string): Omit<OwnNames, 'host'> {
  // Where cgroup v2 alone is mounted here, the kernel may still list hierarchies of v1 that are somebody else's, with
  // `/` in them.
  const systemds = parseMemberships(cgroups).filter(
    (place) => isUnified(place) || place.controllers.includes('name=systemd'),
  )
  const parts = systemds.flatMap(({path}) => path.split('/'))
  const last = parts.findLastIndex(isUnit)
  const part = parts[last]
  return {
    unit: part === undefined ? undefined : nameOf(part),
    manager: managerOf(parts.slice(0, Math.max(last, 0))),
  }
}

/**
 * Whether this process was started for a unit, by systemd itself or by what that started (systemd.exec(5),
 * `$SYSTEMD_EXEC_PID`, from 248 on): who was started by a user in a terminal, or by cron, has inherited the invocation
 * of another program's unit.
 */
export function isStartedForUnit({INVOCATION_ID, SYSTEMD_EXEC_PID = ''}: Readonly<NodeJS.ProcessEnv>): boolean {
  return INVOCATION_ID !== undefined && ['', String(process.pid), String(process.ppid)].includes(SYSTEMD_EXEC_PID)
}

/**
 * The cgroup of the unit that a process with these places is in, perhaps in a part of it that is its own; nothing
 * outside of any unit.
 */
export function unitCgroupOf(places: readonly CgroupPath[]): UnitCgroup | undefined {
  const place = systemdCgroupPath(places)
  const parts = place?.path.split('/') ?? []
  const last = parts.findLastIndex(isUnit)
  const part = parts[last]
  if (place === undefined || part === undefined) return undefined
  const path = parts.slice(0, last + 1).join('/')
  return {
    name: nameOf(part),
    path,
    directory: join(rootOf(place), path),
    unified: isUnified(place),
    manager: managerOf(parts.slice(0, last)),
  }
}

/** Who manages a unit whose cgroup is below these. */
function managerOf(above: readonly string[]): UnitName['manager'] {
  return above.some((part) => /^user@\d+\.service$/.test(part)) ? 'user' : 'system'
}

/**
 * systemd puts a `_` before names that would be a file of the kernel's, such as that of cpu.service (systemd,
 * src/basic/cgroup-util.c).
 */
function nameOf(part: string): string {
  return part.replace(/^_/, '')
}

function isUnit(part: string): boolean {
  return /\.(?:service|scope)$/.test(part)
}
