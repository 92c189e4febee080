import {constants} from 'node:os'
import type {ContainerEvent, Engine, Inspected} from '../docker/engine.js'
import {EXIT_OURS, EngineUnreachableError, SystemdDockerError, reason} from '../errors.js'
import type {Notifier} from '../systemd/notifier.js'
import {findProcess, type HostProcess} from '../systemd/process.js'
import type {Log} from './log.js'
import {answerOf} from './answer.js'
import {UNTIL_DONE, pauseFor} from './patience.js'
import type {Pipeline} from './pipeline.js'
import type {CreatedContainer, ExitReport} from './run-plugin.js'
import type {StopRequests} from './stop.js'
import {stopContainer, type Stopping} from './stopping.js'
import type {UnitName} from '../systemd/unit.js'

/** How long after an end that somebody asked the Engine for the Engine may take to begin what comes next: another start, or its own end. */
const SEQUEL_PATIENCE_MS = 1000
/** How long the end of a stream that has been cut may take to reach us. */
const CUT_PATIENCE_MS = 100
/** How long an Engine that is asked something may take. */
const ANSWER_PATIENCE_MS = 5000
/** How long an Engine may stay away once the container has ended, before its exit status is given up. */
const ABSENCE_PATIENCE_MS = 30_000
const RETRY_FIRST_MS = 100
const RETRY_MOST_MS = 2000

/** What a container is followed with. */
export interface Supervised {
  readonly container: CreatedContainer
  /** What it is called in messages. */
  readonly name: string
  /** The PID of its init; nothing where it was never seen. */
  readonly pid: number | undefined
  /** Whether the first start that the events tell of is the one that this run asked for. */
  readonly ownStart: boolean
  readonly events: AsyncIterable<ContainerEvent>
  readonly engine: Engine
  readonly pipeline: Pipeline
  readonly notifier: Notifier
  readonly stop: StopRequests
  readonly log: Log
  /** The unit whose stop timeout bounds ours. */
  readonly unit: UnitName | undefined
  readonly sigProxy: boolean
}

/** What the Engine has told of the container's present life. */
interface Life {
  process: HostProcess | undefined
  /** The signals that the Engine was asked to send, by number. */
  readonly sent: Set<number>
  outOfMemory: boolean
  /** Its exit status, once it has ended. */
  code: number | undefined
}

type Next = ContainerEvent | 'cut' | 'late'

/**
 * Follows a container until it has really ended: through restarts that somebody asked Docker for, and through an Engine that goes away and comes
 * back. Waits for what the Engine tells, and asks again and again only an Engine that is away.
 */
export async function supervise(supervised: Supervised): Promise<ExitReport> {
  return await new Supervision(supervised).end()
}

class Supervision {
  readonly #of: Supervised
  #name: string
  #events: AsyncIterator<ContainerEvent>
  #pending: Promise<IteratorResult<ContainerEvent>> | undefined
  #life: Life
  #stopping: Stopping | undefined

  constructor(supervised: Supervised) {
    this.#of = supervised
    this.#name = supervised.name
    this.#events = supervised.events[Symbol.asyncIterator]()
    this.#life = newLife(undefined)
  }

