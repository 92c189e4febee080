import type {ContainerEvent, Engine, Health} from '../docker/engine.js'
import {reason} from '../errors.js'
import {HEALTH_ANSWER_MS} from '../limits.js'
import type {Log} from '../log.js'
import {withEngineTimeout} from './engine-timeout.js'
import {describeCheck, describeHealth, recovers, turnsUnhealthy, type WhenUnhealthy} from './health.js'
import type {KeepAlive} from './keep-alive.js'

/** What a container's health is watched with. */
export interface HealthWatchInput {
  readonly engine: Engine
  /** The container's id. */
  readonly id: string
  /** What it is called in messages, by now. */
  readonly name: () => string
  readonly when: WhenUnhealthy
  /** What answers `WatchdogSec=`; nothing where nobody here does. */
  readonly keepAlive: KeepAlive | undefined
  /** Stops the container, as it is unhealthy. */
  readonly stop: () => Promise<void>
  /** Has systemd do what it does when `WatchdogSec=` is missed. */
  readonly triggerWatchdog: () => Promise<void>
  readonly log: Log
}

/** Follows what Docker's health check says of a container, and does what `--unhealthy` asks for. */
export class HealthWatch {
  readonly #of: HealthWatchInput
  #health: Health | undefined

  constructor(input: HealthWatchInput) {
    this.#of = input
  }

  /** The container's health, in words that go behind `running`. */
  get words(): string {
    return describeHealth(this.#health)
  }

  /** Takes note of an event, which says what the health has become and not what the check has said. */
  async heed(event: ContainerEvent, tell: () => Promise<void>): Promise<void> {
    if (event.health === undefined) return
    const status = event.health
    if (status === 'healthy') await this.take({status}, tell)
    else await this.take((await this.#ask()) ?? {status}, tell)
  }

  /**
   * Takes note of what the health was found to be.
   *
   * @param tell tells systemd what the container is by now, which it has in its own log when it acts on that
   */
  async take(health: Health | undefined, tell: () => Promise<void>): Promise<void> {
    const before = this.#health
    this.#health = health
    await tell()
    if (health !== undefined && turnsUnhealthy(before, health)) await this.#act(describeCheck(health))
    else if (recovers(before, health)) this.#recovered(health)
  }

  /** The health as the Engine has it by now; nothing if it does not say. */
  async #ask(): Promise<Health | undefined> {
    const {engine, id, log} = this.#of
    try {
      return (await withEngineTimeout(engine, HEALTH_ANSWER_MS, (signal) => engine.inspect(id, signal)))?.health
    } catch (error) {
      log.debug?.(`what the health check said is not known: ${reason(error)}`)
      return undefined
    }
  }

  async #act(said: string): Promise<void> {
    const {name, when, keepAlive, stop, triggerWatchdog, log} = this.#of
    switch (when) {
      case 'ignore':
        return
      case 'log':
        log.warn(`container ${name()} is unhealthy: ${said}`)
        return
      case 'stop':
        log.warn(`container ${name()} is unhealthy and is stopped (--unhealthy=stop): ${said}`)
        await stop()
        return
      case 'watchdog':
        log.warn(`container ${name()} is unhealthy, so the watchdog of the unit is triggered: ${said}`)
        keepAlive?.hold()
        await triggerWatchdog()
    }
  }

  #recovered(health: Health | undefined): void {
    const {name, when, keepAlive, log} = this.#of
    keepAlive?.resume()
    if (when !== 'ignore' && health?.status === 'healthy') log.info(`container ${name()} is healthy again`)
  }
}
