import {rm} from 'node:fs/promises'
import type {CreateRequest} from '../docker/create-request.js'
import {isNameConflict, isNoSuchImage, type Engine, type Inspected, type Listed} from '../docker/engine.js'
import {ImageMissingError, NameClaimedError, NameTakenError, reason} from '../errors.js'
import {findProcess} from '../systemd/process.js'
import {propertiesOf} from '../systemd/properties.js'
import type {UnitName} from '../systemd/unit.js'
import {LABELS, hashOf, labelled, ownerOf, type Invocation} from './labels.js'
import type {RunOrder} from './line.js'
import type {Log} from './log.js'
import {prepareMaking, type Making} from './making.js'
import {UNTIL_DONE} from './patience.js'
import type {Pipeline} from './pipeline.js'
import type {CreatedContainer, Verdict} from './run-plugin.js'
import type {StopRequests} from './stop.js'

/** What a container is obtained with. */
export interface Obtaining {
  readonly order: RunOrder
  readonly pipeline: Pipeline
  readonly engine: Engine
  /** Fetches the image of a request. @throws {PullError} */
  readonly pull: (request: CreateRequest, signal: AbortSignal) => Promise<void>
  readonly log: Log
  readonly stop: StopRequests
  /** The unit that this process is the main process of; nothing outside of any. */
  readonly unit: Invocation | undefined
  /** How long the Engine may take to notice the end of a container of our name, or to remove it, in milliseconds. */
  readonly removalPatience: number
}

/** A container that a run has, and how it came by it. */
export interface Obtained {
  readonly container: CreatedContainer
  readonly origin: 'created' | Exclude<Verdict, 'replace'>
}

/**
 * The container that is there already, where the plugins want it, or a new one. It is there when it bears the line's name or, where the line has none, when an earlier
 * start of the unit made it from the same line.
 *
 * @throws {NameTakenError} {@link NameClaimedError} {@link ImageMissingError} and what the Engine and the plugins throw
 */
export async function obtain(run: Obtaining): Promise<Obtained> {
  const {order, pipeline, engine, stop, log} = run
  const {request} = order
  const found = request.name === undefined ? await findLeftover(run) : await findNamed(run, request.name)
  if (found !== undefined) {
    const running = isRunning(found)
    const drift = driftOf(found, request)
    const verdict =
      (await pipeline.reconcile(request, {
        id: found.id,
        name: found.name,
        running,
        ...(drift === undefined ? {} : {drift}),
      })) ?? (running ? 'adopt' : 'restart')
    if (found.state === 'exited')
      log.info(
        `container ${found.name} had ended with status ${String(found.exitCode)} and is ${verdict === 'replace' ? 'made anew' : 'started again'}`,
      )
    if (verdict !== 'replace') return {container: {id: found.id, tty: found.tty}, origin: verdict}
  }
  const making = await prepareMaking({...order, request: labelled(request, run.unit)}, engine, stop.signal)
  try {
    if (found !== undefined) {
      if (isRunning(found)) await engine.stop(found.id, stop.signal)
      await engine.remove(found.id, stop.signal)
    }
    await pipeline.create(request)
    return {container: {id: await create(run, making), tty: request.body.Tty}, origin: 'created'}
  } catch (error) {
    await making.abandon()
    throw error
  }
}