  async end(): Promise<ExitReport> {
    const {pid, stop, engine, container, sigProxy, log} = this.#of
    const withoutEngine = new Promise<ExitReport>((resolve) => {
      stop.onStop(() => {
        this.#stop().then((code) => {
          if (code !== undefined) resolve({code, why: 'without-engine'})
        }, this.#failed('stop the container'))
      })
    })
    stop.onOther((name) => {
      if (sigProxy) engine.kill(container.id, name, UNTIL_DONE).catch(this.#failed(`pass ${name} on to the container`))
      else log.info(`${name} is not passed on, as --sig-proxy=false asks for`)
    })
    // Only now, as a signal that comes while nobody listens is lost.
    if (pid !== undefined) this.#life.process = await findProcess(pid)
    return await Promise.race([this.#follow(), withoutEngine])
  }

  /** Waits for the end in what the Engine tells. */
  async #follow(): Promise<ExitReport> {
    let isOurs = this.#of.ownStart
    for (;;) {
      const next = await this.#next()
      if (next === 'cut') {
        const exit = await this.#outage()
        if (exit !== undefined) return exit
        continue
      }
      if (next === 'late') continue
      if (next.action === 'start' && isOurs) {
        isOurs = false
        continue
      }
      const exit = await this.#heed(next)
      if (exit !== undefined) return exit
    }
  }

  /** Does what an event asks for; the end, if it is one. */
  async #heed({action, at, attributes}: ContainerEvent): Promise<ExitReport | undefined> {
    switch (action) {
      case 'kill':
        this.#life.sent.add(Number(attributes['signal']))
        return undefined
      case 'oom':
        this.#life.outOfMemory = true
        return undefined
      case 'pause':
        await this.#status('paused')
        return undefined
      case 'unpause':
        await this.#status('running')
        return undefined
      case 'rename':
        this.#name = attributes['name'] ?? this.#name
        await this.#status('running')
        return undefined
      case 'start':
        await this.#unlessCut(async () => {
          await this.#startedAgain(await this.#inspect(), at)
        })
        return undefined
      case 'die':
        this.#life.code = Number(attributes['exitCode'])
        return await this.#ended(at)
      case 'destroy':
        return this.#report()
      default:
        return undefined
    }
  }

  /** The container has ended: for good, unless somebody has had it started again. */
  async #ended(at: number): Promise<ExitReport | undefined> {
    const wasAskedFor = this.#life.sent.size > 0
    if (this.#stopping !== undefined) return this.#report()
    if (wasAskedFor) {
      // docker restart, and an Engine that ends, are told from docker stop by what comes next.
      for (;;) {
        const next = await this.#next(SEQUEL_PATIENCE_MS)
        if (next === 'cut') return this.#report('engine-gone')
        if (next === 'late') break
        if (next.action === 'start') {
          await this.#unlessCut(async () => {
            await this.#startedAgain(await this.#inspect(), at)
          })
          return undefined
        }
      }
    }
    let found: Inspected | undefined
    try {
      found = await this.#inspect()
    } catch (error) {
      if (error instanceof EngineUnreachableError) return this.#report('engine-gone')
      throw error
    }
    if (found?.state === 'restarting') return undefined
    if (found !== undefined && found.pid !== 0) {
      await this.#startedAgain(found, at)
      return undefined
    }
    if (wasAskedFor && (await this.#isCut())) return this.#report('engine-gone')
    if (found?.outOfMemory) this.#life.outOfMemory = true
    return this.#report()
  }

  /**
   * Whether the Engine that told of the container is gone. From Docker 25 on one that ends holds its streams longer than it answers, and systemd keeps who asks at
   * its socket for the next one.
   */
  async #isCut(): Promise<boolean> {
    for (;;) {
      const next = await this.#next(CUT_PATIENCE_MS)
      if (next === 'cut' || next === 'late') return next === 'cut'
    }
  }

  /** Does something that asks the Engine; when that has gone away, what tells of the container has ended too, and is dealt with next. */
  async #unlessCut(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      if (!(error instanceof EngineUnreachableError)) throw error
    }
  }

  /** Takes the container's new life for the unit's. */
  async #startedAgain(found: Inspected | undefined, endedAt: number): Promise<void> {
    if (found === undefined || found.pid === 0 || found.pid === this.#life.process?.pid) return
    const {container, pipeline, log} = this.#of
    this.#life = newLife(await findProcess(found.pid))
    log.info(`container ${this.#name} was started again, its init is now ${String(found.pid)}`)
    await pipeline.restarted({...container, pid: found.pid}, endedAt)
    await this.#status('running')
  }

  /** The Engine is away: waits for it to come back. The end, if the container has ended by then. */
  async #outage(): Promise<ExitReport | undefined> {
    const {log, container, engine, pipeline} = this.#of
    log.warn(`the Engine at ${engine.address} went away; container ${this.#name} is followed again when it is back`)
    await this.#status('running, the Engine is away')
    let endedAt: number | undefined
    for (let wait = RETRY_FIRST_MS; ; wait = Math.min(2 * wait, RETRY_MOST_MS)) {
      await pauseFor(wait)
      if (await this.#life.process?.isThere()) endedAt = undefined
      else endedAt ??= performance.now()
      try {
        const since = Date.now()
        const events = await answerOf(engine, ANSWER_PATIENCE_MS, (signal) =>
          engine.events(container.id, since, signal),
        )
        this.#events = events[Symbol.asyncIterator]()
        this.#pending = undefined
        const found = await this.#inspect()
        if (found === undefined || (found.pid === 0 && found.state !== 'restarting'))
          return await this.#endedInOutage(found)
        log.info('the Engine is back')
        if (found.pid !== 0 && found.pid !== this.#life.process?.pid) await this.#startedAgain(found, found.finishedAt)
        else await pipeline.reconnected(container)
        await this.#status(found.state === 'paused' ? 'paused' : 'running')
        return undefined
      } catch (error) {
        // An Engine that is just coming up may refuse what it will soon answer.
        if (!(error instanceof SystemdDockerError)) throw error
        if (endedAt !== undefined && performance.now() - endedAt > ABSENCE_PATIENCE_MS)
          return this.#report('engine-gone')
      }
    }
  }

  /** How a container ended that ended while nobody told of it. */
  async #endedInOutage(found: Inspected | undefined): Promise<ExitReport> {
    this.#life.code ??= found?.exitCode
    if (found?.outOfMemory) this.#life.outOfMemory = true
    const {engine, container} = this.#of
    if (this.#stopping !== undefined) {
      // Our stop reached the new Engine before we listened to it.
      const ends = await answerOf(engine, ANSWER_PATIENCE_MS, (signal) => engine.ends(container.id, signal))
      const code = ends.at(-1)?.attributes['exitCode']
      if (code !== undefined) this.#life.code = Number(code)
      if (this.#life.code !== undefined) return this.#report()
    }
    const {liveRestore} = await answerOf(engine, ANSWER_PATIENCE_MS, (signal) => engine.info(signal))
    return this.#report(found !== undefined && liveRestore ? undefined : 'engine-gone')
  }

  #report(why?: 'engine-gone'): ExitReport {
    const {code, sent, outOfMemory} = this.#life
    if (why !== undefined || code === undefined)
      return {code: code === 0 ? EXIT_OURS : (code ?? EXIT_OURS), why: 'engine-gone'}
    const wasKilled = code === 128 + constants.signals.SIGKILL
    if (this.#stopping !== undefined)
      return wasKilled ? {code, why: this.#stopping.isHurried() ? 'hurried' : 'stop-timeout'} : {code}
    if (wasKilled && outOfMemory && !sent.has(constants.signals.SIGKILL)) return {code, why: 'out-of-memory'}
    return sent.has(code - 128) ? {code, why: 'somebody'} : {code}
  }

  async #stop(): Promise<number | undefined> {
    if (this.#stopping !== undefined) {
      await this.#stopping.hurry()
      return undefined
    }
    const {engine, container, notifier, unit, log} = this.#of
    this.#stopping = stopContainer({
      id: container.id,
      name: this.#name,
      engine,
      notifier,
      unit,
      log,
      process: this.#life.process,
    })
    return await this.#stopping.done
  }

  async #inspect(): Promise<Inspected | undefined> {
    const {engine, container} = this.#of
    return await answerOf(engine, ANSWER_PATIENCE_MS, (signal) => engine.inspect(container.id, signal))
  }

  /** The next event, or that there will be none, or that there was none for so long. */
  async #next(patience?: number): Promise<Next> {
    this.#pending ??= this.#events.next()
    const next = this.#pending.then(({done, value}) => (done === true ? ('cut' as const) : value))
    const over = new AbortController()
    const late = patience === undefined ? [] : [pauseFor(patience, over.signal).then(() => 'late' as const)]
    const first = await Promise.race([next, ...late])
    over.abort()
    if (first !== 'late') this.#pending = undefined
    return first
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

function newLife(process: HostProcess | undefined): Life {
  return {process, sent: new Set(), outOfMemory: false, code: undefined}
}
