import type {Engine} from '../docker/engine.js'
import {reason} from '../errors.js'
import type {SignalName} from '../kernel/signal-names.js'
import type {Log} from '../log.js'
import type {Notifier} from '../systemd/notifier.js'
import type {UnitName} from '../systemd/unit.js'
import {NEVER_ABORTED} from '../timing.js'
import {reloadLimitOf, reloadSignalOf, reloading} from './reload.js'
import {runReloadCommand} from './reload-command.js'

/** What signals are forwarded with. */
export interface ForwardInput {
  readonly engine: Engine
  /** The container's id. */
  readonly id: string
  /** The unit that a signal may reload; nothing outside of one, and if the container tells systemd of that itself. */
  readonly unit: UnitName | undefined
  readonly notifier: Notifier
  /** Whether signals are forwarded (`--sig-proxy`). */
  readonly sigProxy: boolean
  /** What is run in the container on a reload, and how that is done; nothing where it is sent the signal. */
  readonly reload?: ReloadByCommand | undefined
  readonly log: Log
}

/** A reload by a command in the container (`--reload-exec`). */
export interface ReloadByCommand {
  readonly words: readonly string[]
  /** Says in the status text that the container reloads, or that it no longer does. */
  readonly tell: (isReloading: boolean) => Promise<void>
  /** Aborts when the container has ended. */
  readonly over: AbortSignal
}

/** Forwards the signals of this process that are not for it to the container. */
export class SignalForwarder {
  readonly #input: ForwardInput
  /** What has the unit reloaded, once systemd has said it. */
  #reloadSignal: SignalName | 'none' | undefined
  #isReloading = false
  #isAsked = false

  constructor(input: ForwardInput) {
    this.#input = input
  }

  /** Forwards a signal. If it reloads the unit, systemd is told of the beginning and the end. @throws {NotifyError} */
  async forward(name: SignalName): Promise<void> {
    const {engine, id, unit, notifier, sigProxy, reload, log} = this.#input
    if (unit !== undefined) this.#reloadSignal ??= await reloadSignalOf(unit, NEVER_ABORTED)
    const isReload = name === this.#reloadSignal
    // A unit of another type is reloaded by a command, which sends SIGHUP (systemd.service(5), `ExecReload=`).
    if (reload !== undefined && (isReload || (name === 'SIGHUP' && (this.#reloadSignal ?? 'none') === 'none'))) {
      await this.#reloadByCommand(reload, isReload)
      return
    }
    if (isReload) await notifier.send(...reloading())
    if (sigProxy)
      await engine.kill(id, name, NEVER_ABORTED).catch((error: unknown) => {
        log.warn(`could not forward ${name} to the container: ${reason(error)}`)
      })
    else log.info(`${name} is not forwarded, because --sig-proxy=false is set`)
    if (isReload) await notifier.send('READY=1')
  }

  /**
   * Reloads one after another; what is asked for meanwhile is one more.
   *
   * @param isTold whether systemd waits for the end
   */
  async #reloadByCommand({words, tell, over}: ReloadByCommand, isTold: boolean): Promise<void> {
    const {engine, id, unit, notifier, log} = this.#input
    this.#isAsked = true
    if (this.#isReloading) return
    this.#isReloading = true
    try {
      while (this.#takeAsked()) {
        if (isTold) await notifier.send(...reloading())
        await tell(true)
        const limit = unit === undefined ? Infinity : await reloadLimitOf(unit, over)
        await runReloadCommand({engine, id, words, limit, over, log})
        if (over.aborted) return
        if (isTold) await notifier.send('READY=1')
        await tell(false)
      }
    } finally {
      this.#isReloading = false
    }
  }

  #takeAsked(): boolean {
    const isAsked = this.#isAsked
    this.#isAsked = false
    return isAsked
  }
}
