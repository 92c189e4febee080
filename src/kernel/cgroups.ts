import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {OF_CGROUPS, parseMountinfo, type MountPoint} from './mountinfo.js'

/** A process's place in one cgroup hierarchy (cgroups(7), `/proc/[pid]/cgroup`). */
export interface Membership {
  /** The controllers of a v1 hierarchy, or its `name=…`; empty for cgroup v2. */
  readonly controllers: readonly string[]
  readonly path: string
}

/** A cgroup hierarchy that is mounted, and where a process is in it. */
export interface CgroupPath extends Membership {
  /** The directory of the process's cgroup, to read and write its files. */
  readonly directory: string
}

/** Whether the hierarchy is that of cgroup v2. */
export function isUnified({controllers}: Pick<Membership, 'controllers'>): boolean {
  return controllers.length === 0
}

/** What a hierarchy is called in a message. */
export function labelOf({controllers}: Pick<Membership, 'controllers'>): string {
  return controllers.length === 0 ? 'cgroup v2' : controllers.join(',')
}

/** The directory of the cgroup at the root of the hierarchy that a cgroup is in. */
export function rootOf({path, directory}: Pick<CgroupPath, 'path' | 'directory'>): string {
  return path === '/' ? directory : directory.slice(0, -path.length)
}

/** systemd's own hierarchy among these: `name=systemd` of cgroup v1, or else that of cgroup v2. */
export function systemdCgroupPath(places: readonly CgroupPath[]): CgroupPath | undefined {
  return places.find(({controllers}) => controllers.includes('name=systemd')) ?? places.find(isUnified)
}

/** Reads the text of a process's cgroup file. */
export function parseMemberships(text: string): Membership[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line)
    const [, controllers = '', path] = match ?? []
    return path === undefined ? [] : [{controllers: controllers === '' ? [] : controllers.split(','), path}]
  })
}

/**
 * Where a process is in each hierarchy that is mounted here. A hierarchy is found by its controllers, in whatever order
 * the kernel lists them (CentOS 7 says `cpuacct,cpu` of the mount `cpu,cpuacct`); a path outside of what is mounted is
 * left out.
 *
 * @internal
 */
export function cgroupPathsOf(memberships: readonly Membership[], mounts: readonly MountPoint[]): CgroupPath[] {
  return memberships.flatMap((membership) => {
    for (const mount of mounts) {
      if (!carries(mount, membership.controllers)) continue
      const below = pathBelow(mount.root, membership.path)
      if (below !== undefined) return [{...membership, directory: join(mount.mountPoint, below)}]
    }
    return []
  })
}

/**
 * {@link cgroupPathsOf} the process `pid` (`self` for this one). The kernel has them at hand: to ask a thread for them
 * takes ten times as long. Throws ENOENT or ESRCH when it is gone.
 */
export function readCgroupPaths(pid: number | 'self', procRoot = '/proc'): CgroupPath[] {
  const memberships = readFileSync(join(procRoot, String(pid), 'cgroup'), 'utf8')
  const mounts = readFileSync(join(procRoot, 'self', 'mountinfo'), 'utf8')
  return cgroupPathsOf(parseMemberships(memberships), parseMountinfo(mounts, OF_CGROUPS))
}

function carries({type, superOptions}: MountPoint, controllers: readonly string[]): boolean {
  if (controllers.length === 0) return type === 'cgroup2'
  return type === 'cgroup' && controllers.every((controller) => superOptions.includes(controller))
}

function pathBelow(root: string, path: string): string | undefined {
  if (path.split('/').includes('..')) return undefined
  if (root === '/') return path
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : undefined
}
