import type {RunHooks} from '../pipeline/contract.js'

/** The hooks of several parts of one duty as one, called in their order. Which parts there are is asked each time. */
export function partsOf(parts: () => readonly Partial<RunHooks>[]): Partial<RunHooks> {
  return {
    async resolve(context) {
      for (const part of parts()) await part.resolve?.(context)
    },
    async reconcile(context) {
      for (const part of parts()) {
        const verdict = await part.reconcile?.(context)
        if (verdict !== undefined) return verdict
      }
      return undefined
    },
    async create(context) {
      for (const part of parts()) await part.create?.(context)
    },
    async start(context) {
      for (const part of parts()) await part.start?.(context)
    },
    async ready(context) {
      for (const part of parts()) await part.ready?.(context)
    },
    async restarted(context) {
      for (const part of parts()) await part.restarted?.(context)
    },
    async reconnected(context) {
      for (const part of parts()) await part.reconnected?.(context)
    },
    async exited(context) {
      for (const part of parts()) await part.exited?.(context)
    },
    resident: () => parts().flatMap((part) => part.resident?.() ?? [])[0],
    describe: () => parts().flatMap((part) => part.describe?.() ?? []),
  }
}
