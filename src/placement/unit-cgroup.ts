import type {RunContext} from '../pipeline/contract.js'
import {isUnified, type CgroupPath} from '../kernel/cgroups.js'
import {stepOutOfLeaf} from '../kernel/leaf.js'
import type {UnitCgroup} from '../systemd/unit.js'
import {NEVER_ABORTED} from '../timing.js'

/**
 * Sees to it that the unit's cgroup is as systemd left it when this process has ended, whatever became of the
 * container, so that systemd can start the unit's next command there: another one of ExecStart=, or one behind
 * ExecStartPre=, or ExecStopPost= where nothing is delegated.
 *
 * A process that systemd has put below the unit's cgroup, into `.control` or what `DelegateSubgroup=` names, leaves it
 * alone (systemd.resource-control(5), `Delegate=`): none of its kind comes into the unit's cgroup itself, and the main
 * process may have a container with controllers there.
 *
 * @param own where this process was when it began
 */
export function putBackAfterwards(unit: UnitCgroup, own: readonly CgroupPath[], defer: RunContext['defer']): void {
  if (!isIn(unit, own)) return
  defer(`put ${unit.path} back as it was`, async () => {
    if (!(await stepOutOfLeaf(unit, NEVER_ABORTED)))
      throw new Error(
        "another container there has enabled the controllers below itself, so systemd may fail to start the unit's next command",
      )
  })
}

/** Whether a process with these places is in the unit's cgroup itself. */
export function isIn(unit: UnitCgroup, own: readonly CgroupPath[]): boolean {
  return own.some((place) => isUnified(place) && place.path === unit.path)
}
