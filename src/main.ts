import {constants} from 'node:os'
import {DefectError, EXIT_OURS, SystemdDockerError, UnknownCommandError, reason} from './errors.js'
import {socketPath} from './docker/client/endpoint.js'
import {pinnedVersion} from './docker/api-version.js'
import {clientEnvironment} from './docker/client/global-options.js'
import {requestHeaders} from './docker/client/request-headers.js'
import {EarlyEngine} from './early-engine/early-engine.js'
import {stateDirectory} from './files/state-directory.js'
import {cleanSignal, type ProcessEnd} from './lifecycle/exit-status.js'
import {readSite} from './run/site.js'
import {asksForHelp, parseCommandLine} from './run/command-line.js'
import {configWords, namesEngine} from './run/early-words.js'
import {JOURNAL_FLUSH_MS, UNWIND_MS} from './limits.js'
import type {Log} from './log.js'
import {run} from './run/run.js'
import {ProcessSignals} from './lifecycle/signals.js'
import {traceEngine, traceError} from './pipeline/trace.js'
import {isBesideMain} from './systemd/command.js'
import {openNotifier} from './systemd/notifier.js'
import {openOwnLog, type OwnLog} from './systemd/own-log.js'
import {withTimeout} from './timing.js'
import {readUnitNames} from './systemd/unit.js'

/**
 * How much of an error is told to systemd, in characters: it takes no message of more than 4 KiB (systemd,
 * src/core/manager.c, `NOTIFY_BUFFER_MAX`), and an answer of the Engine may be longer.
 */
const STATUS_MOST = 1000
/** Words that oclif answers when they stand first on a line. */
const OCLIF_FIRST = new Set(['--help', '-h', 'help', '--version', undefined])

/** The files of this program's package, which most runs do without, and what has been done to start it. */
export interface OwnPackage {
  /** Where they are. @throws {StateError} where they are nowhere */
  readonly directory: () => string
  /** Ends what it took to have them. */
  readonly release: () => void
  /** Gives V8 back what it was to do without for the time of a start. */
  readonly resumeCompilers?: () => void
}

/**
 * The program: a line with `run` is run right here, as it starts with every unit; for help, and every other command,
 * oclif is loaded.
 *
 * @param ownPackage where this program's package is
 */
export async function main(ownPackage: OwnPackage): Promise<void> {
  const argv = process.argv.slice(2)
  const {log, flushed} = openOwnLog()
  log.debug?.(
    `systemd-docker, PID ${String(process.pid)}, Node ${process.version}, begun ${performance.now().toFixed(0)} ms ago`,
  )
  const stop = new ProcessSignals()
  const unlisten = stop.listen()
  // Node ends with status 0 when nothing is left to wait for, even in the middle of an await.
  process.once('beforeExit', () => {
    log.error(new DefectError('the run ended with work unfinished').message)
    process.exitCode = EXIT_OURS
  })
  // A pipe whose reader is gone, or a socket, takes no more of what is written; that alone ends nothing.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  process.on('uncaughtException', (error) => {
    if (stop.defect.aborted) return
    stop.fail(new DefectError(`uncaught ${reason(error)}`))
    setTimeout(() => {
      log.error(reason(stop.defect.reason))
      void flushed().then(() => process.exit(EXIT_OURS))
    }, UNWIND_MS)
  })
  const ending = await perform(argv, ownPackage, {log, flushed}, {stop, unlisten})
  await written(flushed, stop)
  ownPackage.release()
  end(ending, unlisten)
}

/** What a process is told by signals, and how to give these their default effect back. */
interface Signals {
  readonly stop: ProcessSignals
  readonly unlisten: () => void
}

