import {accessSync, constants, readFileSync, statSync} from 'node:fs'
import {join} from 'node:path'
import type {EngineInfo} from '../docker/engine.js'
import {hasOwnPids} from '../kernel/process.js'
import {kernelText} from '../kernel/kernel-text.js'
import {readCgroupPaths, rootOf, systemdCgroupPath} from '../kernel/cgroups.js'

/**
 * The runtime that an Engine from 23 on is asked for, and the program that containerd then looks for (containerd,
 * core/runtime/v2/README.md).
 */
export const SHIM_RUNTIME = 'io.containerd.systemd-docker.v1'
export const SHIM_PROGRAM = 'containerd-shim-systemd-docker-v1'
/** The OCI runtime's name with the Engine, and its program. */
export const OCI_RUNTIME = 'systemd-docker'
export const OCI_PROGRAM = 'systemd-docker-runc'

/** The PATH of a service (systemd.exec(5), `ExecSearchPath=`). */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'

/**
 * The first Docker whose containerd may be a part of dockerd (moby, release notes of 29.7:
 * `features.embedded-containerd`).
 */
const FIRST_WITH_EMBEDDED = 29

/** The files that can hold a daemon's PID, among others: a pid file, or the `cgroup.procs` of its service. */
export interface DaemonPidFiles {
  readonly containerd: readonly string[]
  readonly dockerd: readonly string[]
}

/** Where the host's own containerd is found, as opposed to one of a user's. */
export function systemContainerd(): DaemonPidFiles {
  const place = systemdCgroupPath(readCgroupPaths('self'))
  return systemContainerdIn(place === undefined ? '/sys/fs/cgroup' : rootOf(place))
}

/** {@link systemContainerd}, where systemd's hierarchy is mounted at `hierarchy`. */
export function systemContainerdIn(hierarchy: string): DaemonPidFiles {
  return {
    containerd: [
      '/run/docker/containerd/containerd.pid',
      join(hierarchy, 'system.slice/containerd.service/cgroup.procs'),
    ],
    dockerd: ['/run/docker.pid', join(hierarchy, 'system.slice/docker.service/cgroup.procs')],
  }
}

/** Whoever looks for shims, containerd or dockerd with containerd in it, as this process sees it. */
export interface Containerd {
  /** Its file system. */
  readonly root: string
  /** The directories where it looks for shims. */
  readonly path: readonly string[]
}

/** One that is an ordinary service of this host. */
const ORDINARY: Containerd = {root: '/', path: DEFAULT_PATH.split(':')}

/**
 * The containerd that the Engine uses, or dockerd itself where that has it embedded; nothing where neither is found, as
 * with an Engine that is not the host's own. One that cannot be seen is taken for an ordinary service.
 */
export function findContainerd(
  {containerd, dockerd}: DaemonPidFiles,
  {version}: Pick<EngineInfo, 'version'>,
  procRoot = '/proc',
): Containerd | undefined {
  if (hasOwnPids()) return ORDINARY
  const found = findDaemon('containerd', containerd, procRoot)
  if (found !== undefined || Number.parseInt(version) < FIRST_WITH_EMBEDDED) return found
  return findDaemon('dockerd', dockerd, procRoot)
}

function findDaemon(name: string, files: readonly string[], procRoot: string): Containerd | undefined {
  for (const file of files) {
    const pids = kernelText(file)
      .split(/\s+/)
      .filter((pid) => /^[1-9]\d*$/.test(pid))
    for (const pid of pids) {
      if (kernelText(join(procRoot, pid, 'comm')) !== `${name}\n`) continue
      return searchOf(join(procRoot, pid))
    }
  }
  return undefined
}

/**
 * Where the process in this directory of /proc searches. The kernel shows that to whoever may trace it: not to another
 * user, nor to root without CAP_SYS_PTRACE or in a user namespace, as with `CapabilityBoundingSet=` and `PrivateUsers=`
 * (proc_pid_environ(5), ptrace(2), systemd.exec(5)).
 */
function searchOf(directory: string): Containerd {
  try {
    const environment = readFileSync(join(directory, 'environ'), 'utf8').split('\0')
    const path = environment.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? DEFAULT_PATH
    return {root: join(directory, 'root'), path: path.split(':').filter((part) => part !== '')}
  } catch {
    return ORDINARY
  }
}

/** Where containerd finds the shim, as containerd itself sees it, or nothing. */
export function shimIn({root, path}: Containerd): string | undefined {
  for (const directory of path) {
    const program = join(directory, SHIM_PROGRAM)
    if (isExecutable(join(root, program))) return program
  }
  return undefined
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
