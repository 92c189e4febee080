import {defineRunPlugin} from '../run/run-plugin.js'

/**
 * What to do with a container that bears the name already, and that a container of `--rm` is really gone at the end. The Engine removes such
 * a container by itself, so that it goes whoever dies meanwhile; one that was taken over was perhaps made without, and is removed here.
 */
export const rmReconcile = defineRunPlugin({
  name: 'rm-reconcile',
  options: {},
  setup(_, {engine}) {
    let remove = false
    return {
      resolve({request}) {
        remove = request.body.HostConfig.AutoRemove
      },
      reconcile({found}) {
        if (found.running) return 'adopt'
        return remove ? 'replace' : 'restart'
      },
      async exited({container, signal}) {
        if (remove) await engine.remove(container.id, signal)
      },
      resident: () => (remove ? 'it sees to it that the container is removed' : undefined),
      describe: () => (remove ? ['remove a stopped container of that name first, and the container at its end'] : []),
    }
  },
})
