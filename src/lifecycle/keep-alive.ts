import {reason} from '../errors.js'
import type {Log} from '../log.js'
import type {Notifier} from '../systemd/notifier.js'

/** Tells systemd that the unit is well, as often as it asks to be told (sd_watchdog_enabled(3)), until it is not. */
export class KeepAlive {
  readonly #timer: NodeJS.Timeout
  #isHeld = false

  /** @param interval in milliseconds */
  constructor(interval: number, notifier: Notifier, log: Log) {
    this.#timer = setInterval(() => {
      if (this.#isHeld) return
      notifier.send('WATCHDOG=1').catch((error: unknown) => {
        log.warn(`could not tell systemd that the container runs: ${reason(error)}`)
      })
    }, interval)
  }

  /** Says nothing more until {@link resume}: the unit is not well. */
  hold(): void {
    this.#isHeld = true
  }

  /** The unit is well again. */
  resume(): void {
    this.#isHeld = false
  }

  /** Says nothing more. */
  end(): void {
    clearInterval(this.#timer)
  }
}
