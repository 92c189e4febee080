import type {ContainerEvent, ContainerInspection, Engine, Watch} from '../docker/engine.js'
import {EngineUnreachableError, SystemdDockerError, reason} from '../errors.js'
import {OUTAGE_AFTER_END_MS, OUTAGE_ANSWER_MS, OUTAGE_RETRY_FIRST_MS, OUTAGE_RETRY_MOST_MS} from '../limits.js'
import type {Log} from '../log.js'
import {sleep} from '../timing.js'
import {watchNextExit} from './container-life.js'
import {withEngineTimeout} from './engine-timeout.js'
import type {KnownEnd} from './how-it-ended.js'

/** What an outage is sat out with. */
export interface OutageInput {
  readonly engine: Engine
  /** The container's id. */
  readonly id: string
  /** Whether the container init still runs, as far as this host shows. */
  readonly isRunning: () => Promise<boolean>
  /** Whether the container was asked to stop, by now. */
  readonly isStopping: () => boolean
  /** Aborts when nobody waits for the outcome any more. */
  readonly signal: AbortSignal
}

/** The Engine is back and the container has not ended: what it is followed with from now on. */
export interface Reconnection {
  readonly kind: 'back'
  readonly found: ContainerInspection
  readonly events: AsyncIterable<ContainerEvent>
  /** Its next end; nothing if the Engine refuses to wait for one. */
  readonly watch: Watch | undefined
  /** Ends both streams. */
  readonly streams: AbortController
}

/** The container ended during the outage: what is known of the end. */
export interface EndInOutage {
  readonly kind: 'ended'
  /** Its exit status as the Engine has it; nothing if it does not know. */
  readonly found: Pick<ContainerInspection, 'exitCode' | 'outOfMemory'> | undefined
  readonly engine: Extract<KnownEnd['engine'], 'there' | 'gone'>
}

/**
 * Waits for an Engine that went away, until it is back, or has not been for too long after the container init was gone.
 * A try that fails leaves no stream open.
 *
 * @throws the reason of `signal` when that aborts
 */
export async function sitOut(outage: OutageInput): Promise<Reconnection | EndInOutage> {
  const {signal} = outage
  let goneSince: number | undefined
  for (let wait = OUTAGE_RETRY_FIRST_MS; ; wait = Math.min(2 * wait, OUTAGE_RETRY_MOST_MS)) {
    await sleep(wait, signal)
    signal.throwIfAborted()
    if (await outage.isRunning()) goneSince = undefined
    else goneSince ??= performance.now()
    const streams = new AbortController()
    try {
      const outcome = await reconnect(outage, streams)
      signal.throwIfAborted()
      if (outcome.kind === 'ended') streams.abort()
      return outcome
    } catch (error) {
      streams.abort()
      signal.throwIfAborted()
      // An Engine that is just coming up may refuse what it will soon answer.
      if (!(error instanceof SystemdDockerError)) throw error
      if (goneSince !== undefined && performance.now() - goneSince > OUTAGE_AFTER_END_MS)
        return {kind: 'ended', found: undefined, engine: 'gone'}
    }
  }
}

async function reconnect(outage: OutageInput, streams: AbortController): Promise<Reconnection | EndInOutage> {
  const {engine, id} = outage
  const since = Date.now()
  const [events, watch] = await withEngineTimeout(engine, OUTAGE_ANSWER_MS, () =>
    Promise.all([engine.events(id, since, streams.signal), watchNextExit(engine, id, streams.signal)]),
  )
  const found = await withEngineTimeout(engine, OUTAGE_ANSWER_MS, (question) => engine.inspect(id, question))
  if (found === undefined || (found.pid === 0 && found.state !== 'restarting')) return await endIn(outage, found)
  return {kind: 'back', found, events, watch, streams}
}

/** How the container ended while the Engine told nobody of it. */
async function endIn(
  {engine, id, isStopping}: OutageInput,
  found: ContainerInspection | undefined,
): Promise<EndInOutage> {
  if (isStopping()) {
    // The stop reached the new Engine before anyone listened to it.
    if (found !== undefined) return {kind: 'ended', found, engine: 'there'}
    const ends = await withEngineTimeout(engine, OUTAGE_ANSWER_MS, (signal) => engine.ends(id, signal))
    const exitCode = ends.at(-1)?.exitCode
    if (exitCode !== undefined) return {kind: 'ended', found: {exitCode, outOfMemory: false}, engine: 'there'}
  }
  const {liveRestore} = await withEngineTimeout(engine, OUTAGE_ANSWER_MS, (signal) => engine.info(signal))
  return {kind: 'ended', found, engine: found !== undefined && liveRestore ? 'there' : 'gone'}
}

/** What is asked of an Engine that may go away. */
export interface LookUpInput {
  readonly engine: Engine
  readonly id: string
  /** Resolves when the Engine tells no more events. */
  readonly cut: Promise<void>
  readonly log: Log
}

/**
 * The container as the Engine has it, however long the answer takes: an Engine is away only if it does not answer and
 * its events have ended too. Nothing if the container is gone, or the Engine refuses to say.
 */
export async function lookUpUnlessAway({
  engine,
  id,
  cut,
  log,
}: LookUpInput): Promise<ContainerInspection | 'away' | undefined> {
  const question = new AbortController()
  const away = cut.then(() => sleep(OUTAGE_ANSWER_MS, question.signal)).then(() => 'away' as const)
  try {
    return await Promise.race([engine.inspect(id, question.signal), away])
  } catch (error) {
    if (error instanceof EngineUnreachableError) return 'away'
    if (!(error instanceof SystemdDockerError)) throw error
    log.warn(reason(error))
    return undefined
  } finally {
    question.abort()
  }
}
