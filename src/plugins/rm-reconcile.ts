import type {Volumes} from '../docker/engine.js'
import {BadValueError, DriftError, reason} from '../errors.js'
import {defineRunPlugin} from '../pipeline/contract.js'

/** The label that says `yes` when the container is to be removed at its end by `finish`, and not by the Engine. */
const LABEL = 'systemd-docker.remove'

const ON_DRIFT = ['adopt', 'replace', 'fail']

/**
 * What to do with a container that is there already, and that a container of `--rm` is really gone at the end. The
 * Engine removes such a container by itself, so that it goes whoever dies meanwhile; one that was taken over was
 * perhaps made without, and is removed here, without its anonymous volumes. One that is handed over stays until its
 * end, so that `systemd-docker finish` can read its exit status.
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
  setup({'on-drift': onDrift = 'adopt'}, {engine, log, handover, detached}) {
    if (!ON_DRIFT.includes(onDrift)) throw new BadValueError('--on-drift', onDrift, `use ${ON_DRIFT.join(', ')}`)
    let remove = false
    let volumes: Volumes = 'without-volumes'
    return {
      resolve({request}) {
        remove = request.body.HostConfig.AutoRemove
        if (!remove || !handover) return
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
