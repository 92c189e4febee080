import {rm} from 'node:fs/promises'
import type {RunRequest} from '../docker/run-options/draft.js'
import type {CreateRequest} from '../docker/create-request.js'
import {
  isNameConflict,
  isNoSuchImage,
  isRunning,
  mayLackImage,
  type Engine,
  type ContainerInspection,
} from '../docker/engine.js'
import {EngineRefusedError, ImageMissingError, NameClaimedError, NameTakenError, reason} from '../errors.js'
import type {Notifier} from '../systemd/notifier.js'
import {propertiesOf} from '../systemd/properties.js'
import type {UnitCommand} from '../systemd/command.js'
import type {UnitName} from '../systemd/unit.js'
import {findInit} from '../kernel/container-init.js'
import {LABELS, hashOf, labelled, ownerOf, wasMadeWithRm, type Invocation} from '../pipeline/labels.js'
import {DOCKER_RESTART_LOOK_MS} from '../limits.js'
import type {Log} from '../log.js'
import {keepCidFile} from './cid-file.js'
import {prepareCreation, type ContainerCreation} from './create-container.js'
import {isInUse, isOfAnotherCommand} from './other-command.js'
import {withOwnLabels} from './own-labels.js'
import {NEVER_ABORTED, askWithTimeout, requestsWritten, sleep} from '../timing.js'
import type {Pipeline} from '../pipeline/pipeline.js'
import {bareName, lookUpName, type EarlyLook} from './name-lookup.js'
import {Predecessor} from './predecessor.js'
import type {CreatedContainer, Verdict} from '../pipeline/contract.js'
import type {ProcessSignals} from './signals.js'
import {STATUS, tellIfSlow} from './status.js'

/** What a container is obtained with. */
export interface EnsureInput {
  readonly runRequest: RunRequest
  readonly pipeline: Pipeline
  readonly engine: Engine
  /** Fetches the image of a request. @throws {PullError} */
  readonly pull: (request: CreateRequest, signal: AbortSignal) => Promise<void>
  /** Opens the way to systemd. */
  readonly openNotifier: () => Notifier
  readonly log: Log
  readonly stop: ProcessSignals
  /** The unit that this process is the main process of; nothing outside of any. */
  readonly unit: Invocation | undefined
  /** Asks systemd which of the unit's commands this process is, once; absent outside of any unit. */
  readonly askCommand?: (() => Promise<UnitCommand | undefined>) | undefined
  /** How long the Engine may take to notice the end of a container of our name, or to remove it, in milliseconds. */
  readonly removalPatience: number
}

/** What goes on beside the obtaining of a container. */
export interface Beside {
  /** Has looked its name up already. */
  readonly look?: EarlyLook | undefined
  /** Is called once the Engine has the create request, to do what can be done until it answers. */
  readonly whileCreating?: () => void
}

/** A container that a run has, and how it came by it. */
export interface EnsuredContainer {
  readonly container: CreatedContainer
  readonly origin: 'created' | Exclude<Verdict, 'replace'>
  /** What is to make way before this one is started, and to leave when it is ready. */
  readonly predecessors: readonly Predecessor[]
  /** The file of `--cidfile`, where it is to go if the run fails. */
  readonly cidFile?: string
}

/** A container that is there. */
interface Found extends ContainerInspection {
  /** The id of the image that the line names, as it is by now; nothing where the Engine has none. */
  readonly imageNow: string | undefined
}

/** What is there already for a run. */
interface Present {
  /** The container that the run may use. */
  readonly found: Found | undefined
  /** What nobody else would find again. */
  readonly others: readonly Predecessor[]
}

/**
 * The container that is there already, where the plugins want it, or a new one. It is there when it bears the line's
 * name or, where the line has none, when an earlier start of the unit made it from the same line.
 *
 * @throws {NameTakenError} {@link NameClaimedError} {@link ImageMissingError} and what the Engine and the plugins throw
 */
