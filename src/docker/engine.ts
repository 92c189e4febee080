import type {Duplex, Readable} from 'node:stream'
import {EngineRefusedError} from '../errors.js'
import type {CreateRequest, Endpoint} from './create-request.js'
import type {Login} from './client/registry-auth.js'
import type {PullMessage} from './pull-progress.js'

/** What the Engine says of a container (Engine API, `GET /containers/{id}/json`). */
export interface ContainerInspection {
  readonly id: string
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
  /** Without the slash that the Engine puts before it. */
  readonly name: string
  /** The container init's PID as the host sees it; 0 when it does not run. */
  readonly pid: number
  readonly tty: boolean
  /** What its last life ended with; 0 while the first lasts. */
  readonly exitCode: number
  /** Whether the kernel killed its init, or on some Engines any of its processes, as it ran out of memory. */
  readonly outOfMemory: boolean
  /** When the Engine made it, in milliseconds since 1970. */
  readonly createdAt: number
  /** When its present or last life began, in milliseconds since 1970; negative where none has. */
  readonly startedAt: number
  /** When its last life ended, in milliseconds since 1970; negative where none has. */
  readonly finishedAt: number
  /** Such as `SIGQUIT`, or empty for the Engine's default. */
  readonly stopSignal: string
  /**
   * How long the Engine waits between the stop signal and SIGKILL, in seconds, -1 for as long as it takes; absent for
   * the Engine's default.
   */
  readonly stopTimeout: number | undefined
  readonly labels: Readonly<Record<string, string>>
  /** The id of its image. */
  readonly image: string
  /** Its image as the line that made it names it; absent where the Engine does not say. */
  readonly imageName?: string
  /** `NAME=value`, its image's too; absent where the Engine does not say. */
  readonly environment?: readonly string[]
  /**
   * Whether the Engine removes it by itself when it has ended, its anonymous volumes too, as one of `docker run --rm`.
   */
  readonly autoRemove: boolean
  /** When the Engine starts it again by itself; absent where it does not. */
  readonly restartPolicy?: RestartPolicy | undefined
  /** What it was given of the host's devices; absent where the Engine does not say. */
  readonly devices?: DeviceGrants
  /** Whether it has a health check, by the line or its image; absent where the Engine does not say. */
  readonly checksHealth?: boolean
  /** What its health check says; absent where it has none. */
  readonly health?: Health | undefined
  /** What keeps its output, such as `json-file`; absent where the Engine does not say. */
  readonly logDriver?: string
}

/** What a container's health check says (Engine API, `Health`), as far as it has been made in this life of it. */
export interface Health {
  /** `starting` until it has passed for the first time, or failed too often. */
  readonly status: 'starting' | 'healthy' | 'unhealthy'
  /** The last check; absent where none has ended. */
  readonly last?: HealthCheckResult
}

/** One check of a container's health. */
interface HealthCheckResult {
  /** What its command ended with; -1 where it took too long, or could not be run. */
  readonly exitCode: number
  /** What it said, as it is: the Engine keeps 4 KiB. */
  readonly output: string
}

/** When the Engine starts a container again by itself (`docker run --restart`). */
export interface RestartPolicy {
  /** `always`, `unless-stopped`, `on-failure` or `no`. */
  readonly name: string
  /** With `on-failure`, how often at most; 0 for no limit. */
  readonly retries: number
}

/** What a container may use of the host's devices, besides those that every container may. */
export interface DeviceGrants {
  /** It may use all. */
  readonly privileged: boolean
  /** `--device`: a device or a directory of them, and what of `rwm` it may do with it. */
  readonly mapped: readonly {readonly pathOnHost: string; readonly permissions: string}[]
  /** `--device-cgroup-rule`, such as `c 189:* rwm`. */
  readonly rules: readonly string[]
  /** It has devices that a driver or a runtime gives it, and the Engine does not tell which. */
  readonly requested: boolean
}

/** A container as a list of the Engine has it (Engine API, `GET /containers/json`). */
export type ContainerSummary = Pick<ContainerInspection, 'id' | 'state' | 'labels'>

/**
 * Something that happened to a container (Engine API, `GET /events`). It says that it happened; how the container ended
 * says {@link Watch}, or what is found of it.
 */
