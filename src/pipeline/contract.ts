import type {CreateRequest} from '../docker/create-request.js'
import type {Engine} from '../docker/engine.js'
import type {OptionDeclarations, OptionValues} from '../options/option.js'
import type {UnitName} from '../systemd/unit.js'
import type {Log} from '../log.js'

/** The version of this contract; a plugin that is built for a later major version is refused. */
export const CONTRACT_VERSION = 1

/**
 * The moments of a run that a plugin may act on, in the order they come; `restarted` and `reconnected` come as often as
 * they happen, or never.
 */
export const PHASES = [
  'resolve',
  'reconcile',
  'create',
  'start',
  'started',
  'ready',
  'restarted',
  'reconnected',
  'exited',
  'removed',
] as const
/** One of {@link PHASES}. */
export type Phase = (typeof PHASES)[number]

type Awaitable<T> = T | Promise<T>

/**
 * What to do with a container that is there already: take over a running one, start a stopped one again, or make a new
 * one, which it is removed for once that is ready.
 */
export type Verdict = 'adopt' | 'restart' | 'replace'

/**
 * A container that is there already: it bears the name that was asked for or, where none was, an earlier start of the
 * unit made it from the same line.
 */
export interface FoundContainer {
  readonly id: string
  readonly name: string
  readonly running: boolean
  /** Whether its anonymous volumes go with it, as it was made with `--rm`. */
  readonly madeWithRm: boolean
  /**
   * In what it differs from the one that the line asks for, in words that go behind its name; absent where it does not.
   */
  readonly drift?: string
  /** What keeps its output, such as `json-file`; absent where the Engine does not say. */
  readonly logDriver?: string
  /** Its labels, without those that it has from its image. */
  readonly labels?: Readonly<Record<string, string>>
}

/** How the container ended. */
export interface ExitReport {
  /** 0 to 255; 128+n when the container's init died of signal n. */
  readonly code: number
  /** What the code does not say: the container ran out of memory, did not stop in time, … */
  readonly why?:
    | 'out-of-memory'
    | 'stop-timeout'
    | 'hurried'
    | 'unhealthy'
    | 'somebody'
    | 'engine-gone'
    | 'without-engine'
    | 'unknown'
}

/** What every hook is given. */
export interface RunContext {
  /** Aborts when the run is asked to stop, or fails; hand it to whatever you wait for. */
  readonly signal: AbortSignal
  /**
   * Says how to undo what the hook has just done. Undoing runs last in, first out, once, however a run that stays
   * resident ends.
   */
  readonly defer: (label: string, undo: () => Awaitable<void>) => void
}

/** What the hook `ready` is given besides. Its `signal` also aborts when the container that is waited for has ended. */
export interface ReadyContext extends RunContext {
  /**
   * Tells systemd the last answer, which `systemctl status` shows behind what is waited for: a few words. Of many the
   * newest is told, one a second. Where no plugin says that it waits for anything, none is.
   */
  readonly tell: (answer: string) => void
  /**
   * Asks systemd to wait for so many milliseconds from now on, where it would wait for less (sd_notify(3),
   * `EXTEND_TIMEOUT_USEC=`), and where a plugin says that it waits for anything.
   */
  readonly extend: (milliseconds: number) => void
  /**
   * Has something done once systemd was told that the container runs, so that what it is told then is not replaced by
   * that. Not called where the run fails before.
   */
  readonly afterwards: (act: () => void) => void
}

type With<Known> = RunContext & Readonly<Known>

/** The container once it exists. `tty` says that its output is one raw stream. */
export interface CreatedContainer {
  readonly id: string
  readonly tty: boolean
}

/** The container once it runs; `pid` is its init's, as the host sees it. */
export interface StartedContainer extends CreatedContainer {
  readonly pid: number
}

/**
 * What a plugin does in a run. The kind of each hook is fixed: `resolve` to `started` run one plugin after another in
 * the pipeline's order, `ready` all at once, `restarted` and `reconnected` in order, `exited` and `removed` in reverse
 * order, each whatever the others did.
 */
