import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import type {HostConfig} from '../docker/create-request.js'
import {hasErrorCode} from '../errors.js'

/** The number of CAP_MKNOD (linux/capability.h). */
const CAP_MKNOD = 27n

/**
 * On cgroup v2 what keeps a container from the host's devices is a BPF program on the cgroup that Docker made for it, and stays behind there
 * when the processes move. Without CAP_MKNOD, which Docker gives by default, a container cannot make the device files that it could then open.
 */
export function forbidDeviceNodes(hostConfig: HostConfig): void {
  if (!wantsDeviceNodes(hostConfig)) hostConfig.CapDrop.push('MKNOD')
}

/** Whether the line asks that the container can make device files. */
export function wantsDeviceNodes({Privileged, CapAdd}: HostConfig): boolean {
  return Privileged || CapAdd.some((name) => /^(?:CAP_)?(?:MKNOD|ALL)$/i.test(name))
}

/** Whether a process, or what it executes, can make device files (proc(5), `CapBnd`); one that has ended cannot. */
export async function canMakeDeviceNodes(pid: number, procRoot = '/proc'): Promise<boolean> {
  const status = await readFile(join(procRoot, String(pid), 'status'), 'utf8').catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT', 'ESRCH')) return ''
    throw error
  })
  const [, bounding = '0'] = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status) ?? []
  return ((BigInt(`0x${bounding}`) >> CAP_MKNOD) & 1n) === 1n
}