export interface ContainerEvent {
  readonly action: string
  /** When, by the Engine's clock, in milliseconds since 1970. */
  readonly at: number
  /** What the container is called by then. */
  readonly name?: string
  /** Of `kill`: the number of the signal that the Engine was asked to send, where that is its own word. */
  readonly signal?: number
  /** Of `health_status`: what the container's health has become. */
  readonly health?: Exclude<Health['status'], 'starting'>
}

/** A container's end that the Engine remembers. */
export interface RememberedEnd {
  readonly id: string
  readonly name: string
  /** When, by the Engine's clock, in milliseconds since 1970. */
  readonly at: number
  readonly labels: Readonly<Record<string, string>>
  /** 0 to 255; nothing where a label of the container may have been laid over what the Engine said. */
  readonly exitCode: number | undefined
  /** The signals that somebody had the Engine send the container in the life that ended so, as far as is known. */
  readonly sent: ReadonlySet<number>
}

/** A container's end that is being waited for. */
export interface Watch {
  /** The container's exit status, 0 to 255, once it has ended as asked for. */
  readonly exitCode: Promise<number>
}

/**
 * What to wait for (Engine API, `POST /containers/{id}/wait`): the next end of a container that is about to be started,
 * or being stopped, or the removal of one that the Engine removes by itself.
 */
export type WatchFor = 'next-exit' | 'not-running' | 'removed'

/**
 * Whether a container's anonymous volumes go with it: `docker rm` keeps them, and what removes a container of `docker
 * run --rm` does not.
 */
export type Volumes = 'with-volumes' | 'without-volumes'

/** What the Engine says of itself (Engine API, `GET /info`). */
export interface EngineInfo {
  /** The Engine's release, such as `26.1.5+dfsg1`. */
  readonly version: string
  readonly cgroupDriver: string
  readonly defaultRuntime: string
  /** The runtimes that it has by name. */
  readonly runtimes: readonly string[]
  /** Whether it runs as an ordinary user. */
  readonly rootless: boolean
  /** The log driver of a container that is given none (dockerd, `--log-driver`); absent where it does not say. */
  readonly logDriver?: string
  /** Whether containers live on while it is away (dockerd, `--live-restore`); absent means no. */
  readonly liveRestore?: boolean
}

/** What a command that was run in a container came to. */
export interface ExecResult {
  /** 0 to 255; 126 and 127 also where the command could not be run, or is not there. */
  readonly exitCode: number
  /** The last 4 KiB of what it said, on both streams. */
  readonly output: string
}

/** How many characters a terminal shows. */
export interface TerminalSize {
  readonly rows: number
  readonly columns: number
}

/** What image of that name to fetch, and as whom. */
export interface WantedImage {
  /** `os[/arch[/variant]]`; the Engine's own when absent. */
  readonly platform?: string
  readonly login?: Login
}

/**
 * The Engine's verbs that a run needs. Every one takes an AbortSignal and throws EngineUnreachableError,
 * EngineForbiddenError, EngineAnswerError or {@link EngineRefusedError} unless its comment says otherwise.
 */