export interface RunHooks {
  /**
   * May edit the create request. Changes nothing on the host, so that `--dry-run` can call it. A rejection fails the
   * run.
   */
  resolve(context: With<{request: CreateRequest}>): Awaitable<void>
  /** There is such a container. The first verdict wins. A rejection fails the run. */
  reconcile(context: With<{request: Readonly<CreateRequest>; found: FoundContainer}>): Awaitable<Verdict | void>
  /** The request is frozen and about to be made. A rejection fails the run. */
  create(context: With<{request: Readonly<CreateRequest>}>): Awaitable<void>
  /**
   * The container exists and is about to start, or is running already when it was adopted. A rejection fails the run.
   */
  start(context: With<{container: CreatedContainer}>): Awaitable<void>
  /**
   * The container runs; not called where the Engine's PIDs are not this host's. A rejection fails the run, and a
   * container that the run made is removed.
   */
  started(context: With<{container: StartedContainer}>): Awaitable<void>
  /**
   * When every plugin's hook has resolved, `READY=1` goes to systemd, unless one answers `delegated`: the container
   * says it itself. A rejection fails the run, and a container that the run made is removed.
   */
  ready(context: ReadyContext & Readonly<{container: CreatedContainer}>): Awaitable<'delegated' | void>
  /**
   * Somebody had Docker start the container again, after the life that ended at `endedAt` (milliseconds since 1970):
   * its init is another process now. Only a process that stayed hears of it. A rejection is one warning.
   */
  restarted(context: With<{container: StartedContainer; endedAt: number}>): Awaitable<void>
  /**
   * The Engine was away and is back, and the container ran on: whatever was held open to the Engine is closed. A
   * rejection is one warning.
   */
  reconnected(context: With<{container: CreatedContainer}>): Awaitable<void>
  /** The container has ended. A rejection is one warning. */
  exited(context: With<{container: CreatedContainer; exit: ExitReport}>): Awaitable<void>
  /** Nothing is left to be done with the container. A rejection is one warning. */
  removed(context: With<{container: CreatedContainer; exit: ExitReport}>): Awaitable<void>
  /**
   * Asked after `resolve`, and again after `started`: why this process must stay while the container runs, or nothing
   * when it need not.
   */
  resident(): string | undefined
  /**
   * Asked before `ready`: what the plugin waits for in that hook before the container is ready, in words that go behind
   * `waiting for`, or nothing when it waits for nothing. The container's end is then the end of the wait, and of the
   * run.
   */
  awaits(): string | undefined
  /** Asked by `--dry-run`, after `resolve`: what the plugin will do to the host, one line each. */
  describe(): readonly string[]
}

/** What a plugin may use; handed over once, at `setup`. */
export interface Host {
  /** Our own environment, which is the unit's. */
  readonly env: Readonly<NodeJS.ProcessEnv>
  /**
   * Goes where our own words go. `log.debug` is there only where somebody looks for a fault, and in programs that have
   * it: say `log.debug?.(…)`.
   */
  readonly log: Log
  readonly engine: Engine
  /** The unit whose main process this is; nothing outside of any. */
  readonly unit: UnitName | undefined
  /**
   * Whether the line asks that nobody of ours stays (`--handover`): what has to be done at the container's end is then
   * done by {@link RunPlugin.finish}.
   */
  readonly handover: boolean
  /** What `--detach` comes to in the unit; absent where this process stays, or hands over. */
  readonly detached?: Detachment | undefined
  /** Aborts when the unit is asked to stop: the container is about to be stopped, or is no more to be started. */
  readonly stopping: AbortSignal
}

/**
 * `--detach` in a command that systemd waits for and the unit outlives: nobody of ours stays, as with `docker run`, and
 * no `finish` need be there at the container's end.
 */
export interface Detachment {
  /** Whether the container is what the unit is for, or helps another process that is. */
  readonly role: 'service' | 'helper'
  /** Whether systemd starts another command in the unit's cgroup while the container is there. */
  readonly isFollowed: boolean
}

/** What {@link RunPlugin.finish} is given. */
export interface FinishContext<Options extends OptionDeclarations = OptionDeclarations> {
  /**
   * Aborts when the unit's time to stop is nearly over, or `finish` itself is asked to stop; hand it to whatever you
   * wait for.
   */
  readonly signal: AbortSignal
  /** The container of the unit. It may be gone already, as somebody has removed it. */
  readonly container: {readonly id: string; readonly name: string}
  /**
   * What the line and, in `resolve`, the plugins have put on the container as labels. Those that it has from its image
   * are not among them; none are there where the container or its image is gone, so that nobody can tell.
   */
  readonly labels: Readonly<Record<string, string>>
  /** How it ended; nothing for one that has never run. */
  readonly exit: ExitReport | undefined
  /**
   * The values of the plugin's own options as the configuration and the environment have them: what stood on the line
   * of the run is not known any more.
   */
  readonly options: OptionValues<Options>
}

/** A duty on the run's pipeline: the options it brings and, once these are known, its hooks. */
export interface RunPlugin<Options extends OptionDeclarations = OptionDeclarations> {
  /** Unique among all plugins; stands before its words in errors and logs, and is its section in the configuration. */
  readonly name: string
  /** The major version of the contract that the plugin was built for; absent means 1. */
  readonly contract?: number
  /** Its options, which stand before `run`, by long name. */
  readonly options: Options
  /** Called once for each run with the values of the plugin's own options. Returns nothing to sit this run out. */
  setup(options: OptionValues<Options>, host: Host): Partial<RunHooks> | undefined
  /**
   * Called by `systemd-docker finish`, each time a unit ends that has that in `ExecStopPost=`, in a process of its own:
   * in reverse order, each whatever the others did. A rejection is one warning. After a hand-over nobody else is there;
   * after a process that stayed, and may have been killed, it is called too, so it must do no harm where nothing is
   * left to be done. It is called whether the plugin is on or off, as it may have been on when the container was made:
   * that is for a label to say.
   */
  finish?(context: FinishContext<Options>, host: Omit<Host, 'handover' | 'detached' | 'stopping'>): Awaitable<void>
}

/** Returns its argument; it is here so that `setup` sees the options typed. */
export function defineRunPlugin<const Options extends OptionDeclarations>(
  plugin: RunPlugin<Options>,
): RunPlugin<Options> {
  return plugin
}
