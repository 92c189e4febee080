// What must compile, and what must not, for whoever writes a plugin in TypeScript. test/integration/types.test.ts holds
// it against the types of the built package.
import {defineRunPlugin, type Host, type RunHooks, type RunPlugin} from 'systemd-docker'

/** Every kind of option has the type of its values. */
export const typed = defineRunPlugin({
  name: 'typed',
  options: {
    loud: {kind: 'boolean', summary: 'a switch'},
    file: {kind: 'string', summary: 'one value'},
    names: {kind: 'list', summary: 'several values'},
    mode: {kind: 'boolean', modes: ['soft', 'hard'], summary: 'a switch that says how'},
  },
  setup({loud, file, names, mode}, {log}) {
    const how: boolean | 'soft' | 'hard' = mode
    // @ts-expect-error: it may be off
    const only: 'soft' | 'hard' = mode
    log.info(`${String(how)} ${only}`)
    const isLoud: boolean = loud
    const all: readonly string[] = names
    // @ts-expect-error: nobody may have said it
    const path: string = file
    // @ts-expect-error: a list that is in force is not the plugin's to change
    const own: string[] = names
    if (isLoud) log.info(`${path} ${all.join()} ${own.join()}`)
    return undefined
  },
  async finish({container, labels, exit, options, signal}, host) {
    const file: string | undefined = options.file
    if (labels['mine'] === undefined) return
    await host.engine.stop(container.id, signal)
    // @ts-expect-error: it may never have run
    host.log.info(`${String(exit.code)} ${String(file)}`)
    // @ts-expect-error: nobody knows any more what stood on the line
    host.log.info(String(host.handover))
  },
})

/** Where it is not known which options a plugin has, a value may be of any kind. */
export const untyped: RunPlugin = {
  name: 'untyped',
  options: {list: {kind: 'list', summary: 'several values'}},
  setup({list}) {
    // @ts-expect-error: it may be a switch, or a list
    const text: string | undefined = list
    if (!Array.isArray(list)) return undefined
    return {describe: () => [`${String(text)} ${String(list.length)}`]}
  },
}

/** A plugin of certain options is a plugin. */
export const plugins: readonly RunPlugin[] = [typed, untyped]

/** Hooks may answer at once or later, and those that may answer need not. */
export const hooks: Partial<RunHooks>[] = [
  {
    resolve({request}) {
      request.body.Env.push('A=1')
    },
    reconcile: () => undefined,
    ready: () => 'delegated',
    exited: async ({exit: {code}}) => {
      await Promise.resolve(code)
    },
  },
  {
    async reconcile({found}) {
      await Promise.resolve()
      if (found.running) return 'adopt'
      return undefined
    },
    async ready({container}) {
      await Promise.resolve(container.id)
    },
  },
  {
    reconcile() {
      return
    },
    ready() {
      return
    },
  },
  // @ts-expect-error: this is no verdict
  {reconcile: () => 'keep'},
  // @ts-expect-error: nor is this an answer
  {ready: () => true},
  // @ts-expect-error: a request that is about to be made is fixed
  {create: ({request}) => void (request.name = 'x')},
  // @ts-expect-error: the container has no PID before it runs
  {start: ({container: {pid}}) => console.log(pid)},
  // @ts-expect-error: there is no such phase
  {stopped: () => undefined},
]

/** What a plugin may use. */
export async function use({engine, log, unit}: Host, signal: AbortSignal): Promise<void> {
  const found = await engine.inspect('web', signal)
  // @ts-expect-error: there may be no such container
  log.info(found.name)
  // @ts-expect-error: outside of a unit there is none
  log.info(unit.name)
  // @ts-expect-error: nobody may look for a fault
  log.debug('…')
  // @ts-expect-error: every verb takes a signal
  await engine.stop('web')
}
