import {isRunning, type ContainerInspection} from '../docker/engine.js'
import {LABELS, ownerOf, type Invocation} from '../pipeline/labels.js'
import {beganAt} from '../systemd/began.js'

/**
 * Whether another command of the unit has this container, as one in ExecStartPre=: one that was made from another line,
 * and that this invocation of the unit has made, or has started although an earlier one had made it. What an earlier
 * invocation has left is the unit's own, from before its line was changed.
 */
export async function isOfAnotherCommand(
  {labels, startedAt}: ContainerInspection,
  request: string,
  unit: Invocation,
  signal: AbortSignal,
): Promise<boolean> {
  const made = labels[LABELS.request]
  if (labels[LABELS.unit] !== ownerOf(unit) || made === undefined || made === request) return false
  return labels[LABELS.invocation] === unit.id || startedAt >= ((await beganAt(unit, signal)) ?? Infinity)
}

/** Whether this invocation of the unit has made a container, or has started one that runs. */
export async function isInUse(found: ContainerInspection, unit: Invocation, signal: AbortSignal): Promise<boolean> {
  if (found.labels[LABELS.invocation] === unit.id) return true
  return isRunning(found) && found.startedAt >= ((await beganAt(unit, signal)) ?? Infinity)
}
