import {constants} from 'node:os'
import type {Engine, ContainerInspection} from '../docker/engine.js'
import {EngineUnreachableError, FinishError, reason} from '../errors.js'
import {commandDeadline, type Deadline} from '../systemd/deadline.js'
import type {Notifier} from '../systemd/notifier.js'
import {unrestrictDevices} from '../systemd/device-policy.js'
import {beganAt} from '../systemd/began.js'
import {systemctl} from '../systemd/systemctl.js'
import {withEngineTimeout} from './engine-timeout.js'
import {describeEnd, processEndOf, needsWords} from './exit-status.js'
import {findInit} from '../kernel/container-init.js'
import {howItEnded} from './how-it-ended.js'
import {LABELS, ownerOf, type Invocation} from '../pipeline/labels.js'
import {FINISH_NOTICE_MS, STOP_ASKED_ANSWER_MS, STOP_ASKED_RETRY_MS} from '../limits.js'
import type {Log} from '../log.js'
import {givenLabels, withOwnLabels} from './own-labels.js'
import {gracePeriod, stopMoments, wholeSeconds} from './stop-container.js'
import {finishPlugins, type FinishingPlugin} from '../pipeline/finish-plugins.js'
import {sleep, abortable, clampTimer} from '../timing.js'
import type {ExitReport} from '../pipeline/contract.js'
import type {ProcessSignals} from './signals.js'
import {waitForEngine} from './wait-for-engine.js'

/** What a unit's end is finished with. */
export interface FinishInput {
  readonly name: string
  readonly engine: Engine
  readonly unit: Invocation | undefined
  readonly env: Readonly<NodeJS.ProcessEnv>
  readonly log: Log
  readonly stop: ProcessSignals
  readonly openNotifier: () => Notifier
  /**
   * Finds the plugins of the host, once the container has ended: what they are loaded from may be broken, or never come
   * to an end. Does not reject.
   */
  readonly loadPlugins: (signal: AbortSignal) => Promise<readonly FinishingPlugin[]>
}

/**
 * What `ExecStopPost=systemd-docker finish NAME` does after the end of a unit: looks how its container ended, lets the
 * plugins do what is left to be done, and gives the status that tells systemd (systemd.service(5), `ExecStopPost=`: one
 * that is not 0 makes the unit failed). 0 where systemd knows already, as the main process was ours.
 *
 * @throws {FinishError} and what the Engine throws
 */
export async function finish(finishing: FinishInput): Promise<number> {
  const {name, engine, unit, env, log, stop, openNotifier} = finishing
  if (unit === undefined)
    throw new FinishError("this process is not in a unit; use it in ExecStopPost= of the container's unit")
  const over = new AbortController()
  const {signal} = over
  const leave = (): void => {
    over.abort(stop.signal.reason)
  }
  stop.signal.addEventListener('abort', leave)
  // What systemd says is asked for first: another job may take the place of the one that the stop is, while the Engine
  // is waited for.
  const deadline = commandDeadline('stop', unit, env, signal)
  const begun = beganAt(unit, signal)
  const asked = isStopAsked(unit, signal)
  let timer: NodeJS.Timeout | undefined
  const armed = deadline.then((until) => {
    if (until === undefined || !Number.isFinite(until.leave) || signal.aborted) return
    timer = setTimeout(
      () => {
        over.abort(new EngineUnreachableError(engine.address, new Error('it does not answer')))
      },
      clampTimer(until.leave - performance.now()),
    )
  })
  try {
    await waitForEngine({engine, openNotifier, stop: {signal}, askDeadline: () => deadline, log})
    await armed
    await unrestrictDevices(unit, log, signal).catch((error: unknown) => {
      log.warn(`could not remove the unit's device policy: ${reason(error)}`)
    })
    const ended = await abortable(signal, endedContainer(finishing, unit, await deadline, signal))
    if (ended === undefined) return 0
    const {id, labels, end: exit} = ended
    const isOfBefore = exit !== undefined && exit.at < ((await begun) ?? 0)
    // One that is there may bear what was left before, too; of one that is gone nobody knows.
    if (ended.isThere || !isOfBefore) {
      const soon = await Promise.race([asked, sleep(STOP_ASKED_ANSWER_MS, signal)])
      const report = exit === undefined ? undefined : reportOf(exit, soon === true)
      const plugins = await finishing.loadPlugins(signal)
      await finishPlugins(plugins, {signal, container: {id, name}, labels, exit: report}, {env, log, engine, unit})
      stop.signal.throwIfAborted()
    }
    // What systemd says of the main process it knows only of a child of its own (systemd.exec(5), `$EXIT_CODE`).
    if (exit === undefined || isOfBefore || env['EXIT_CODE'] !== undefined) return 0
    return await tell(exit, await asked, finishing)
  } finally {
    clearTimeout(timer)
    stop.signal.removeEventListener('abort', leave)
    over.abort()
    await Promise.all([deadline, begun, asked])
  }
}