export async function ensureContainer(run: EnsureInput, {look, whileCreating}: Beside = {}): Promise<EnsuredContainer> {
  const {runRequest, pipeline, engine, stop, log} = run
  const {request} = runRequest
  const present =
    request.name === undefined
      ? await findLeftover(run)
      : {found: await findNamed(run, bareName(request.name), look), others: []}
  const {others} = present
  const found = present.found === undefined ? undefined : await afterPull(run, present.found)
  if (found !== undefined) {
    const running = isRunning(found)
    if (running || !runRequest.rm) await refuseOfAnotherCommand(run, found)
    const drift = driftOf(found, request)
    const verdict =
      (await pipeline.reconcile(request, {
        id: found.id,
        name: found.name,
        running,
        madeWithRm: wasMadeWithRm(found),
        ...(drift === undefined ? {} : {drift}),
        ...(found.logDriver === undefined ? {} : {logDriver: found.logDriver}),
        labels: found.labels,
      })) ?? (running ? 'adopt' : 'restart')
    if (found.state === 'exited')
      log.info(
        `container ${found.name} had exited with status ${String(found.exitCode)} and is ${verdict === 'replace' ? 'recreated' : 'started again'}`,
      )
    if (verdict !== 'replace') {
      // One that Docker could not start again is another matter.
      if (verdict === 'adopt' && !(await isAdoptable(run, found))) return await ensureContainer(run)
      const {cidFile} = runRequest
      const isMade = cidFile !== undefined && (await keepCidFile(cidFile, found.id))
      return {
        container: {id: found.id, tty: found.tty},
        origin: verdict,
        predecessors: others,
        // A container that is taken over runs on.
        ...(isMade && verdict === 'restart' ? {cidFile} : {}),
      }
    }
  }
  const replaced = found === undefined ? undefined : new Predecessor(found, engine, log)
  const creation = await prepareCreation(
    {...runRequest, request: labelled(request, {unit: run.unit, rm: runRequest.rm})},
    engine,
    stop.signal,
  )
  try {
    await pipeline.create(request)
    const making = create(run, creation, found !== undefined, replaced)
    making.catch(() => undefined)
    await requestsWritten()
    whileCreating?.()
    return {
      container: {id: await making, tty: request.body.Tty},
      origin: 'created',
      predecessors: replaced === undefined ? others : [replaced, ...others],
      ...(runRequest.cidFile === undefined ? {} : {cidFile: runRequest.cidFile}),
    }
  } catch (error) {
    await creation.abandon()
    throw error
  }
}

/** The container of that name, if it may be this unit's. @throws {NameTakenError} {@link NameClaimedError} */
async function findNamed(run: EnsureInput, name: string, look?: EarlyLook): Promise<Found | undefined> {
  const {unit, engine, stop} = run
  const there = (await look?.of(name)) ?? (await lookUpName(engine, name, stop.signal))
  stop.signal.throwIfAborted()
  const [bearer, aside] = await Promise.all(
    [there.bearer, there.aside].map(async (found) => (found === undefined ? undefined : await lookAt(run, found))),
  )
  for (const one of [bearer, aside]) if (one !== undefined) await refuseClaimed(name, one, unit, stop.signal)
  const found = aside === undefined ? bearer : await afterBrokenExchange(run, name, bearer, aside)
  return found === undefined ? undefined : await settled(run, found)
}

async function lookUp(run: EnsureInput, idOrName: string): Promise<Found | undefined> {
  const found = await run.engine.inspect(idOrName, run.stop.signal)
  return found === undefined ? undefined : await lookAt(run, found)
}

/** What is asked besides of a container that is there. */
async function lookAt(run: EnsureInput, found: ContainerInspection): Promise<Found> {
  const {engine, stop} = run
  const [own, imageNow] = await Promise.all([withOwnLabels(found, engine, stop.signal), imageNowOf(run)])
  return {...own, imageNow}
}