export interface Engine {
  /** Where the Engine listens, for messages. */
  readonly address: string
  /** Resolves when it answers. */
  ping(signal: AbortSignal): Promise<void>
  info(signal: AbortSignal): Promise<EngineInfo>
  /** The container with this id or name, or nothing. The Engine also takes the beginning of an id for it. */
  inspect(idOrName: string, signal: AbortSignal): Promise<ContainerInspection | undefined>
  /** All containers, running or not, that have these labels, the newest first. */
  list(labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<readonly ContainerSummary[]>
  /** The labels of an image, by its id or name, or nothing where it is not there. */
  imageLabels(image: string, signal: AbortSignal): Promise<Readonly<Record<string, string>> | undefined>
  /** The id of the image that this name has by now, or nothing where there is none. */
  imageId(name: string, signal: AbortSignal): Promise<string | undefined>
  /**
   * The newest version of the Engine API that it may be asked with, such as `1.44`: its own, or the one that
   * `DOCKER_API_VERSION` says.
   */
  apiVersion(signal: AbortSignal): Promise<string>
  /** Puts a container on one more network. */
  connect(network: string, id: string, endpoint: Endpoint, signal: AbortSignal): Promise<void>
  /** The id of the container made. */
  create(request: CreateRequest, signal: AbortSignal): Promise<string>
  /**
   * No error when it runs already. @throws {CannotInvokeError} {@link CommandNotFoundError} {@link RuntimeMissingError}
   */
  start(id: string, signal: AbortSignal): Promise<void>
  /**
   * The container's output from now on, as the Engine sends it, framed unless the container has a terminal; or its
   * input, to be written to. Each has an attachment of its own, so that the end of one is not the end of the other.
   */
  attach(id: string, to: 'output' | 'input', signal: AbortSignal): Promise<Duplex>
  /** Sets the size of the container's terminal, in characters. */
  resize(id: string, size: TerminalSize, signal: AbortSignal): Promise<void>
  /** Resolves when the Engine has begun to wait, so that no end after that is missed. */
  watch(id: string, until: WatchFor, signal: AbortSignal): Promise<Watch>
  /**
   * What happens to a container from `since` on, in milliseconds since 1970. Ends when the Engine goes away. Resolves
   * when the Engine has begun, and says then also what happened between `since` and that.
   */
  events(id: string, since: number, signal: AbortSignal): Promise<AsyncIterable<ContainerEvent>>
  /**
   * How containers of that name or id ended, as far as the Engine remembers (Docker keeps its last 256 events until it
   * ends), the last one last.
   */
  ends(nameOrId: string, signal: AbortSignal): Promise<readonly RememberedEnd[]>
  /**
   * What Docker's log has of a container from `since` on: to `until`, or on and on until the container ends; both in
   * milliseconds since 1970. Framed as by `attach`, and before each message stands when the Engine took it. With `tail`
   * no more than that many messages, the last ones.
   */
  logs(id: string, span: {since: number; until?: number; tail?: number}, signal: AbortSignal): Promise<Readable>
  /**
   * Stops the container with its own stop signal, and its own timeout unless `seconds` says another; no error when it
   * does not run.
   */
  stop(id: string, signal: AbortSignal, seconds?: number): Promise<void>
  /** Sends a signal, by its name or number, to the container's init; no error when it does not run. */
  kill(id: string, name: string, signal: AbortSignal): Promise<void>
  /**
   * Runs a command in a running container and waits for its end. One that is not waited for any longer, as `signal`
   * aborts, runs on: the Engine ends none (Engine API, `Exec`).
   */
  exec(id: string, words: readonly string[], signal: AbortSignal): Promise<ExecResult>
  /** Gives a container another name, whether it runs or not. */
  rename(id: string, name: string, signal: AbortSignal): Promise<void>
  /** Says when a container is started again by the Engine itself (`docker update --restart`). */
  setRestartPolicy(id: string, policy: RestartPolicy, signal: AbortSignal): Promise<void>
  /** Kills the container if it must, removes it, and resolves when it is gone; no error when it was. */
  remove(id: string, volumes: Volumes, signal: AbortSignal): Promise<void>
  /** Fetches an image; it is there when what the Engine says of it has ended. @throws {PullError} */
  pull(image: string, wanted: WantedImage, signal: AbortSignal): AsyncIterable<PullMessage>
}

/** Whether a container has processes, which may be paused, or is about to have some again. */
export function isRunning({state}: Pick<ContainerInspection, 'state'>): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting'
}

/**
 * Whether a create request failed for want of something, which docker's client takes for the image, or that for the
 * platform (cli 28, command/container/create.go): each image store and each version of the Engine says it in other
 * words. A container that the request names, as in `--volumes-from`, is none.
 */
export function mayLackImage(error: unknown): boolean {
  return error instanceof EngineRefusedError && error.statusCode === 404 && !/^no such container/i.test(error.answer)
}

/** Whether an Engine that lacks something speaks of an image. */
export function isNoSuchImage(error: unknown): boolean {
  return mayLackImage(error) && error instanceof EngineRefusedError && /\bimage\b|\bplatform\b/i.test(error.answer)
}

/** Whether a create request failed because the name is another container's. */
export function isNameConflict(error: unknown): boolean {
  return error instanceof EngineRefusedError && error.statusCode === 409
}

/**
 * Whether nobody can attach to a container as it is paused or between two lives (Engine API, `POST
 * /containers/{id}/attach`).
 */
export function isNotAttachable(error: unknown): boolean {
  return error instanceof EngineRefusedError && error.statusCode === 409
}
