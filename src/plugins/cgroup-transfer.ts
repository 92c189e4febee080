import {stateDirectory} from '../files/state-directory.js'
import {withdraw} from '../placement/announcement.js'
import {choosePlacement} from '../placement/choose.js'
import type {Placement, ContainerLocation} from '../placement/placement.js'
import {defineRunPlugin} from '../pipeline/contract.js'

/**
 * The container is in the unit's cgroup, so that systemd sees, limits and stops it: born there where the host allows
 * it, else moved there.
 */
export const cgroupTransfer = defineRunPlugin({
  name: 'cgroup-transfer',
  options: {
    cgroups: {
      kind: 'list',
      char: 'c',
      valueName: 'NAME',
      default: ['all'],
      summary:
        "which of the unit's cgroups to place the container in: all, one hierarchy of cgroup v1 (name=systemd, cpu, …), or none",
    },
  },
  setup({cgroups: names}, {engine, env, log, unit, detached}) {
    let placement: Placement | undefined
    let where: ContainerLocation | undefined
    return {
      async resolve({request, signal}) {
        placement = await choosePlacement(names, {request, engine, env, log, detached, signal})
        placement.prepare(request)
      },
      start: ({container, ...context}) => placement?.beforeStart(container, context),
      async started({container, ...context}) {
        where = await placement?.afterStart(container, context)
      },
      async restarted({container, ...context}) {
        await placement?.afterStart(container, context)
      },
      // systemd sees a main process end that is not its child only when the unit's cgroup is empty then. Where it takes
      // no messages we cannot stay either.
      resident: () =>
        unit !== undefined &&
        detached === undefined &&
        env['NOTIFY_SOCKET'] !== undefined &&
        (where === 'elsewhere' || placement?.isInUnit === false)
          ? `the container is not in the unit's cgroup, so systemd would not see its end${reasonOf(placement)}`
          : undefined,
      describe: () => (placement?.describe === undefined ? [] : [placement.describe]),
    }
  },
  // What announces the container to the shim stays as long as Docker may start it again.
  async finish({container: {id}}, {env}) {
    const state = stateDirectory(env)
    if (state !== undefined) await withdraw(id, state)
  },
})

/** Why the container is not in the unit, behind what follows from that. */
function reasonOf(placement: Placement | undefined): string {
  return placement?.whyElsewhere === undefined ? '' : `: ${placement.whyElsewhere}`
}
