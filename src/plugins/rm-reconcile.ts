import type {Volumes} from '../docker/engine.js'
import {BadValueError, DriftError, reason} from '../errors.js'
import {defineRunPlugin} from '../pipeline/contract.js'

/** The label that says `yes` when `finish` is to remove the container at its end. */
const LABEL = 'systemd-docker.remove'

const ON_DRIFT = ['adopt', 'replace', 'fail']

/**
 * What to do with a container that is there already, and that a container of `--rm` is gone at the end.
 *
 * In a unit the Engine is not asked to remove it by itself (`AutoRemove`). With that its exit status and its last
 * output are lost when it ends while the Engine is away, and `docker restart` may end with its removal: the Engine puts
 * `AutoRemove` back before the removal at the first end has looked (seen on 20.10). So it is removed here, by `finish`
 * where it was handed over, and by the unit's next start where this process was killed. Only where nobody of the unit
 * comes back to it, outside of any unit and with `--detach`, the Engine removes it.
 *
 * One that was taken over, and was perhaps made without `--rm`, is removed without its anonymous volumes.
 */
export const rmReconcile = defineRunPlugin({
  name: 'rm-reconcile',
  options: {
    'on-drift': {
      kind: 'string',
      default: 'adopt',
      valueName: ON_DRIFT.join('|'),
      summary: 'what to do with an existing container that was created from another command line or image',
    },
  },
  setup({'on-drift': onDrift = 'adopt'}, {engine, log, unit, handover, detached}) {
    if (!ON_DRIFT.includes(onDrift)) throw new BadValueError('--on-drift', onDrift, `use ${ON_DRIFT.join(', ')}`)
    let remove = false
    let volumes: Volumes = 'without-volumes'
    return {
      resolve({request}) {
        remove = request.body.HostConfig.AutoRemove
        if (!remove || detached !== undefined || (unit === undefined && !handover)) return
        request.body.HostConfig.AutoRemove = false
        request.body.Labels[LABEL] = 'yes'
      },
      reconcile({found: {name, running, madeWithRm, drift}}) {
        if (madeWithRm) volumes = 'with-volumes'
        if (remove && !running) return 'replace'
        if (drift !== undefined && onDrift === 'replace') return 'replace'
        if (drift !== undefined && onDrift === 'fail') throw new DriftError(name, drift)
        if (drift !== undefined)
          log.warn(`container ${name} ${drift}, and is used as it is (--on-drift=replace recreates it)`)
        return undefined
      },
      create() {
        volumes = 'with-volumes'
      },
      async exited({container, signal}) {
        if (remove) await engine.remove(container.id, volumes, signal)
      },
      resident: () =>
        remove && !handover && detached === undefined ? 'it removes the container at its end' : undefined,
      describe: () => (remove ? ['replace a stopped container of that name, and remove the container at its end'] : []),
    }
  },
  async finish({container: {id}, labels, signal}, {engine, log}) {
    if (labels[LABEL] !== 'yes') return
    await engine.remove(id, 'with-volumes', signal).catch((error: unknown) => {
      log.warn(`container ${id.slice(0, 12)} is left behind: ${reason(error)}`)
    })
  },
})
