import type {ContainerEvent, Engine, ContainerInspection, Watch} from '../docker/engine.js'
import {EngineRefusedError, EngineUnreachableError, SystemdDockerError, reason} from '../errors.js'
import {stopDeadline} from '../systemd/deadline.js'
import type {Notifier} from '../systemd/notifier.js'
import type {HostProcess} from '../kernel/process.js'
import {withEngineTimeout} from './engine-timeout.js'
import {EventFeed} from './event-feed.js'
import {howItEnded, type KnownEnd} from './how-it-ended.js'
import {findInit as findInitHere} from '../kernel/container-init.js'
import {
  CUT_MS,
  OUTAGE_AFTER_END_MS,
  OUTAGE_ANSWER_MS,
  OUTAGE_RETRY_FIRST_MS,
  OUTAGE_RETRY_MOST_MS,
  SEQUEL_MS,
} from '../limits.js'
import type {Log} from '../log.js'
import {NEVER_ABORTED, sleep} from '../timing.js'
import type {Pipeline} from '../pipeline/pipeline.js'
import {reloadSignalOf, reloading} from './reload.js'
import type {CreatedContainer, ExitReport} from '../pipeline/contract.js'
import type {ProcessSignals} from './signals.js'
import {stopContainer, type StopHandle} from './stop-container.js'
import type {UnitName} from '../systemd/unit.js'

/** What a container is followed with. */
export interface SuperviseInput {
  readonly container: CreatedContainer
  /** What it is called in messages. */
  readonly name: string
  /** Its init as this host has it; nothing where it was never seen, or has a PID of another PID namespace. */
  readonly init: HostProcess | undefined
  /** When its life began by the Engine's clock, in milliseconds since 1970; nothing where it was never seen. */
  readonly startedAt: number | undefined
  /** Whether the first start that the events tell of is the one that this run asked for. */
  readonly ownStart: boolean
  readonly events: AsyncIterable<ContainerEvent>
  /** Its end, which is waited for since before it was started. */
  readonly watch: Watch
  readonly engine: Engine
  readonly pipeline: Pipeline
  readonly notifier: Notifier
  readonly stop: ProcessSignals
  readonly log: Log
  /** The unit whose stop timeout bounds ours. */
  readonly unit: UnitName | undefined
  readonly sigProxy: boolean
  /** Whether the container itself tells systemd of its state. */
  readonly isDelegated: boolean
  /** Finds a container's init on this host. */
  readonly findInit?: typeof findInitHere
}

/** What the Engine has told of the container's present life. */
interface Life {
  /** Its init as this host has it. */
  readonly process: HostProcess | undefined
  /** The PID of its init as the Engine has it, and when it began by the Engine's clock; nothing where it was never seen. */
  readonly pid: number | undefined
  readonly startedAt: number | undefined
  /** Nothing where the Engine would not wait for its end. */
  watch: Watch | undefined
  /** What it ended with, once the Engine has said so to who waited. */
  code: number | undefined
  /** Whether the Engine was asked to send a signal, and which, by number, as far as it says. */
  isSignalled: boolean
  readonly sent: Set<number>
  outOfMemory: boolean
}

/**
 * Follows a container until it has really ended: through restarts that somebody asked Docker for, and through an Engine that goes away and comes
 * back. Waits for what the Engine tells, and asks again and again only an Engine that is away.
 */
export async function supervise(supervised: SuperviseInput): Promise<ExitReport> {
  return await new Supervision(supervised).end()
}

/** The status of a container that ended, and whether it ran out of memory, as far as the Engine has these. */
type FoundEnd = Pick<ContainerInspection, 'exitCode' | 'outOfMemory'>

class Supervision {
  readonly #of: SuperviseInput
  #name: string
  #feed: EventFeed
  /** Ends the streams that were opened here. */
  #streams = new AbortController()
  #life: Life
  #stopping: StopHandle | undefined
  /** What has the unit reloaded, once systemd has said it. */
  #reloadSignal: NodeJS.Signals | 'none' | undefined

  constructor(supervised: SuperviseInput) {
    const {name, events, init, startedAt, watch} = supervised
    this.#of = supervised
    this.#name = name
    this.#feed = new EventFeed(events)
    this.#life = newLife(init, init?.pid, startedAt)
    this.#watches(watch)
  }