/** Says how the container ended, and gives the status that tells systemd. */
async function tell(exit: End, asked: boolean | undefined, {name, log, openNotifier}: FinishInput): Promise<number> {
  const report = reportOf(exit, asked === true)
  const words = `container ${name} ${describeEnd(report)}`
  if (needsWords(report)) log.warn(words)
  else log.info(words)
  if (asked === undefined)
    log.warn('systemd does not report whether it was asked to stop the unit; systemd-docker assumes that it was not')
  await openNotifier()
    .send(`STATUS=${words}`)
    .catch((error: unknown) => {
      log.warn(`could not tell systemd of the end: ${reason(error)}`)
    })
  return asked === true && 'signal' in processEndOf(report.code, 'SIGTERM') ? 0 : report.code
}

/** The container of a unit, once it does not run any more. */
interface EndedContainer {
  readonly id: string
  /** Whether it is there, and has not been removed. */
  readonly isThere: boolean
  /** What the run that made it has put on it. */
  readonly labels: Readonly<Record<string, string>>
  /** Nothing for one that has never run. */
  readonly end: End | undefined
}

/**
 * The container of that name if it is this unit's, or the last one that was and is gone, as somebody has removed it.
 * After a start that was refused the name may be another unit's.
 */
async function endedContainer(
  {name, engine}: FinishInput,
  unit: Invocation,
  deadline: Deadline | undefined,
  signal: AbortSignal,
): Promise<EndedContainer | undefined> {
  const owner = ownerOf(unit)
  const found = await engine.inspect(name, signal)
  const named = found?.name === name ? await withOwnLabels(found, engine, signal) : undefined
  if (named?.labels[LABELS.unit] === owner)
    return {id: named.id, isThere: true, labels: givenLabels(named), end: await endOf(named, engine, deadline, signal)}
  const ends = await engine.ends(name, signal)
  const last = ends.findLast((end) => end.name === name && end.labels[LABELS.unit] === owner)
  if (last === undefined) return undefined
  const end = {code: last.exitCode, at: last.at, outOfMemory: false, withEngine: false, sent: last.sent}
  return {id: last.id, isThere: false, labels: {}, end}
}

/**
 * What the Engine knows of the end, once there is one: a container that runs on although its unit has ended is stopped,
 * within the time that systemd gives this command.
 */
async function endOf(
  found: ContainerInspection,
  engine: Engine,
  deadline: Deadline | undefined,
  signal: AbortSignal,
): Promise<End | undefined> {
  const {id} = found
  if (found.pid !== 0) {
    const left = deadline === undefined ? undefined : stopMoments(deadline).kill - performance.now()
    const seconds = wholeSeconds(gracePeriod(found.stopTimeout, left))
    if ((await findInit(found)) !== 'gone') await engine.stop(id, signal, seconds)
    await withEngineTimeout(
      engine,
      FINISH_NOTICE_MS,
      async (question) => (await engine.watch(id, 'not-running', question)).exitCode,
      signal,
    )
  }
  const now = await engine.inspect(id, signal)
  if (now === undefined || now.state === 'created') return undefined
  // docker restart has started it again meanwhile, and says nothing of its last end.
  if (now.pid !== 0) return await endOf(now, engine, deadline, signal)
  const remembered = (await engine.ends(id, signal)).findLast(({at}) => at >= now.finishedAt)
  // It was taken along by an Engine that ended: the one that answers knows nothing of the end, and does not let
  // containers outlive it.
  const withEngine = remembered === undefined && !(await engine.info(signal)).liveRestore
  const sent = remembered?.sent ?? new Set()
  return {code: now.exitCode, at: now.finishedAt, outOfMemory: now.outOfMemory, withEngine, sent}
}

interface End {
  /** Nothing where it cannot be known. */
  readonly code: number | undefined
  /** When, in milliseconds since 1970. */
  readonly at: number
  readonly outOfMemory: boolean
  readonly withEngine: boolean
  /** The signals that somebody had the Engine send the container. */
  readonly sent: ReadonlySet<number>
}

function reportOf({code, outOfMemory, withEngine, sent}: End, asked: boolean): ExitReport {
  // Who has nothing but SIGKILL sent, by docker kill or rm --force, gives no time that could be over.
  const isKilledAtOnce = sent.size === 1 && sent.has(constants.signals.SIGKILL)
  const stop = asked ? (isKilledAtOnce ? 'in-time' : 'asked') : 'none'
  return howItEnded({code, outOfMemory, sent, stop, engine: withEngine ? 'replaced' : 'there'})
}

/**
 * Whether somebody asked systemd to stop the unit, or to restart it: then it has a job, as long as this process runs
 * (systemctl(1), `list-jobs`). One to start it again, which waits for the stop, takes the place of that; the job of a
 * start that fails runs. At its own end a unit has none. Asks until systemd answers; `undefined` when `signal` aborts
 * first.
 */
async function isStopAsked(unit: Invocation, signal: AbortSignal): Promise<boolean | undefined> {
  while (!signal.aborted) {
    const jobs = await systemctl(unit, ['list-jobs', '--no-legend', '--', unit.name], signal)
    if (jobs !== undefined) return /\s(?:stop|restart|try-restart|start\s+waiting)\b/.test(jobs)
    await sleep(STOP_ASKED_RETRY_MS, signal)
  }
  return undefined
}
