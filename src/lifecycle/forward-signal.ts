import type {Engine} from '../docker/engine.js'
import {reason} from '../errors.js'
import type {SignalName} from '../kernel/signal-names.js'
import type {Log} from '../log.js'
import type {Notifier} from '../systemd/notifier.js'
import type {UnitName} from '../systemd/unit.js'
import {NEVER_ABORTED} from '../timing.js'
import {reloadSignalOf, reloading} from './reload.js'

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
  readonly log: Log
}

/** Forwards the signals of this process that are not for it to the container. */
export class SignalForwarder {
  readonly #input: ForwardInput
  /** What has the unit reloaded, once systemd has said it. */
  #reloadSignal: SignalName | 'none' | undefined

  constructor(input: ForwardInput) {
    this.#input = input
  }

  /** Forwards a signal. If it reloads the unit, systemd is told of the beginning and the end. @throws {NotifyError} */
  async forward(name: SignalName): Promise<void> {
    const {engine, id, unit, notifier, sigProxy, log} = this.#input
    if (unit !== undefined) this.#reloadSignal ??= await reloadSignalOf(unit, NEVER_ABORTED)
    const isReload = name === this.#reloadSignal
    if (isReload) await notifier.send(...reloading())
    if (sigProxy)
      await engine.kill(id, name, NEVER_ABORTED).catch((error: unknown) => {
        log.warn(`could not forward ${name} to the container: ${reason(error)}`)
      })
    else log.info(`${name} is not forwarded, because --sig-proxy=false is set`)
    if (isReload) await notifier.send('READY=1')
  }
}