async function perform(
  argv: readonly string[],
  {directory: root, resumeCompilers}: OwnPackage,
  {log, flushed}: OwnLog,
  {stop, unlisten}: Signals,
): Promise<ProcessEnd> {
  const {env} = process
  const viaOclif = async (words: readonly string[]): Promise<ProcessEnd> => {
    resumeCompilers?.()
    // A command that has something to do at a signal listens itself.
    unlisten()
    // Nothing but a run has anything to undo.
    stop.defect.addEventListener('abort', () => {
      log.error(reason(stop.defect.reason))
      void flushed().then(() => process.exit(EXIT_OURS))
    })
    const {exitStatusByOclif} = await import('./oclif.js')
    return {status: await exitStatusByOclif(words, root())}
  }
  try {
    if (OCLIF_FIRST.has(argv[0]) || !argv.includes('run')) return await viaOclif(argv)
    const {file: configFile = env['SYSTEMD_DOCKER_CONFIG'], directory} = configWords(argv)
    const configured = directory === undefined ? env : {...env, DOCKER_CONFIG: directory}
    const early = namesEngine(argv) ? undefined : engineOf(configured, log)
    const site = await readSite({root, env, configFile, state: stateDirectory(env), signal: stop.signal})
    const line = parseCommandLine(argv, site.declarations)
    if (line.command === undefined) throw new UnknownCommandError(undefined)
    if (line.command !== 'run') return await viaOclif([line.command, ...line.rest])
    if (asksForHelp(line.rest, site.declarations)) return await viaOclif(['run', '--help'])
    const print = (text: string): void => void process.stdout.write(text)
    const clientEnv = clientEnvironment(configured, line.client)
    const engine = early ?? engineOf(clientEnv, log)
    const names = readUnitNames()
    const around = {env, clientEnv, engine, cwd: process.cwd(), names, log, stop, print, onRunning: resumeCompilers}
    return await run(line, site, around)
  } catch (error) {
    if (stop.asked !== undefined && stop.signal.aborted && !stop.defect.aborted) {
      log.info(reason(stop.signal.reason))
      return {signal: cleanSignal(stop.asked)}
    }
    if (log.debug !== undefined) traceError(log.debug, error)
    const over = stop.defect.aborted ? stop.defect : stop.signal
    const failure: unknown = over.aborted ? over.reason : error
    log.error(reason(failure))
    await tellFailure(reason(failure), env, log)
    return {status: failure instanceof SystemdDockerError ? failure.exitStatus : EXIT_OURS}
  }
}

/** `systemctl status` shows why a run failed, until the next start, above the last lines of the journal. */
async function tellFailure(why: string, env: Readonly<NodeJS.ProcessEnv>, log: Log): Promise<void> {
  // What a command beside the main process says would be taken for the main process's word.
  if (isBesideMain(env)) return
  try {
    await openNotifier(env, log.debug).send(`STATUS=${why.slice(0, STATUS_MOST)}`)
  } catch (error) {
    log.debug?.(`could not tell systemd why the run failed: ${reason(error)}`)
  }
}

/** The Engine that docker's client would ask in this environment. */
function engineOf(clientEnv: Readonly<NodeJS.ProcessEnv>, log: Log): EarlyEngine {
  const socket = socketPath(clientEnv)
  if (log.debug !== undefined) traceEngine(log.debug, socket)
  return new EarlyEngine(socket, pinnedVersion(clientEnv), requestHeaders(clientEnv))
}

/** Waits for what is still on its way to a pipe, which would be lost: a stop not for long, as nobody may read there. */
async function written(flushed: OwnLog['flushed'], {stopping}: ProcessSignals): Promise<void> {
  const outputs = [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve)))
  const all = Promise.all([flushed(), ...outputs])
  await (stopping.aborted ? withTimeout(JOURNAL_FLUSH_MS, all).catch(() => undefined) : all)
}

function end(ending: ProcessEnd, unlisten: () => void): never {
  // A signal that comes from now on changes nothing: systemd sends one when a command of ExecStop= is through.
  if ('signal' in ending) {
    unlisten()
    // The kernel lets no first process of a PID namespace die of a signal of its own (pid_namespaces(7)), as with
    // PrivatePIDs=; to systemd status 0 is as clean an end.
    if (process.pid === 1) process.exit(0)
    process.kill(process.pid, ending.signal)
    process.exit(128 + constants.signals[ending.signal])
  }
  process.exit(ending.status)
}
