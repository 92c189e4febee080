import type {ContainerEvent, ContainerInspection, Engine, Health, Watch} from '../docker/engine.js'
import {EngineUnreachableError, reason} from '../errors.js'
import {findInit as findInitHere} from '../kernel/container-init.js'
import type {HostProcess} from '../kernel/process.js'
import {isRealtime, type SignalName} from '../kernel/signal-names.js'
import {CUT_MS, OUTAGE_ANSWER_MS, SEQUEL_MS, SEQUEL_STARTS} from '../limits.js'
import type {Log} from '../log.js'
import type {CreatedContainer, ExitReport} from '../pipeline/contract.js'
import type {Pipeline} from '../pipeline/pipeline.js'
import type {Notifier} from '../systemd/notifier.js'
import type {UnitName} from '../systemd/unit.js'
import {unitStop, type UnitStop} from '../systemd/unit-stop.js'
import {watchdogSignalOf} from '../systemd/watchdog.js'
import {sleep} from '../timing.js'
import {ContainerLife, watchNextExit} from './container-life.js'
import {EventFeed} from './event-feed.js'
import {SignalForwarder} from './forward-signal.js'
import type {WhenUnhealthy} from './health.js'
import {HealthWatch} from './health-watch.js'
import {howItEnded, type KnownEnd} from './how-it-ended.js'
import type {KeepAlive} from './keep-alive.js'
import {lookUpUnlessAway, sitOut} from './outage.js'
import type {ProcessSignals} from './signals.js'
import {STATUS, runningSince} from './status.js'
import {stopContainer, type StopHandle} from './stop-container.js'
import {containerProcesses} from './container-processes.js'
import {isBeingStopped, isOfSystemd, isStoppedByCommand, isStopOf, mayHurry, type SignalAgain} from './who-signals.js'

/** What a container is followed with. */
export interface SuperviseInput {
  readonly container: CreatedContainer
  /** What it is called in messages. */
  readonly name: string
  /** The container init as this host has it; nothing if it was never seen, or the Engine's PIDs are not this host's. */
  readonly init: HostProcess | undefined
  /** When its life began by the Engine's clock, in milliseconds since 1970; nothing if it was never seen. */
  readonly startedAt: number | undefined
  /** How long the Engine has taken to start it, in milliseconds; 0 for one that ran before. */
  readonly startTook: number
  /** Whether the first start that the events tell of is the one that this run asked for. */
  readonly ownStart: boolean
  readonly events: AsyncIterable<ContainerEvent>
  /** The container's end, which is waited for since before it was started. */
  readonly watch: Watch
  readonly engine: Engine
  readonly pipeline: Pipeline
  readonly notifier: Notifier
  readonly stop: ProcessSignals
  readonly log: Log
  /** The unit whose stop timeout bounds a stop; nothing outside of one. */
  readonly unit: UnitName | undefined
  /**
   * The unit whose cgroup this process is in, which it may not have been started for as far as it knows: what systemd
   * says to whom it starts is lost on the way through sudo.
   */
  readonly unitAround: UnitName | undefined
  /** The signals by which systemd would stop the unit; none outside of one, and where it does not answer. */
  readonly killSignals: readonly SignalName[]
  readonly sigProxy: boolean
  /** What is run in the container on a reload (`--reload-exec`); nothing where it is sent the signal. */
  readonly reloadExec: readonly string[] | undefined
  /** Whether the container itself tells systemd its state (`--notify`). */
  readonly isDelegated: boolean
  /** Whether the unit has `WatchdogSec=`. */
  readonly isWatched: boolean
  /** What its health check said when it was looked at; nothing where it has none. */
  readonly health: Health | undefined
  readonly whenUnhealthy: WhenUnhealthy
  /** What answers the unit's `WatchdogSec=`; nothing where nobody here does. */
  readonly keepAlive: KeepAlive | undefined
  /** Finds a container's init on this host. */
  readonly findInit?: typeof findInitHere
}

/**
 * Follows a container until it has really ended: through a `docker restart`, and through an Engine that goes away and
 * comes back. It waits for what the Engine tells, and polls only an Engine that is away.
 */
