/** @type {import('systemd-docker').RunPlugin} */
export const times = {
  name: 'times',
  contract: 1,
  options: {
    times: {kind: 'boolean', summary: 'log how long after the beginning of the run each phase came'},
  },
  setup({times: enabled}, {log}) {
    if (!enabled) return undefined
    const begun = performance.now()
    /** @type {(phase: string, about: string) => void} */
    const note = (phase, about) => log.info(`${phase} after ${Math.round(performance.now() - begun)} ms: ${about}`)
    return {
      resolve: ({request}) => note('resolve', request.body.Image),
      reconcile: ({found}) => note('reconcile', found.running ? 'running' : 'stopped'),
      create: ({request}) => note('create', request.name ?? 'no name'),
      start: ({container}) => note('start', container.id),
      started: ({container, defer}) => {
        note('started', `PID ${container.pid}`)
        defer('note the end', () => note('undone', container.id))
      },
      ready: ({container}) => note('ready', container.id),
      restarted: ({container}) => note('restarted', `PID ${container.pid}`),
      reconnected: ({container}) => note('reconnected', container.id),
      exited: ({exit}) => note('exited', `status ${exit.code}`),
      removed: ({container}) => note('removed', container.id),
      resident: () => 'it logs when the container ends',
    }
  },
}

/** Answers systemd-docker's question which plugins this package brings. */
export default async () => [times]