  async end(): Promise<ExitReport> {
    const {stop} = this.#of
    const withoutEngine = new Promise<ExitReport>((resolve) => {
      stop.onStop(() => {
        this.#stop().then((code) => {
          if (code === undefined) return
          // An Engine that hangs may have said before how it ended.
          const isTold = this.#life.code !== undefined
          resolve(isTold ? this.#report(undefined) : this.#report({exitCode: code, outOfMemory: false}, 'silent'))
        }, this.#failed('stop the container'))
      })
    })
    stop.onOther((name) => {
      this.#passOn(name).catch(this.#failed(`tell systemd of ${name}`))
    })
    try {
      return await Promise.race([this.#follow(), withoutEngine])
    } finally {
      this.#streams.abort()
    }
  }

  /** Passes a signal on to the container; where it asks for a reload of the unit, systemd is told that this is done. */
  async #passOn(name: NodeJS.Signals): Promise<void> {
    const {engine, container, sigProxy, unit, notifier, isDelegated, log} = this.#of
    // A container that has systemd's socket says itself what it does.
    if (unit !== undefined && !isDelegated) this.#reloadSignal ??= await reloadSignalOf(unit, NEVER_ABORTED)
    const isReload = name === this.#reloadSignal
    if (isReload) await notifier.send(...reloading())
    if (sigProxy)
      await engine.kill(container.id, name, NEVER_ABORTED).catch(this.#failed(`pass ${name} on to the container`))
    else log.info(`${name} is not passed on, as --sig-proxy=false asks for`)
    if (isReload) await notifier.send('READY=1')
  }

  /** Waits for the end in what the Engine tells. */
  async #follow(): Promise<ExitReport> {
    let isOurs = this.#of.ownStart
    for (;;) {
      const next = await this.#feed.next()
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
        this.#note(event)
        return undefined
      case 'pause':
        await this.#status('paused')
        return undefined
      case 'unpause':
        await this.#status('running')
        return undefined
      case 'rename':
        this.#name = event.name ?? this.#name
        await this.#status('running')
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

  /** Keeps what says why the container will end. An event may come late: what was before the present life says nothing of it. */
  #note({action, at, signal}: ContainerEvent): void {
    if (at < (this.#life.startedAt ?? 0)) return
    if (action === 'oom') this.#life.outOfMemory = true
    if (action !== 'kill') return
    this.#life.isSignalled = true
    if (signal !== undefined) this.#life.sent.add(signal)
  }

  /** The container has ended: for good, unless somebody has had it started again. */
  async #ended(at: number): Promise<ExitReport | undefined> {
    if (this.#stopping !== undefined) return await this.#reportEnd(at)
    if (this.#life.isSignalled) {
      // docker restart, and an Engine that ends, are told from docker stop by what comes next.
      for (;;) {
        const next = await this.#feed.next(SEQUEL_MS)
        if (next === 'cut') return await this.#report(undefined, 'gone')
        if (next === 'late') break
        this.#note(next)
        if (next.action === 'start' && (await this.#startedAgain(at))) return undefined
      }
    }
    return await this.#reportEnd(at)
  }

  /** The end, unless the container is found to run, by then or still: events may come late, and twice. */
  async #reportEnd(at: number): Promise<ExitReport | undefined> {
    const found = await this.#found()
    if (found === 'away') return await this.#report(undefined, this.#life.isSignalled ? 'gone' : 'there')
    const isRunning = found !== undefined && found.pid !== 0
    if (this.#stopping === undefined && found?.state === 'restarting') return undefined
    if (this.#stopping === undefined && isRunning) {
      await this.#startedAgain(at)
      return undefined
    }
    const ended = isRunning ? undefined : found
    // What tells why may come behind the end itself.
    const mayBeTold = this.#life.isSignalled || (ended?.exitCode ?? 0) > 128
    if (this.#stopping === undefined && mayBeTold && (await this.#isCut()) && this.#life.isSignalled)
      return await this.#report(ended, 'gone')
    return await this.#report(ended)
  }

  /**
   * Whether the Engine that told of the container is gone. From Docker 25 on one that ends holds its streams longer than it answers, and systemd keeps who asks at
   * its socket for the next one.
   */
  async #isCut(): Promise<boolean> {
    for (;;) {
      const next = await this.#feed.next(CUT_MS)
      if (next === 'cut' || next === 'late') return next === 'cut'
      this.#note(next)
    }
  }

  /**
   * The container as the Engine has it, which may take it as long as it must: only one that does not answer although its events have ended is away. Nothing where the container is gone, or
   * the Engine does not say.
   */
  async #found(): Promise<ContainerInspection | 'away' | undefined> {
    const {engine, container, log} = this.#of
    const question = new AbortController()
    const away = this.#feed.cut.then(() => sleep(OUTAGE_ANSWER_MS, question.signal)).then(() => 'away' as const)
    try {
      return await Promise.race([engine.inspect(container.id, question.signal), away])
    } catch (error) {
      if (error instanceof EngineUnreachableError) return 'away'
      if (!(error instanceof SystemdDockerError)) throw error
      log.warn(reason(error))
      return undefined
    } finally {
      question.abort()
    }
  }

  /** The container's end from now on, where the Engine waits for one. */
  async #watched(signal: AbortSignal): Promise<Watch | undefined> {
    const {engine, container} = this.#of
    try {
      return await engine.watch(container.id, 'next-exit', signal)
    } catch (error) {
      if (error instanceof EngineRefusedError) return undefined
      throw error
    }
  }

  /** The end of the present life is what is waited for so. */
  #watches(watch: Watch | undefined): void {
    const life = this.#life
    life.watch = watch
    watch?.exitCode.then(
      (code) => (life.code = code),
      () => undefined,
    )
  }

  /** Somebody may have had the container started, after the life that ended at `endedAt`. Whether it has a new one. */
  async #startedAgain(endedAt: number): Promise<boolean> {
    // What tells of the container ends with an Engine that goes away now, and that is dealt with next.
    const watch = await this.#watched(this.#streams.signal).catch((error: unknown) => {
      if (!(error instanceof EngineUnreachableError)) throw error
      return undefined
    })
    const found = await this.#found()
    return found !== 'away' && found !== undefined && (await this.#follows(found, watch, endedAt))
  }

  /** Takes the container's new life for the unit's, unless it is the one that is known. Whether it is a new one. */
  async #follows(found: ContainerInspection, watch: Watch | undefined, endedAt: number): Promise<boolean> {
    const {pid, startedAt} = this.#life
    const isSame = (pid ?? found.pid) === found.pid && (startedAt ?? found.startedAt) === found.startedAt
    const isKnown = isSame && (pid !== undefined || startedAt !== undefined)
    if (found.pid === 0 || isKnown) return false
    const {container, pipeline, log, findInit = findInitHere} = this.#of
    const init = await findInit(found)
    this.#life = newLife(typeof init === 'string' ? undefined : init, found.pid, found.startedAt)
    this.#watches(watch)
    log.info(`container ${this.#name} was started again, its init is now ${String(found.pid)}`)
    if (init !== 'elsewhere') await pipeline.restarted({...container, pid: found.pid}, endedAt)
    await this.#status('running')
    return true
  }