/** An Engine that refuses to say knows none. */
async function imageNowOf({runRequest, engine, stop}: EnsureInput): Promise<string | undefined> {
  try {
    return await engine.imageId(runRequest.request.body.Image, stop.signal)
  } catch (error) {
    if (error instanceof EngineRefusedError) return undefined
    throw error
  }
}

/** A container that is there, once its image was fetched where each start is to: the tag may mean another since. */
async function afterPull(run: EnsureInput, found: Found): Promise<Found> {
  if (run.runRequest.pull !== 'always') return found
  await run.pull(run.runRequest.request, run.stop.signal)
  return {...found, imageNow: await imageNowOf(run)}
}

/**
 * The container of that name where a start was killed that was about to replace it: the one that it was to make has the
 * name if it has ever been started, and else the one that made way, as nothing else may be left of what that held.
 */
async function afterBrokenExchange(
  {engine, log, stop: {signal}}: EnsureInput,
  name: string,
  bearer: Found | undefined,
  aside: Found,
): Promise<Found> {
  if (bearer?.state === 'created' && bearer.labels[LABELS.request] === undefined) {
    log.warn(
      `container ${aside.name} is left alone: systemd-docker did not create the container that is now named ${name}`,
    )
    return bearer
  }
  if (bearer !== undefined && bearer.state !== 'created') {
    log.info(`container ${aside.name} is removed because ${name} has replaced it`)
    await new Predecessor(aside, engine, log).leave(signal)
    return bearer
  }
  if (bearer !== undefined) await engine.remove(bearer.id, 'with-volumes', signal)
  await engine.rename(aside.id, name, NEVER_ABORTED)
  log.warn(`container ${name} has its name back from ${aside.name}: a start that was replacing it was interrupted`)
  return {...aside, name}
}

/**
 * The container without a name that an earlier invocation of the unit has left, if it was made from this line, and what
 * such an invocation has left running, just made, or made with `--rm`, from another line: nobody else would find that
 * again.
 */
async function findLeftover(run: EnsureInput): Promise<Present> {
  const {engine, runRequest, unit, log} = run
  const {signal} = run.stop
  if (unit === undefined) return {found: undefined, others: []}
  const request = hashOf(runRequest.request)
  const same: Found[] = []
  const others: Found[] = []
  for (const {id} of await engine.list({[LABELS.unit]: ownerOf(unit), [LABELS.nameless]: 'yes'}, signal)) {
    const one = await lookUp(run, id)
    if (one?.labels[LABELS.nameless] !== 'yes' || (await isInUse(one, unit, signal))) continue
    if (one.labels[LABELS.request] === request) same.push(one)
    else if (one.state !== 'exited' || wasMadeWithRm(one)) others.push(one)
  }
  // A command beside the main process knows nothing of what that has left, which will want it.
  const setting = others.length === 0 ? undefined : (await run.askCommand?.())?.setting
  const left = setting === undefined || setting === 'ExecStart' ? others : []
  for (const {id} of left)
    log.warn(
      `container ${id.slice(0, 12)}, left behind by an earlier start of ${unit.name}, was created from another command line and is removed`,
    )
  const last = same.find(({state}) => state === 'running') ?? same[0]
  return {
    found: last === undefined ? undefined : await settled(run, last),
    others: left.map((one) => new Predecessor(one, engine, log)),
  }
}

/**
 * The container once the Engine has done what it is about to do: noticed that it has ended, as when systemd has just
 * killed what was in the unit, or removed it.
 *
 * @throws {NameTakenError} when that takes too long
 */
async function settled(run: EnsureInput, found: Found): Promise<Found | undefined> {
  const {engine} = run
  // One that is dead is the rest of a removal that has failed, and cannot be started any more.
  if (found.state === 'removing' || found.state === 'dead') {
    await patiently(run, found.name, 'is being removed, and still is', (signal) =>
      engine.remove(found.id, 'without-volumes', signal),
    )
    return undefined
  }
  // Of a PID that is another process here nothing can be told.
  if (!isRunning(found) || found.pid === 0 || (await findInit(found)) !== 'gone') return found
  await patiently(run, found.name, 'has ended, which the Engine has not noticed', (signal) =>
    untilNoticed(engine, found, signal),
  )
  const now = await lookUp(run, found.id)
  return now === undefined ? undefined : await settled(run, now)
}

