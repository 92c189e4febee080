import {rm} from 'node:fs/promises'
import type {CreateRequest} from '../docker/create-request.js'
import {isNameConflict, isNoSuchImage, type ContainerEvent, type Engine, type Inspected} from '../docker/engine.js'
import {ImageMissingError, NameTakenError, reason} from '../errors.js'
import type {Notifier} from '../systemd/notifier.js'
import type {RunOrder} from './line.js'
import {prepareMaking, type Making} from './making.js'
import {describeEnd, needsWords} from './exit-status.js'
import type {Log} from './log.js'
import {UNTIL_DONE} from './patience.js'
import type {Pipeline} from './pipeline.js'
import type {Releases} from './release.js'
import type {CreatedContainer, ExitReport, Verdict} from './run-plugin.js'
import type {StopRequests} from './stop.js'
import {supervise} from './supervision.js'
import {waitForEngine} from './waiting.js'
import type {UnitName} from '../systemd/unit.js'

/** What a run is made of. */
export interface Run {
  readonly order: RunOrder
  readonly pipeline: Pipeline
  readonly releases: Releases
  readonly engine: Engine
  /** Opens the way to systemd; called while the Engine starts the container, as it takes a few milliseconds. */
  readonly openNotifier: () => Notifier
  /** Fetches the image of a request. @throws {PullError} */
  readonly pull: (request: CreateRequest, signal: AbortSignal) => Promise<void>
  readonly log: Log
  readonly stop: StopRequests
  /** The unit that this process is the main process of; nothing outside of any. */
  readonly unit: UnitName | undefined
  /** How long the Engine may take to remove a container of our name that somebody else has asked it to remove, in milliseconds. */
  readonly removalPatience: number
}

/** How our part of a run ended: with the container's own end, or by leaving the container to systemd. */
export type Outcome = {readonly kind: 'ended'; readonly exit: ExitReport} | {readonly kind: 'handed-over'}

/** A container that this run has, and how it came by it. */
interface Obtained {
  readonly container: CreatedContainer
  readonly origin: 'created' | Exclude<Verdict, 'replace'>
}

/**
 * One run, from the create request to the container's end.
 *
 * Whatever fails before systemd was told that the container is ready takes back all that was done: the container is stopped and, when this run
 * made it, removed. After that the container's end is ours.
 */
export async function runContainer(run: Run): Promise<Outcome> {
  try {
    const outcome = await walk(run)
    // What was acquired for a container that is handed over is the container's now.
    if (outcome.kind === 'ended') await run.releases.unwind(run.log.warn)
    return outcome
  } catch (error) {
    await run.releases.unwind(run.log.warn)
    throw error
  }
}

