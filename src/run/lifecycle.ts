import type {ContainerEvent} from '../docker/engine.js'
import {HandoverError, reason} from '../errors.js'
import type {Notifier} from '../systemd/notifier.js'
import {propertiesOf} from '../systemd/properties.js'
import {timeoutOf} from '../systemd/timeouts.js'
import {describeEnd, needsWords} from './exit-status.js'
import {obtain, takeBack, type Obtained, type Obtaining} from './obtain.js'
import {UNTIL_DONE, pauseFor, unlessAborted, withinReach} from './patience.js'
import type {Releases} from './release.js'
import type {ExitReport} from './run-plugin.js'
import {supervise} from './supervision.js'
import {waitForEngine} from './waiting.js'

/** How much of the unit's stop timeout is left when a run that is asked to stop is given up. */
const LEFT_MS = 1000

/** What a run is made of. */
export interface Run extends Obtaining {
  readonly releases: Releases
  /** Opens the way to systemd; called while the Engine starts the container, as it takes a few milliseconds. */
  readonly openNotifier: () => Notifier
  /** Whether the line asks that nobody of ours stays. */
  readonly handover: boolean
}

/** How our part of a run ended: with the container's own end, or by leaving the container to systemd. */
export type Outcome = {readonly kind: 'ended'; readonly exit: ExitReport} | {readonly kind: 'handed-over'}

/**
 * One run, from the create request to the container's end.
 *
 * Whatever fails before systemd was told that the container is ready takes back all that was done: the container is stopped and, when this run
 * made it, removed. After that the container's end is ours.
 */
export async function runContainer(run: Run): Promise<Outcome> {
  try {
    const outcome = await unlessAborted(lastMoment(run), walk(run))
    // What was acquired for a container that is handed over is the container's now.
    if (outcome.kind === 'ended') await run.releases.unwind(run.log.warn)
    return outcome
  } catch (error) {
    await run.releases.unwind(run.log.warn)
    throw error
  }
}

/** Aborts when a run that was asked to stop has to be left as it is: it takes back what the Engine did for it, and that may hang until systemd kills us. */
function lastMoment({stop: {signal}, unit, log}: Run): AbortSignal {
  const moment = new AbortController()
  if (unit === undefined) return moment.signal
  const giveUp = async (): Promise<void> => {
    const limit = await timeoutOf('stop', unit, UNTIL_DONE)
    if (limit === undefined || !Number.isFinite(limit)) return
    await pauseFor(withinReach(limit - LEFT_MS))
    log.warn('the Engine takes too long; what it was asked for may be left behind')
    moment.abort(signal.reason)
  }
  signal.addEventListener('abort', () => void giveUp())
  return moment.signal
}

async function walk(run: Run): Promise<Outcome> {
  const {order, pipeline, engine, stop, releases, log} = run
  const {signal} = stop
  await waitForEngine('start', run)
  await pipeline.resolve(order.request)
  const reasons = pipeline.residentReasons()
  const resident = reasons.length > 0
  log.debug?.(resident ? `this process stays: ${reasons.join('; ')}` : 'nothing asks this process to stay')
  if (run.handover && resident) throw new HandoverError(reasons)
  const since = Date.now()
  const obtained = await obtain(run)
  const {container, origin, predecessors} = obtained
  log.debug?.(`container ${container.id}: ${origin}`)
  const name = order.request.name ?? container.id.slice(0, 12)
  const following = new AbortController()
  releases.defer('stop following the container', () => {
    following.abort()
  })

  let begun: Begun
  let pid: number | undefined
  try {
    await pipeline.start(container)
    begun = await begin(run, obtained, since, following.signal)
    const now = await engine.inspect(container.id, signal)
    // It may have ended already.
    pid = now === undefined || now.pid === 0 ? undefined : now.pid
    let who: 'delegated' | undefined
    if (pid !== undefined) {
      const started = {...container, pid}
      await pipeline.started(started)
      who = await pipeline.ready(started)
    }
    for (const predecessor of predecessors) await predecessor.leave(signal)
    await begun.notifier.send(
      ...(resident || pid === undefined ? [] : [`MAINPID=${String(pid)}`]),
      // One that was taken over has said it already, if it ever does; one that is over already was ready, as far as anybody can tell.
      ...(who === 'delegated' && origin !== 'adopt' ? [] : ['READY=1']),
      `STATUS=container ${name} ${now?.state === 'paused' ? 'paused' : 'running'}`,
    )
    signal.throwIfAborted()
  } catch (error) {
    await takeBack(run, obtained)
    throw error
  }
  if (!resident && pid !== undefined && (await isTakenOver(run))) return {kind: 'handed-over'}

  const {events, notifier} = begun
  const exit = await supervise({
    container,
    name,
    pid,
    ownStart: origin !== 'adopt',
    events,
    engine,
    pipeline,
    notifier,
    stop,
    log,
    unit: run.unit,
    sigProxy: order.sigProxy ?? true,
  })
  const words = `container ${name} ${describeEnd(exit)}`
  if (needsWords(exit)) log.warn(words)
  await notifier.send(`STATUS=${words}`).catch((error: unknown) => {
    log.warn(`could not tell systemd of the end: ${reason(error)}`)
  })
  await pipeline.exited(container, exit)
  await pipeline.removed(container, exit)
  return {kind: 'ended', exit}
}

/** A container that runs, or did. */
interface Begun {
  readonly events: AsyncIterable<ContainerEvent>
  readonly notifier: Notifier
}

/**
 * Starts the container unless it runs already. It is followed from before that, so that no end is too early to be seen: one that runs from when it was looked for, `since`, in
 * milliseconds since 1970.
 */
async function begin(
  {engine, openNotifier, stop: {signal}}: Run,
  {container: {id}, origin, predecessors}: Obtained,
  since: number,
  following: AbortSignal,
): Promise<Begun> {
  const events = await engine.events(id, origin === 'adopt' ? since : Date.now(), following)
  for (const predecessor of predecessors) await predecessor.makeWay(signal)
  if (origin === 'adopt') return {events, notifier: openNotifier()}
  const starting = engine.start(id, signal)
  const notifier = openNotifier()
  await starting
  return {events, notifier}
}

/**
 * Whether systemd has another main process than this one, as it was told: one that has ended by then it does not take, and would take our end for that of the unit. Says so in a
 * unit in which nobody will tell systemd how its container ends.
 */
async function isTakenOver({unit, log, stop: {signal}}: Run): Promise<boolean> {
  if (unit === undefined) return true
  const said = await propertiesOf(unit, ['MainPID', 'ExecStopPost'], signal)
  // Where systemd does not answer, it was told all the same.
  if (said === undefined) return true
  if (said.MainPID === String(process.pid)) return false
  // systemctl leaves a property out that is empty.
  if (!(said.ExecStopPost ?? '').includes('finish'))
    log.warn(
      `${unit.name} will not learn how its container ends: say ExecStopPost=${process.argv[1] ?? 'systemd-docker'} finish and the container's name`,
    )
  return true
}
