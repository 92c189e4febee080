import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {readCgroupPaths} from '../kernel/cgroups.js'
import type {HostProcess} from '../kernel/process.js'
import {isBelow, isSystemds} from '../placement/container-cgroups.js'
import {unitCgroupOf} from '../systemd/unit.js'
import type {ContainerProcesses} from './stop-container.js'

const NONE: ContainerProcesses = {isInUnit: false, count: 0}

/** Looks at the processes of the container with this init, which may be none of this host. */
export async function containerProcesses(init: HostProcess | undefined): Promise<ContainerProcesses> {
  if (init === undefined) return NONE
  try {
    const unit = unitCgroupOf(readCgroupPaths('self'))
    const places = readCgroupPaths(init.pid)
    const place = unit === undefined ? undefined : places.find((one) => isSystemds(one, unit))
    if (unit === undefined || place === undefined) return NONE
    const pids = (await readFile(join(place.directory, 'cgroup.procs'), 'utf8')).split('\n').filter((pid) => pid !== '')
    // One that was moved may share the unit's own cgroup with us.
    const others = pids.filter((pid) => ![process.pid, process.ppid].map(String).includes(pid))
    return {isInUnit: isBelow(place, unit), count: others.length}
  } catch {
    // It has just ended.
    return NONE
  }
}