  /** The Engine is away: waits for it to come back. The end, if the container has ended by then. */
  async #outage(): Promise<ExitReport | undefined> {
    const {log, engine} = this.#of
    log.warn(`the Engine at ${engine.address} went away; container ${this.#name} is followed again when it is back`)
    await this.#status('running, the Engine is away')
    let endedAt: number | undefined
    for (let wait = OUTAGE_RETRY_FIRST_MS; ; wait = Math.min(2 * wait, OUTAGE_RETRY_MOST_MS)) {
      await sleep(wait)
      if (await this.#life.process?.isThere()) endedAt = undefined
      else endedAt ??= performance.now()
      try {
        return await this.#back()
      } catch (error) {
        // An Engine that is just coming up may refuse what it will soon answer.
        if (!(error instanceof SystemdDockerError)) throw error
        this.#streams.abort()
        if (endedAt !== undefined && performance.now() - endedAt > OUTAGE_AFTER_END_MS)
          return await this.#report(undefined, 'gone')
      }
    }
  }

  /** Follows the container again, if the Engine is back; the end, if it has ended. What is opened here ends with {@link #streams}. */
  async #back(): Promise<ExitReport | undefined> {
    const {log, container, engine, pipeline} = this.#of
    this.#streams = new AbortController()
    const {signal} = this.#streams
    const since = Date.now()
    const [events, watch] = await withEngineTimeout(engine, OUTAGE_ANSWER_MS, () =>
      Promise.all([engine.events(container.id, since, signal), this.#watched(signal)]),
    )
    const found = await withEngineTimeout(engine, OUTAGE_ANSWER_MS, (question) =>
      engine.inspect(container.id, question),
    )
    if (found === undefined || (found.pid === 0 && found.state !== 'restarting'))
      return await this.#endedInOutage(found)
    this.#feed = new EventFeed(events)
    log.info('the Engine is back')
    if (!(await this.#follows(found, watch, found.finishedAt))) {
      this.#watches(watch)
      await pipeline.reconnected(container)
    }
    await this.#status(found.state === 'paused' ? 'paused' : 'running')
    return undefined
  }

  /** How a container ended that ended while nobody told of it. */
  async #endedInOutage(found: ContainerInspection | undefined): Promise<ExitReport> {
    const {engine, container} = this.#of
    if (this.#stopping !== undefined) {
      // Our stop reached the new Engine before we listened to it.
      if (found !== undefined) return await this.#report(found)
      const ends = await withEngineTimeout(engine, OUTAGE_ANSWER_MS, (signal) => engine.ends(container.id, signal))
      const exitCode = ends.at(-1)?.exitCode
      if (exitCode !== undefined) return await this.#report({exitCode, outOfMemory: false})
    }
    const {liveRestore} = await withEngineTimeout(engine, OUTAGE_ANSWER_MS, (signal) => engine.info(signal))
    return await this.#report(found, found !== undefined && liveRestore ? 'there' : 'gone')
  }

  /**
   * What there is to say of the end. The status is what the Engine says of a container that is `found`, or has said to who waited for it: never what an event says, whose attributes the
   * image can forge with labels.
   */
  async #report(found: FoundEnd | undefined, engine: KnownEnd['engine'] = 'there'): Promise<ExitReport> {
    const code = found?.exitCode ?? (await this.#codeSaid())
    const {sent, outOfMemory} = this.#life
    const stop = this.#stopping === undefined ? 'none' : this.#stopping.isHurried() ? 'hurried' : 'asked'
    return howItEnded({code, sent, outOfMemory: outOfMemory || found?.outOfMemory === true, stop, engine})
  }

  /** The exit status as the Engine says it to who waited for it; nothing where it goes away instead. */
  async #codeSaid(): Promise<number | undefined> {
    const silence = this.#feed.cut.then(() => sleep(CUT_MS)).then(() => undefined)
    return await Promise.race([this.#life.watch?.exitCode.catch(() => undefined), silence])
  }

  async #stop(): Promise<number | undefined> {
    if (this.#stopping !== undefined) {
      await this.#stopping.hurry()
      return undefined
    }
    const {engine, container, notifier, unit, log, stop} = this.#of
    this.#stopping = stopContainer({
      asked: stop.asked ?? 'SIGTERM',
      id: container.id,
      name: this.#name,
      engine,
      notifier,
      askDeadline: unit === undefined ? undefined : () => stopDeadline(unit, NEVER_ABORTED),
      log,
      process: () => this.#life.process,
    })
    return await this.#stopping.done
  }

  async #status(words: string): Promise<void> {
    await this.#of.notifier
      .send(`STATUS=container ${this.#name} ${words}`)
      .catch(this.#failed('tell systemd of the container'))
  }

  #failed(doing: string): (error: unknown) => void {
    return (error) => {
      this.#of.log.warn(`could not ${doing}: ${reason(error)}`)
    }
  }
}

function newLife(process: HostProcess | undefined, pid: number | undefined, startedAt: number | undefined): Life {
  return {
    process,
    pid,
    startedAt,
    watch: undefined,
    code: undefined,
    isSignalled: false,
    sent: new Set(),
    outOfMemory: false,
  }
}