async function walk(run: Run): Promise<Outcome> {
  const {order, pipeline, engine, stop, releases, log} = run
  const {signal} = stop
  await waitForEngine(run)
  await pipeline.resolve(order.request)
  const resident = pipeline.residentReasons().length > 0
  const {container, origin} = await obtain(run)
  const name = order.request.name ?? container.id.slice(0, 12)
  const following = new AbortController()
  releases.defer('stop following the container', () => {
    following.abort()
  })

  let begun: Begun
  let pid: number | undefined
  try {
    await pipeline.start(container)
    begun = await begin(run, container, origin, following.signal)
    pid = await pidOf(engine, container, signal)
    let who: 'delegated' | undefined
    if (pid !== undefined) {
      const started = {...container, pid}
      await pipeline.started(started)
      who = await pipeline.ready(started)
    }
    await begun.notifier.send(
      ...(resident || pid === undefined ? [] : [`MAINPID=${String(pid)}`]),
      // One that was taken over has said it already, if it ever does; one that is over already was ready, as far as anybody can tell.
      ...(who === 'delegated' && origin !== 'adopt' ? [] : ['READY=1']),
      `STATUS=container ${name} running`,
    )
    signal.throwIfAborted()
  } catch (error) {
    await takeBack(run, container, origin)
    throw error
  }
  if (!resident && pid !== undefined) return {kind: 'handed-over'}

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

/** The container that bears the name already, where the plugins want it, or a new one. */
async function obtain(run: Run): Promise<Obtained> {
  const {order, pipeline, engine, stop} = run
  const {request} = order
  const found = request.name === undefined ? undefined : await findUsable(run, request.name)
  if (found !== undefined) {
    const {id, tty} = found
    const running = isRunning(found)
    const verdict = (await pipeline.reconcile(request, {id, running})) ?? (running ? 'adopt' : 'restart')
    if (verdict !== 'replace') return {container: {id, tty}, origin: verdict}
  }
  const making = await prepareMaking(order, engine, stop.signal)
  try {
    if (found !== undefined) await engine.remove(found.id, stop.signal)
    await pipeline.create(request)
    return {container: {id: await create(run, making), tty: request.body.Tty}, origin: 'created'}
  } catch (error) {
    await making.abandon()
    throw error
  }
}

/** The container of that name, once it is not one that is just being removed. @throws {NameTakenError} */
async function findUsable({engine, stop, removalPatience}: Run, name: string): Promise<Inspected | undefined> {
  const found = await engine.inspect(name, stop.signal)
  // The Engine also finds a container whose id begins so: a stranger.
  if (found?.name !== name.replace(/^\//, '')) return undefined
  if (found.state !== 'removing') return found
  const patience = AbortSignal.timeout(removalPatience)
  try {
    await engine.remove(found.id, AbortSignal.any([stop.signal, patience]))
  } catch (error) {
    if (!patience.aborted) throw error
    const seconds = String(removalPatience / 1000)
    throw new NameTakenError(name, `its container is being removed, and still is after ${seconds} seconds`)
  }
  return undefined
}

function isRunning({state}: Inspected): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting'
}

/** Creates the container, fetching its image as the pull policy has it. */
async function create(run: Run, making: Making): Promise<string> {
  const {order, engine, log, stop} = run
  const {request} = making
  const {signal} = stop
  if (order.pull === 'always') await run.pull(request, signal)
  let id: string
  try {
    id = await createOrPull(run, request)
  } catch (error) {
    if (isNameConflict(error) && request.name !== undefined) throw new NameTakenError(request.name, reason(error))
    throw error
  }
  try {
    await making.made(id, signal)
  } catch (error) {
    await removeAgain(engine, log, id)
    throw error
  }
  return id
}

async function createOrPull({order, engine, pull, stop: {signal}}: Run, request: CreateRequest): Promise<string> {
  signal.throwIfAborted()
  try {
    return await engine.create(request, UNTIL_DONE)
  } catch (error) {
    if (!isNoSuchImage(error) || order.pull === 'always') throw error
    if (order.pull === 'never') throw new ImageMissingError(request.body.Image)
    await pull(request, signal)
    return await engine.create(request, UNTIL_DONE)
  }
}

/** A container that runs, or did. */
interface Begun {
  readonly events: AsyncIterable<ContainerEvent>
  readonly notifier: Notifier
}

/** Starts the container unless it runs already. It is followed from before that, so that no end is too early to be seen. */
async function begin(
  {engine, openNotifier, stop: {signal}}: Run,
  {id}: CreatedContainer,
  origin: Obtained['origin'],
  following: AbortSignal,
): Promise<Begun> {
  const events = await engine.events(id, Date.now(), following)
  if (origin === 'adopt') return {events, notifier: openNotifier()}
  const starting = engine.start(id, signal)
  const notifier = openNotifier()
  await starting
  return {events, notifier}
}

/** The PID of the container's init, or nothing when it has ended already. */
async function pidOf(engine: Engine, {id}: CreatedContainer, signal: AbortSignal): Promise<number | undefined> {
  const inspected = await engine.inspect(id, signal)
  return inspected === undefined || inspected.pid === 0 ? undefined : inspected.pid
}

/** Undoes a run that failed before it was ready. What was there before us stays, stopped as it was or running as it was. */
async function takeBack({engine, order, log}: Run, {id}: CreatedContainer, origin: Obtained['origin']): Promise<void> {
  if (origin === 'created') {
    await removeAgain(engine, log, id)
    if (order.cidFile !== undefined) await rm(order.cidFile, {force: true})
    return
  }
  try {
    if (origin === 'restart') await engine.stop(id, UNTIL_DONE)
  } catch (error) {
    log.warn(`container ${id.slice(0, 12)} is left behind: ${reason(error)}`)
  }
}

async function removeAgain(engine: Engine, log: Log, id: string): Promise<void> {
  try {
    await engine.remove(id, UNTIL_DONE)
  } catch (error) {
    log.warn(`container ${id.slice(0, 12)} is left behind: ${reason(error)}`)
  }
}