/** The container of that name, if it may be this unit's. @throws {NameTakenError} {@link NameClaimedError} */
async function findNamed(run: Obtaining, name: string): Promise<Inspected | undefined> {
  const found = await run.engine.inspect(name, run.stop.signal)
  // The Engine also finds a container whose id begins so: a stranger.
  if (found?.name !== name.replace(/^\//, '')) return undefined
  await refuseClaimed(found, run.unit, run.stop.signal)
  return await settled(run, found)
}

/**
 * A container without a name that an earlier invocation of the unit has left, if it was made from this line. What such an invocation has left running from another line
 * nobody else would find again, so it is removed.
 */
async function findLeftover(run: Obtaining): Promise<Inspected | undefined> {
  const {engine, order, unit, log} = run
  const {signal} = run.stop
  if (unit === undefined) return undefined
  const request = hashOf(order.request)
  const same: Listed[] = []
  for (const one of await engine.list({[LABELS.unit]: ownerOf(unit), [LABELS.nameless]: 'yes'}, signal)) {
    if (one.labels[LABELS.invocation] === unit.id) continue
    if (one.labels[LABELS.request] === request) same.push(one)
    else if (one.state !== 'exited') {
      log.warn(
        `container ${one.id.slice(0, 12)}, which an earlier start of ${unit.name} left, was made from another line and is removed`,
      )
      await engine.stop(one.id, signal)
      await engine.remove(one.id, signal)
    }
  }
  const last = same.find(({state}) => state === 'running') ?? same[0]
  if (last === undefined) return undefined
  const found = await engine.inspect(last.id, signal)
  return found === undefined ? undefined : await settled(run, found)
}

/**
 * The container once the Engine has done what it is about to do: noticed that it has ended, as when systemd has just killed what was in the unit, or removed it.
 *
 * @throws {NameTakenError} when that takes too long
 */
async function settled(run: Obtaining, found: Inspected): Promise<Inspected | undefined> {
  const {engine} = run
  if (found.state === 'removing') {
    await patiently(run, found.name, 'is being removed, and still is', (signal) => engine.remove(found.id, signal))
    return undefined
  }
  if (!isRunning(found) || found.pid === 0 || (await (await findProcess(found.pid)).isThere())) return found
  await patiently(run, found.name, 'has ended, which the Engine has not noticed', async (signal) => {
    await (
      await engine.watch(found.id, 'not-running', signal)
    ).exitCode
  })
  const now = await engine.inspect(found.id, run.stop.signal)
  return now === undefined ? undefined : await settled(run, now)
}

async function patiently(
  {stop, removalPatience}: Obtaining,
  name: string,
  what: string,
  wait: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const patience = AbortSignal.timeout(removalPatience)
  try {
    await wait(AbortSignal.any([stop.signal, patience]))
  } catch (error) {
    if (!patience.aborted || stop.signal.aborted) throw error
    throw new NameTakenError(name, `its container ${what} after ${String(removalPatience / 1000)} seconds`)
  }
}

/** @throws {NameClaimedError} when the container is that of another unit that is not over, as far as systemd says */
async function refuseClaimed(found: Inspected, unit: Invocation | undefined, signal: AbortSignal): Promise<void> {
  const {name, labels} = found
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

/** Whether a unit has ended, or never ran; `undefined` where systemd does not say. */
async function isOverNow(unit: UnitName, signal: AbortSignal): Promise<boolean | undefined> {
  const state = (await propertiesOf(unit, ['ActiveState'], signal))?.ActiveState
  return state === undefined ? undefined : state === 'inactive' || state === 'failed'
}

/** In what the container that is there differs from the one that the line asks for; nothing where it does not. */
function driftOf({labels}: Inspected, request: CreateRequest): string | undefined {
  const made = labels[LABELS.request]
  if (made === undefined) return 'was not made by systemd-docker'
  return made === hashOf(request) ? undefined : 'was made from another line, or on a host that was set up otherwise'
}

function isRunning({state}: Inspected): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting'
}

/** Creates the container, fetching its image as the pull policy has it. */
async function create(run: Obtaining, making: Making): Promise<string> {
  const {order, engine, log, stop, unit} = run
  const {request} = making
  const {signal} = stop
  if (order.pull === 'always') await run.pull(request, signal)
  let id: string
  try {
    id = await createOrPull(run, request)
  } catch (error) {
    if (!isNameConflict(error) || request.name === undefined) throw error
    const other = await engine.inspect(request.name, signal)
    if (other !== undefined) await refuseClaimed(other, unit, signal)
    throw new NameTakenError(request.name, reason(error))
  }
  try {
    await making.made(id, signal)
  } catch (error) {
    await removeAgain(engine, log, id)
    throw error
  }
  return id
}

async function createOrPull({order, engine, pull, stop: {signal}}: Obtaining, request: CreateRequest): Promise<string> {
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

/** Undoes a run that failed before it was ready. What was there before us stays, stopped as it was or running as it was. */
export async function takeBack({engine, order, log}: Obtaining, {container: {id}, origin}: Obtained): Promise<void> {
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
