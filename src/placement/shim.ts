import {access, constants, readFile, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {readPlaces, rootOf, systemdsPlace} from '../systemd/hierarchies.js'

/** The runtime that an Engine from 23 on is asked for, and the program that containerd then looks for (containerd, core/runtime/v2/README.md). */
export const SHIM_RUNTIME = 'io.containerd.systemd-docker.v1'
export const SHIM_PROGRAM = 'containerd-shim-systemd-docker-v1'
/** The OCI runtime's name with the Engine, and its program. */
export const OCI_RUNTIME = 'systemd-docker'
export const OCI_PROGRAM = 'systemd-docker-runc'

/** The PATH of a service (systemd.exec(5), `ExecSearchPath=`). */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'

/** The files that can hold containerd's PID, among others: the pid file of one that dockerd has started, the `cgroup.procs` of a service of its own. */
export type Whereabouts = readonly string[]

/** Where the host's own containerd is found, as opposed to one of a user's. */
export async function systemContainerd(): Promise<Whereabouts> {
  const place = systemdsPlace(await readPlaces('self'))
  return systemContainerdIn(place === undefined ? '/sys/fs/cgroup' : rootOf(place))
}

/** {@link systemContainerd}, where systemd's hierarchy is mounted at `hierarchy`. */
export function systemContainerdIn(hierarchy: string): Whereabouts {
  return ['/run/docker/containerd/containerd.pid', join(hierarchy, 'system.slice/containerd.service/cgroup.procs')]
}

/** containerd as this process sees it. */
export interface Containerd {
  /** Its file system. */
  readonly root: string
  /** The directories where it looks for shims. */
  readonly path: readonly string[]
}

/** The containerd that the Engine uses; one that is not found is taken for an ordinary service. */
export async function findContainerd(files: Whereabouts, procRoot = '/proc'): Promise<Containerd> {
  for (const file of files) {
    const pids = (await textOf(file)).split(/\s+/).filter((pid) => pid !== '')
    for (const pid of pids) {
      if ((await textOf(join(procRoot, pid, 'comm'))) !== 'containerd\n') continue
      const environment = (await textOf(join(procRoot, pid, 'environ'))).split('\0')
      const path = environment.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? DEFAULT_PATH
      return {root: join(procRoot, pid, 'root'), path: path.split(':').filter((directory) => directory !== '')}
    }
  }
  return {root: '/', path: DEFAULT_PATH.split(':')}
}

/** Where containerd finds the shim, as containerd itself sees it, or nothing. */
export async function shimIn({root, path}: Containerd): Promise<string | undefined> {
  for (const directory of path) {
    const program = join(directory, SHIM_PROGRAM)
    if (await isExecutable(join(root, program))) return program
  }
  return undefined
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}

async function textOf(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch(() => '')
}