export async function supervise(supervised: SuperviseInput): Promise<ExitReport> {
  return await new Supervision(supervised).end()
}

/** What the Engine has of a container's end. */
type FoundEnd = Pick<ContainerInspection, 'exitCode' | 'outOfMemory'>

class Supervision {
  readonly #of: SuperviseInput
  #name: string
  #feed: EventFeed
  /** Ends the streams that were opened here. */
  #streams = new AbortController()
  /** Aborts at the end. */
  readonly #over = new AbortController()
  #life: ContainerLife
  #stopping: (StopHandle & Pick<SignalAgain, 'asked' | 'began'>) | undefined
  /** Whether a command of the unit has stopped the container. */
  #isStoppedByCommand = false
  readonly #health: HealthWatch
  /** The signal by which systemd aborts the unit, where that is listened to. */
  #abortSignal: SignalName | undefined
  /** Whether the container was unhealthy, and is to end for that. */
  #isAbandoned = false
  /** The end that a stop has brought about without the Engine. */
  readonly #withoutEngine: Promise<ExitReport>
  #endWithoutEngine: (exit: Promise<ExitReport>) => void = () => undefined

  constructor(supervised: SuperviseInput) {
    const {name, events, init, startedAt, watch, engine, container, whenUnhealthy, keepAlive, log} = supervised
    this.#of = supervised
    this.#name = name
    this.#feed = new EventFeed(events)
    this.#life = new ContainerLife(init, init?.pid, startedAt)
    this.#life.watch(watch)
    this.#withoutEngine = new Promise((resolve) => (this.#endWithoutEngine = resolve))
    this.#health = new HealthWatch({
      engine,
      id: container.id,
      name: () => this.#name,
      when: whenUnhealthy,
      keepAlive,
      stop: () => this.#abandon(),
      triggerWatchdog: () => this.#triggerWatchdog(),
      log,
    })
  }

  /** Waits for the end, of which the Engine tells, or which a stop brings about without the Engine. */
  async end(): Promise<ExitReport> {
    const {stop, engine, container, unit, isDelegated, isWatched, notifier, sigProxy, reloadExec, log} = this.#of
    stop.onStop((name) => {
      this.#stopBy(name)
    })
    // A container that has systemd's socket tells of a reload itself, unless that is the end of a command.
    const reloadable = isDelegated && reloadExec === undefined ? undefined : unit
    const reload = reloadExec && {
      words: reloadExec,
      tell: (isReloading: boolean) => this.#status(isReloading ? 'reloading' : this.#running),
      over: this.#over.signal,
    }
    const forwarder = new SignalForwarder({engine, id: container.id, unit: reloadable, notifier, sigProxy, reload, log})
    stop.onOther((name) => {
      this.#takeOther(name, forwarder).catch(this.#failed(`tell systemd of ${name}`))
    })
    // A container that answers the watchdog itself may miss it, and is to have its time to stop then, too.
    if (isDelegated && isWatched) this.#hearAbort().catch(this.#failed('listen to the signal of an abort'))
    try {
      return await Promise.race([this.#follow(), this.#withoutEngine])
    } finally {
      this.#over.abort()
      this.#streams.abort()
    }
  }

  #stopBy(name: SignalName): void {
    this.#stop(name).then((code) => {
      if (code === undefined) return
      // An Engine that hangs may have told the status before.
      const isTold = this.#life.code !== undefined
      this.#endWithoutEngine(
        isTold ? this.#report(undefined) : this.#report({exitCode: code, outOfMemory: false}, 'silent'),
      )
    }, this.#failed('stop the container'))
  }

  /** Takes the events one by one, until one of them is the end. */
  async #follow(): Promise<ExitReport> {
    let isOurs = this.#of.ownStart
    // Whoever said that the container runs has said this, too.
    await this.#health.take(this.#of.health, () => Promise.resolve())
    for (;;) {
      const next = await this.#feed.next()
      // The container has ended without the Engine: that its events are cut now is our doing.
      if (this.#over.signal.aborted) return await this.#withoutEngine
      if (next === 'late') continue
      if (next === 'cut') {
        const exit = await this.#outage()
        if (exit !== undefined) return exit
      } else if (next.action === 'start' && isOurs) isOurs = false
      else {
        const exit = await this.#heed(next)
        if (exit !== undefined) return exit
      }
    }
  }

  /** Does what an event asks for; the end, if it is one. */
  async #heed(event: ContainerEvent): Promise<ExitReport | undefined> {
    switch (event.action) {
      case 'kill':
      case 'oom':
        this.#life.note(event)
        return undefined
      case 'pause':
        await this.#status('paused')
        return undefined
      case 'unpause':
        await this.#status(this.#running)
        return undefined
      case 'rename':
        this.#name = event.name ?? this.#name
        await this.#status(this.#running)
        return undefined
      case 'health_status':
        // What is being stopped may well fail its checks.
        if (!this.#isStopping) await this.#health.heed(event, () => this.#status(this.#running))
        return undefined
      case 'start':
        await this.#startedAgain(event.at)
        return undefined
      case 'die':
        return await this.#ended(event.at)
      case 'destroy':
        return await this.#report(undefined)
      default:
        return undefined
    }
  }

  /** The container has ended: for good, unless it is started again. */
  async #ended(at: number): Promise<ExitReport | undefined> {
    if (this.#life.isSignalled && !(await this.#isStopAsked())) {
      // What comes next distinguishes docker restart and the end of the Engine from docker stop.
      for (;;) {
        const next = await this.#feed.next(Math.max(SEQUEL_MS, SEQUEL_STARTS * this.#of.startTook))
        if (next === 'cut') return await this.#endedWithEngine()
        if (next === 'late') break
        this.#life.note(next)
        if (next.action === 'start' && (await this.#startedAgain(at))) return undefined
      }
    }
    return await this.#reportEnd(at)
  }

  /**
   * The container ended, and the Engine is gone, which may have been too fast to give its exit status: then the next
   * Engine has it.
   */
  async #endedWithEngine(): Promise<ExitReport | undefined> {
    return (await this.#codeSaid()) === undefined ? await this.#outage() : await this.#report(undefined, 'gone')
  }

  /** The end, unless the container runs, again or still: events may come late, and twice. */
  async #reportEnd(at: number): Promise<ExitReport | undefined> {
    const found = await this.#found()
    if (found === 'away') return await this.#report(undefined, this.#life.isSignalled ? 'gone' : 'there')
    const isRunning = found !== undefined && found.pid !== 0
    if (!this.#isStopping && found?.state === 'restarting') return undefined
    if (!this.#isStopping && isRunning) {
      await this.#startedAgain(at)
      return undefined
    }
    const ended = isRunning ? undefined : found
    // The events that say why may come after the end itself.
    const mayBeTold = this.#life.isSignalled || (ended?.exitCode ?? 0) > 128
    if (mayBeTold && !(await this.#isStopAsked()) && (await this.#isCut()) && this.#life.isSignalled)
      return await this.#report(ended, 'gone')
    return await this.#report(ended)
  }

  /** Whether the container is being stopped, as far as is known here: by this process, or by a command of the unit. */
  get #isStopping(): boolean {
    return this.#stopping !== undefined || this.#isStoppedByCommand
  }

  /** Whether an end is that of a stop: systemd is asked whether it has a command carry one out. */
  async #isStopAsked(): Promise<boolean> {
    const {stop} = this.#of
    if (!this.#isStopping && isStoppedByCommand(await this.#stopOfUnit())) {
      this.#isStoppedByCommand = true
      stop.noteStop()
    }
    return this.#isStopping
  }

  /**
   * Whether the Engine that told of the container is gone. From Docker 25 on, an Engine that ends holds its streams
   * longer than it answers, and systemd keeps a new connection to its socket for the next Engine.
   */
  async #isCut(): Promise<boolean> {
    for (;;) {
      const next = await this.#feed.next(CUT_MS)
      if (next === 'cut' || next === 'late') return next === 'cut'
      this.#life.note(next)
    }
  }

  /** The container may have been started again, after the life that ended at `endedAt`. Whether it was. */
  async #startedAgain(endedAt: number): Promise<boolean> {
    const {engine, container} = this.#of
    // If the Engine goes away now, its events end too, and the outage comes next.
    const watch = await watchNextExit(engine, container.id, this.#streams.signal).catch((error: unknown) => {
      if (!(error instanceof EngineUnreachableError)) throw error
      return undefined
    })
    const found = await this.#found()
    return found !== 'away' && found !== undefined && (await this.#follows(found, watch, endedAt))
  }

  /** Follows the container into the life that it was found in, unless that is the known one. Whether it is new. */
  async #follows(found: ContainerInspection, watch: Watch | undefined, endedAt: number): Promise<boolean> {
    if (found.pid === 0 || this.#life.isThatOf(found)) return false
    const {container, pipeline, log, findInit = findInitHere} = this.#of
    const init = await findInit(found)
    this.#life = new ContainerLife(typeof init === 'string' ? undefined : init, found.pid, found.startedAt)
    this.#life.watch(watch)
    if (init !== 'elsewhere') await pipeline.restarted({...container, pid: found.pid}, endedAt)
    log.info(`container ${this.#name} was started again, its init is now ${String(found.pid)}`)
    await this.#health.take(found.health, () => this.#status(this.#running))
    return true
  }

  /** The Engine went away: follows the container again when it is back. The end, if it has ended by then. */
  async #outage(): Promise<ExitReport | undefined> {
    const {log, engine, container, pipeline} = this.#of
    log.warn(`the Engine at ${engine.address} went away; container ${this.#name} is followed again when it is back`)
    await this.#status(`${this.#running}, the Engine is away`)
    const outcome = await sitOut({
      engine,
      id: container.id,
      isRunning: async () => (await this.#life.init?.isThere()) ?? false,
      isStopping: () => this.#stopping !== undefined,
      signal: this.#over.signal,
    })
    if (outcome.kind === 'ended') return await this.#report(outcome.found, outcome.engine)
    const {found, events, watch, streams} = outcome
    this.#streams.abort()
    this.#streams = streams
    this.#feed = new EventFeed(events)
    log.info('the Engine is back')
    if (!(await this.#follows(found, watch, found.finishedAt))) {
      this.#life.watch(watch)
      await pipeline.reconnected(container)
    }
    await this.#health.take(found.health, () => this.#status(found.state === 'paused' ? 'paused' : this.#running))
    return undefined
  }

  /** The container as the Engine has it; nothing if it is gone, or the Engine refuses to say. */
  async #found(): Promise<ContainerInspection | 'away' | undefined> {
    const {engine, container, log} = this.#of
    return await lookUpUnlessAway({engine, id: container.id, cut: this.#feed.cut, log})
  }

  /**
   * How the container ended, with all that is known. The status is that of the container that was found, or the one
   * that the Engine gives to who waits for the end: never that of an event, as the image's labels can overwrite it.
   */
  async #report(found: FoundEnd | undefined, engine: KnownEnd['engine'] = 'there'): Promise<ExitReport> {
    const code = found?.exitCode ?? (await this.#codeSaid())
    const {sent, outOfMemory} = this.#life
    const stop = this.#howAsked()
    return howItEnded({code, sent, outOfMemory: outOfMemory || found?.outOfMemory === true, stop, engine})
  }

  #howAsked(): KnownEnd['stop'] {
    if (this.#isAbandoned && this.#of.stop.asked === undefined) return 'unhealthy'
    if (this.#isStoppedByCommand) return 'in-time'
    if (this.#stopping === undefined) return 'none'
    if (this.#stopping.isHurried()) return 'hurried'
    return this.#stopping.isOverdue() ? 'asked' : 'in-time'
  }

  /** The exit status that the Engine gives to who waits for the end; nothing if it goes away instead. */
  async #codeSaid(): Promise<number | undefined> {
    const silence = this.#feed.cut.then(() => sleep(OUTAGE_ANSWER_MS)).then(() => undefined)
    return await Promise.race([this.#life.ended(), silence])
  }

  /** Stops the container for its health, which systemd learns from the exit status. */
  #abandon(): Promise<void> {
    // One more signal would hurry a stop that is on its way.
    if (this.#isStopping) return Promise.resolve()
    this.#isAbandoned = true
    this.#stopBy('SIGTERM')
    return Promise.resolve()
  }

  /** Has systemd abort the unit as if it had missed `WatchdogSec=` (sd_notify(3), `WATCHDOG=trigger`). */
  async #triggerWatchdog(): Promise<void> {
    if (this.#isStopping) return
    await this.#hearAbort()
    await this.#of.notifier.send('WATCHDOG=trigger').catch(this.#failed("trigger the unit's watchdog"))
  }

  /**
   * Listens to the signal by which systemd aborts the unit. Where this process answers the watchdog, that is only once
   * it was triggered: a process of ours that hangs is to die of it.
   */
  async #hearAbort(): Promise<void> {
    const {unit, stop} = this.#of
    this.#abortSignal = unit === undefined ? 'SIGABRT' : await watchdogSignalOf(unit, this.#over.signal)
    if (!isRealtime(this.#abortSignal)) stop.hearToo(this.#abortSignal)
  }

  /** Stops the container, or kills one that is stopping. Its exit status, if it was ended without the Engine. */
  async #stop(name: SignalName): Promise<number | undefined> {
    if (this.#over.signal.aborted || this.#isStoppedByCommand) return undefined
    if (this.#stopping !== undefined) {
      await this.#stopAgain(name, this.#stopping)
      return undefined
    }
    const {engine, container, notifier, log} = this.#of
    const stopping = stopContainer({
      asked: name,
      id: container.id,
      name: this.#name,
      engine,
      notifier,
      askUnit: () => this.#askUnit(),
      over: this.#over.signal,
      lookAtProcesses: () => containerProcesses(this.#life.init),
      log,
      process: () => this.#life.init,
    })
    this.#stopping = {...stopping, asked: name, began: performance.now()}
    return await stopping.done
  }

  /** One more signal has asked for the stop: it is the same stop, or somebody wants it to be over now. */
  async #stopAgain(name: SignalName, stopping: StopHandle & Pick<SignalAgain, 'asked' | 'began'>): Promise<void> {
    const again = {name, at: performance.now(), asked: stopping.asked, began: stopping.began}
    stopping.askAgain()
    if (mayHurry(again) && !isOfSystemd(again, await this.#stopOfUnit())) await stopping.hurry()
  }

  /** A signal that is the container's, unless systemd stops the unit by it. @throws {NotifyError} */
  async #takeOther(name: SignalName, forwarder: SignalForwarder): Promise<void> {
    if (name === this.#abortSignal) await this.#abandon()
    else if (this.#of.killSignals.includes(name) && isStopOf(await this.#stopOfUnit(), name)) this.#of.stop.stopBy(name)
    else await forwarder.forward(name)
  }

  /** What systemd says of the stop of the unit. */
  async #stopOfUnit(): Promise<UnitStop | undefined> {
    const told = await this.#askUnit()
    return told === 'none' ? undefined : told
  }

  /** The same; `none` in no unit, and in one that is not stopped and that this process may be in by chance. */
  async #askUnit(): Promise<UnitStop | 'none' | undefined> {
    const {unit, unitAround} = this.#of
    if (unit !== undefined) return await unitStop(unit, this.#over.signal)
    const around = unitAround === undefined ? undefined : await unitStop(unitAround, this.#over.signal)
    return around !== undefined && isBeingStopped(around) ? around : 'none'
  }

  get #running(): string {
    return `${runningSince(this.#life.startedAt)}${this.#health.words}`
  }

  async #status(words: string): Promise<void> {
    await this.#of.notifier
      .send(`STATUS=${STATUS.container(this.#name, words)}`)
      .catch(this.#failed('tell systemd of the container'))
  }

  #failed(doing: string): (error: unknown) => void {
    return (error) => {
      this.#of.log.warn(`could not ${doing}: ${reason(error)}`)
    }
  }
}