/** Waits for the Engine to notice the end of a life of a container. */
async function untilNoticed(
  engine: Engine,
  {id, pid, startedAt}: ContainerInspection,
  signal: AbortSignal,
): Promise<void> {
  const watching = new AbortController()
  signal.addEventListener('abort', () => {
    watching.abort(signal.reason)
  })
  try {
    const {exitCode} = await engine.watch(id, 'not-running', watching.signal)
    exitCode.catch(() => undefined)
    // Docker may have started it again before its end was waited for.
    const now = await engine.inspect(id, signal)
    if (now?.pid === pid && now.startedAt === startedAt) await exitCode
  } finally {
    watching.abort()
  }
}

async function patiently(
  {stop, removalPatience}: EnsureInput,
  name: string,
  what: string,
  wait: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const late = (): Error =>
    new NameTakenError(name, `its container ${what} after ${String(removalPatience / 1000)} seconds`)
  await askWithTimeout(stop.signal, removalPatience, wait, late)
}

/** @throws {NameClaimedError} when the container is that of another unit that is not over, as far as systemd says */
async function refuseClaimed(
  name: string,
  found: ContainerInspection,
  unit: Invocation | undefined,
  signal: AbortSignal,
): Promise<void> {
  const {labels} = found
  const owner = labels[LABELS.unit] ?? ''
  if (owner === '' || (unit !== undefined && owner === ownerOf(unit))) return
  const ownerName = owner.replace(/^user@\d+\//, '')
  const asked: UnitName = {name: ownerName, manager: owner === ownerName ? 'system' : 'user'}
  // Another user's systemd cannot be asked.
  const isOver =
    asked.manager === 'system' || owner === ownerOf(asked) ? await isOverNow(asked, signal) : !isRunning(found)
  signal.throwIfAborted()
  if (isOver !== true) throw new NameClaimedError(name, owner, isOver === undefined ? 'unknown' : 'in use')
}

/** @throws {NameClaimedError} when another command of the unit has the container */
async function refuseOfAnotherCommand(
  {runRequest, unit, stop: {signal}}: EnsureInput,
  found: ContainerInspection,
): Promise<void> {
  if (unit === undefined || !(await isOfAnotherCommand(found, hashOf(runRequest.request), unit, signal))) return
  throw new NameClaimedError(found.name, unit.name, 'of another command')
}

/** Whether a unit has ended, or never ran; `undefined` where systemd does not say. */
async function isOverNow(unit: UnitName, signal: AbortSignal): Promise<boolean | undefined> {
  const state = (await propertiesOf(unit, ['ActiveState'], signal))?.ActiveState
  return state === undefined ? undefined : state === 'inactive' || state === 'failed'
}

/**
 * Whether a container still runs, once Docker has started it again where it is about to, as `docker run --restart` asks
 * it to: Docker gives that up where a start fails. Says of one that is paused that it is.
 */
async function isAdoptable(run: EnsureInput, found: ContainerInspection): Promise<boolean> {
  const {log, stop} = run
  if (found.state === 'paused')
    log.warn(
      `container ${found.name} is paused and is taken over as it is: resume it with \`docker unpause ${found.name}\``,
    )
  if (found.state !== 'restarting') return true
  log.info(`container ${found.name} is taken over as soon as Docker has started it again`)
  // The Engine tells of a start when it was asked for, and this one may be just over.
  let now: ContainerInspection | undefined = found
  for (; now?.state === 'restarting'; now = await lookUp(run, found.id))
    await sleep(DOCKER_RESTART_LOOK_MS, stop.signal)
  return now !== undefined && isRunning(now)
}

/** In what the container that is there differs from the one that the line asks for; nothing where it does not. */
function driftOf({labels, image, imageNow}: Found, request: CreateRequest): string | undefined {
  const made = labels[LABELS.request]
  if (made === undefined) return 'was not created by systemd-docker'
  if (made !== hashOf(request)) return 'was created from another command line, or on a host with another setup'
  return imageNow === undefined || image === '' || isSameImage(image, imageNow)
    ? undefined
    : `was created from another image than ${request.body.Image} is now`
}

/** podman leaves out what kind of id it is. */
function isSameImage(one: string, other: string): boolean {
  return one.replace(/^sha256:/, '') === other.replace(/^sha256:/, '')
}

/**
 * Creates the container in place of the one that it replaces, fetching its image as the pull policy has it, unless that
 * was done already.
 */
async function create(
  run: EnsureInput,
  making: ContainerCreation,
  isFetched: boolean,
  replaced: Predecessor | undefined,
): Promise<string> {
  const {runRequest, engine, log, stop, unit} = run
  const {request} = making
  const {signal} = stop
  if (runRequest.pull === 'always' && !isFetched) await run.pull(request, signal)
  let id: string
  try {
    id = await createOrPull(run, request, replaced)
  } catch (error) {
    if (!isNameConflict(error) || request.name === undefined) throw error
    const other = await lookUp(run, request.name)
    if (other !== undefined) await refuseClaimed(other.name, other, unit, signal)
    throw new NameTakenError(request.name, reason(error))
  }
  try {
    await making.made(id, signal)
  } catch (error) {
    await removeAgain(engine, log, id)
    await replaced?.comeBack()
    throw error
  }
  return id
}

async function createOrPull(
  run: EnsureInput,
  request: CreateRequest,
  replaced: Predecessor | undefined,
): Promise<string> {
  const {runRequest, pull, stop} = run
  try {
    return await createInPlace(run, request, replaced)
  } catch (error) {
    if (!mayLackImage(error) || runRequest.pull === 'always') throw error
    if (runRequest.pull === 'never') throw isNoSuchImage(error) ? new ImageMissingError(request.body.Image) : error
    await pull(request, stop.signal)
    return await createInPlace(run, request, replaced)
  }
}

/** Creates the container under the name of the one that it replaces, which has that back where the Engine does not. */
async function createInPlace(
  run: EnsureInput,
  request: CreateRequest,
  replaced: Predecessor | undefined,
): Promise<string> {
  const {engine, stop} = run
  stop.signal.throwIfAborted()
  if (request.name !== undefined) await replaced?.giveUpName()
  try {
    const status = STATUS.creating(request.name ?? `of ${request.body.Image}`)
    return await tellIfSlow(status, run, engine.create(request, NEVER_ABORTED))
  } catch (error) {
    await replaced?.comeBack()
    throw error
  }
}

/**
 * Undoes a run that failed before it was ready. What was there before us stays, stopped as it was or running as it was.
 */
export async function takeBack(
  {engine, log}: EnsureInput,
  {container: {id}, origin, predecessors, cidFile}: EnsuredContainer,
): Promise<void> {
  if (origin === 'created') await removeAgain(engine, log, id)
  else if (origin === 'restart')
    await engine.stop(id, NEVER_ABORTED).catch((error: unknown) => {
      log.warn(`container ${id.slice(0, 12)} is left behind: ${reason(error)}`)
    })
  if (cidFile !== undefined) await rm(cidFile, {force: true})
  for (const predecessor of predecessors) await predecessor.comeBack()
}

async function removeAgain(engine: Engine, log: Log, id: string): Promise<void> {
  try {
    await engine.remove(id, 'with-volumes', NEVER_ABORTED)
  } catch (error) {
    log.warn(`container ${id.slice(0, 12)} is left behind: ${reason(error)}`)
  }
}
