import type {Engine, RestartPolicy} from '../docker/engine.js'
import {reason} from '../errors.js'
import type {Log} from '../log.js'
import {NEVER_ABORTED} from '../timing.js'

/** A restart policy that a container had, and has not now. */
export interface RestartPolicyTakenOff {
  /** Gives it back to a container that the run could not use. */
  putBack(): Promise<void>
}

/**
 * Sees to it that the Engine does not start a container again by itself, also once systemd has stopped the unit, or
 * when the Engine itself is started: that is systemd's to do. One that systemd-docker makes has no such policy; one
 * that was there before may have.
 *
 * Before the container is moved: Docker updates none that it does not find in its cgroup.
 */
export async function takeOffRestartPolicy(
  {
    engine,
    log,
    stop: {signal},
  }: {readonly engine: Engine; readonly log: Log; readonly stop: {readonly signal: AbortSignal}},
  {id, name}: {readonly id: string; readonly name: string},
  policy: RestartPolicy,
): Promise<RestartPolicyTakenOff | undefined> {
  try {
    await engine.setRestartPolicy(id, {name: 'no', retries: 0}, signal)
  } catch (error) {
    signal.throwIfAborted()
    log.warn(
      `the restart policy of container ${name} is ${policy.name} and cannot be set to no, so Docker may start it although the unit has ended: ${reason(error)}`,
    )
    return undefined
  }
  log.warn(
    `the restart policy of container ${name} was ${policy.name} and is set to no, because systemd restarts the container (set Restart= in the unit)`,
  )
  return {
    putBack: async () => {
      await engine.setRestartPolicy(id, policy, NEVER_ABORTED).catch((error: unknown) => {
        log.warn(`the restart policy of container ${name} stays no: ${reason(error)}`)
      })
    },
  }
}
