import {PluginError, reason} from '../errors.js'
import type {CreateRequest} from '../docker/create-request.js'
import {HOOK_ABORT_MS, HOOK_AFTER_MS, HOOK_WITHOUT_ENGINE_MS} from '../limits.js'
import type {Log} from '../log.js'
import {abortableOnceSettled, withTimeout} from '../timing.js'
import type {CleanupStack} from './cleanup.js'
import type {
  CreatedContainer,
  ExitReport,
  FoundContainer,
  Phase,
  ReadyContext,
  RunContext,
  RunHooks,
  StartedContainer,
  Verdict,
} from './contract.js'

/** A plugin that takes part in this run. */
export interface Member {
  readonly name: string
  readonly hooks: Partial<RunHooks>
}

/**
 * The plugins of one run, in order, and one method a phase.
 *
 * Invariants: a hook is called at most once a run, `restarted` and `reconnected` apart; no hook of a phase is called
 * before every hook of the phase before it has settled; what a hook throws reaches the caller as a {@link PluginError}
 * that names plugin and phase (`resolve` to `ready`) or becomes one warning (`restarted` to `removed`).
 */
export class Pipeline {
  readonly #members: readonly Member[]
  readonly #context: RunContext
  readonly #log: Log

  constructor(members: readonly Member[], signal: AbortSignal, cleanup: CleanupStack, log: Log) {
    this.#members = members
    this.#log = log
    this.#context = {
      signal,
      defer: (label, undo) => {
        cleanup.defer(label, undo)
      },
    }
  }

  async resolve(request: CreateRequest): Promise<void> {
    await this.#series('resolve', (hooks) => hooks.resolve?.({...this.#context, request}))
  }

  /** What the first plugin that has an opinion says of a container that was found. */
  async reconcile(request: CreateRequest, found: FoundContainer): Promise<Verdict | undefined> {
    for (const {name, hooks} of this.#members) {
      const verdict = await this.#stamped(name, 'reconcile', () =>
        hooks.reconcile?.({...this.#context, request, found}),
      )
      if (verdict !== undefined) return verdict
    }
    return undefined
  }

  async create(request: CreateRequest): Promise<void> {
    await this.#series('create', (hooks) => hooks.create?.({...this.#context, request}))
  }

  async start(container: CreatedContainer): Promise<void> {
    await this.#series('start', (hooks) => hooks.start?.({...this.#context, container}))
  }

  async started(container: StartedContainer): Promise<void> {
    await this.#series('started', (hooks) => hooks.started?.({...this.#context, container}))
  }

  /** Whether the container itself will tell systemd that it is ready. `wait` is how it is waited for, if it is. */
  async ready(
    container: CreatedContainer,
    {signal = this.#context.signal, tell = nothing, extend = nothing, afterwards = nothing}: Partial<ReadyContext> = {},
  ): Promise<'delegated' | undefined> {
    const settled = await Promise.allSettled(
      this.#members.map(({name, hooks}) =>
        this.#stamped(
          name,
          'ready',
          () => hooks.ready?.({...this.#context, signal, tell, extend, afterwards, container}),
          signal,
        ),
      ),
    )
    const failed = settled.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return settled.some((result) => result.status === 'fulfilled' && result.value === 'delegated')
      ? 'delegated'
      : undefined
  }

  async restarted(container: StartedContainer, endedAt: number): Promise<void> {
    await this.#each(this.#members, 'restarted', (hooks) => hooks.restarted?.({...this.#context, container, endedAt}))
  }

  async reconnected(container: CreatedContainer): Promise<void> {
    await this.#each(this.#members, 'reconnected', (hooks) => hooks.reconnected?.({...this.#context, container}))
  }

  async exited(container: CreatedContainer, exit: ExitReport): Promise<void> {
    await this.#reversed('exited', exit, (hooks) => hooks.exited?.({...this.#context, container, exit}))
  }

  async removed(container: CreatedContainer, exit: ExitReport): Promise<void> {
    await this.#reversed('removed', exit, (hooks) => hooks.removed?.({...this.#context, container, exit}))
  }

  /** Why this process must stay while the container runs, one reason a plugin that wants it. */
  residentReasons(): string[] {
    return this.#members.flatMap(({name, hooks}) => {
      const why = hooks.resident?.()
      return why === undefined ? [] : [`${name}: ${why}`]
    })
  }

  /** What is waited for before the container is ready, one thing a plugin that waits. */
  awaited(): string[] {
    return this.#members.flatMap(({hooks}) => hooks.awaits?.() ?? [])
  }

  /** What the plugins will do to the host. */
  describe(): string[] {
    return this.#members.flatMap(({name, hooks}) => (hooks.describe?.() ?? []).map((line) => `${name}: ${line}`))
  }

  async #series(phase: Phase, call: (hooks: Partial<RunHooks>) => void | Promise<void>): Promise<void> {
    for (const {name, hooks} of this.#members) await this.#stamped(name, phase, () => call(hooks))
  }

  async #reversed(
    phase: Phase,
    {why}: ExitReport,
    call: (hooks: Partial<RunHooks>) => void | Promise<void>,
  ): Promise<void> {
    const patience = why === 'without-engine' ? HOOK_WITHOUT_ENGINE_MS : HOOK_AFTER_MS
    await this.#each(this.#members.toReversed(), phase, call, patience)
  }

  async #each(
    members: readonly Member[],
    phase: Phase,
    call: (hooks: Partial<RunHooks>) => void | Promise<void>,
    patience = HOOK_AFTER_MS,
  ): Promise<void> {
    for (const {name, hooks} of members) {
      try {
        await withTimeout(patience, Promise.resolve(call(hooks)))
      } catch (error) {
        this.#log.warn(`${name} (${phase}): ${reason(error)}`)
      }
    }
  }

  /**
   * Calls a hook; what it throws is stamped with whose and when. A stop that was asked for passes through as it is, but
   * nothing is taken back while the hook that it came into is still at work: only one that does not heed it for long is
   * left to itself.
   */
  async #stamped<T>(
    plugin: string,
    phase: Phase,
    call: () => T | Promise<T>,
    signal = this.#context.signal,
  ): Promise<T> {
    try {
      return await abortableOnceSettled(signal, HOOK_ABORT_MS, Promise.resolve(call()), () => {
        this.#log.warn(
          `${plugin} (${phase}) ignores the stop and is abandoned after ${String(HOOK_ABORT_MS / 1000)} seconds`,
        )
      })
    } catch (error) {
      signal.throwIfAborted()
      throw new PluginError(plugin, phase, error)
    }
  }
}

function nothing(): void {
  return undefined
}
