import {Agent, type IncomingMessage} from 'node:http'
import {Duplex, Readable} from 'node:stream'
import Docker from 'dockerode'
import {
  CannotInvokeError,
  CommandNotFoundError,
  EngineForbiddenError,
  EngineRefusedError,
  EngineUnreachableError,
  PullError,
  RuntimeMissingError,
  hasErrorCode,
  reason,
} from '../errors.js'
import type {CreateRequest, Endpoint} from './create-request.js'
import type {ContainerEvent, Engine, EngineInfo, Inspected, Listed, Wanted, Watch, WatchFor} from './engine.js'
import {parseEvents} from './events.js'
import type {PullMessage} from './pull-tally.js'
import {splitReference} from './reference.js'

/** The one thing of dockerode's modem that its own verbs do not offer: an answer as soon as its headers are there. */
interface Modem {
  dial(
    request: {
      path: string
      method: 'POST'
      isStream: true
      abortSignal: AbortSignal
      statusCodes: Record<number, true | string>
    },
    answered: (error: Error | null, response: IncomingMessage | null) => void,
  ): void
}

/** The part of the answer to `GET /info` that is of use; an Engine that is not Docker's may leave out any of it. */
interface InfoAnswer {
  readonly ServerVersion?: string
  readonly CgroupDriver?: string
  readonly DefaultRuntime?: string
  readonly Runtimes?: Readonly<Record<string, unknown>>
  readonly SecurityOptions?: readonly string[]
  readonly LiveRestoreEnabled?: boolean
}

/** The part of a container's configuration that dockerode's types leave out. */
interface StopAnswer {
  readonly StopSignal?: string
  readonly StopTimeout?: number | null
}

/** A line of the answer to `POST /images/create` that is no error. */
interface PullLine {
  readonly status?: string
  readonly id?: string
  readonly progressDetail?: {readonly current?: number; readonly total?: number} | null
}

/** What dockerode takes and its types do not say. */
interface Abortable {
  version(options: {abortSignal: AbortSignal}): Promise<{ApiVersion: string}>
  info(options: {abortSignal: AbortSignal}): Promise<InfoAnswer>
  ping(options: {abortSignal: AbortSignal}): Promise<unknown>
}

/** What may happen to a container that matters to a run; not the three of each health check. podman looks for its own word `died`, and then says `die`. */
const EVENTS = ['destroy', 'die', 'died', 'kill', 'oom', 'pause', 'rename', 'start', 'unpause']

/**
 * Each question has a connection of its own: an Engine that is about to end still answers on those that it has, as if all were well. The name for TLS is empty because
 * Node, where none is given, looks whether the host's name is an IP address, over TLS or not, and the code that V8 makes of that one expression is 140 KB in every unit.
 */
const AGENT = {keepAlive: false, servername: ''}

/** The Engine that listens on the unix socket `path`, through dockerode. */
export class DockerodeEngine implements Engine {
  readonly address: string
  readonly #docker: Docker

  constructor(path: string) {
    this.address = `unix://${path}`
    // dockerode takes an agent, which its types leave out.
    const options = {socketPath: path, host: undefined, protocol: 'http', agent: new Agent(AGENT)} as const
    this.#docker = new Docker(options)
  }

  async ping(abortSignal: AbortSignal): Promise<void> {
    const docker = this.#docker as unknown as Abortable
    await this.#ask('answer', () => docker.ping({abortSignal}))
  }

  async info(abortSignal: AbortSignal): Promise<EngineInfo> {
    const docker = this.#docker as unknown as Abortable
    const answer = await this.#ask('say what it is', () => docker.info({abortSignal}))
    return {
      version: answer.ServerVersion ?? '',
      cgroupDriver: answer.CgroupDriver ?? '',
      defaultRuntime: answer.DefaultRuntime ?? '',
      runtimes: Object.keys(answer.Runtimes ?? {}),
      rootless: (answer.SecurityOptions ?? []).includes('name=rootless'),
      ...(answer.LiveRestoreEnabled ? {liveRestore: true} : {}),
    }
  }

  async inspect(idOrName: string, abortSignal: AbortSignal): Promise<Inspected | undefined> {
    try {
      const {Id, Name, State, Config, HostConfig} = await this.#docker
        .getContainer(encodeURIComponent(idOrName))
        .inspect({abortSignal})
      return {
        id: Id,
        name: Name.replace(/^\//, ''),
        state: State.Status as Inspected['state'],
        pid: State.Pid,
        tty: Config.Tty,
        exitCode: State.ExitCode,
        outOfMemory: State.OOMKilled,
        finishedAt: Date.parse(State.FinishedAt),
        stopSignal: (Config as StopAnswer).StopSignal ?? '',
        stopTimeout: (Config as StopAnswer).StopTimeout ?? undefined,
        labels: Config.Labels,
        hasRotatingLog: rotates(HostConfig.LogConfig),
      }
    } catch (error) {
      if (statusOf(error) === 404) return undefined
      throw this.#explained('look up the container', error)
    }
  }

  async list(labels: Readonly<Record<string, string>>, abortSignal: AbortSignal): Promise<readonly Listed[]> {
    const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
    const options = {all: true, filters: {label}, abortSignal}
    const listed = await this.#ask('list containers', () =>
      this.#docker.listContainers(options as unknown as Docker.ContainerListOptions),
    )
    return listed.map(({Id, State, Labels}) => ({id: Id, state: State as Inspected['state'], labels: Labels}))
  }

  async apiVersion(abortSignal: AbortSignal): Promise<string> {
    const docker = this.#docker as unknown as Abortable
    const {ApiVersion} = await this.#ask('say its version', () => docker.version({abortSignal}))
    return ApiVersion
  }

  async connect(network: string, id: string, endpoint: Endpoint, abortSignal: AbortSignal): Promise<void> {
    const options = {_body: {Container: id, EndpointConfig: endpoint}, abortSignal}
    await this.#ask(`connect the container to the network ${network}`, () =>
      this.#docker.getNetwork(encodeURIComponent(network)).connect(options as Docker.NetworkConnectOptions),
    )
  }

  async create(request: CreateRequest, abortSignal: AbortSignal): Promise<string> {
    // The body travels as `_body` because dockerode would put all of it, secrets too, into the query as well.
    const options = {_query: queryOf(request), _body: request.body, abortSignal}
    const container = await this.#ask('create the container', () =>
      this.#docker.createContainer(options as Docker.ContainerCreateOptions),
    )
    return container.id
  }

  async start(id: string, abortSignal: AbortSignal): Promise<void> {
    try {
      await this.#docker.getContainer(id).start({abortSignal})
    } catch (error) {
      // The Engine has no codes for these; docker run tells them apart by the same words.
      const answer = answerOf(error)
      if (
        /(?:containerd-shim-|systemd-docker-runc).*(?:no such file|not found|does not exist)|unknown runtime/i.test(
          answer,
        )
      )
        throw new RuntimeMissingError(answer, error)
      if (/executable file not found|no such file or directory/i.test(answer))
        throw new CommandNotFoundError(answer, error)
      if (/permission denied|is a directory/i.test(answer)) throw new CannotInvokeError(answer, error)
      throw this.#explained('start the container', error)
    }
  }

  async attach(id: string, stdin: boolean, abortSignal: AbortSignal): Promise<Duplex> {
    const stream = await this.#ask('attach to the container', () =>
      this.#docker
        .getContainer(id)
        .attach({stream: true, stdout: true, stderr: true, stdin, hijack: true, abortSignal}),
    )
    if (stream instanceof Duplex) return stream
    throw new EngineUnreachableError(this.address, new Error('it gave no stream to attach to'))
  }

  async watch(id: string, until: WatchFor, abortSignal: AbortSignal): Promise<Watch> {
    const response = await this.#ask(
      'wait for the container',
      () =>
        new Promise<IncomingMessage>((resolve, reject) => {
          ;(this.#docker.modem as Modem).dial(
            {
              path: `/containers/${id}/wait?condition=${until}&`,
              method: 'POST',
              isStream: true,
              abortSignal,
              statusCodes: {200: true, 404: 'no such container', 500: 'server error'},
            },
            (error, response) => {
              if (response === null) reject(error ?? new Error('no answer'))
              else resolve(response)
            },
          )
        }),
    )
    const exitCode = this.#exitCode(response)
    // Whoever watches may come to the exit code late; a failure must keep until then.
    exitCode.catch(() => undefined)
    return {exitCode}
  }

  async #exitCode(response: IncomingMessage): Promise<number> {
    let text = ''
    try {
      for await (const chunk of response) text += String(chunk)
    } catch (error) {
      throw new EngineUnreachableError(this.address, error)
    }
    const answer: unknown = text === '' ? undefined : JSON.parse(text)
    if (
      typeof answer === 'object' &&
      answer !== null &&
      'StatusCode' in answer &&
      typeof answer.StatusCode === 'number'
    )
      return answer.StatusCode
    throw new EngineUnreachableError(this.address, new Error('it hung up while the container was waited for'))
  }

  async events(id: string, since: number, abortSignal: AbortSignal): Promise<AsyncIterable<ContainerEvent>> {
    const options = {
      since: secondsOf(since),
      filters: {type: ['container'], container: [id], event: EVENTS},
      abortSignal,
    }
    const stream = await this.#ask('tell of the container', () =>
      this.#docker.getEvents(options as unknown as Docker.GetEventsOptions),
    )
    return parseEvents(stream)
  }

  async ends(nameOrId: string, abortSignal: AbortSignal): Promise<readonly ContainerEvent[]> {
    const options = {
      since: '0',
      until: secondsOf(Date.now()),
      filters: {type: ['container'], container: [nameOrId], event: ['die']},
      abortSignal,
    }
    const stream = await this.#ask('say how the container ended', () =>
      this.#docker.getEvents(options as unknown as Docker.GetEventsOptions),
    )
    const ends: ContainerEvent[] = []
    for await (const event of parseEvents(stream)) ends.push(event)
    return ends
  }

  async logs(id: string, since: number, abortSignal: AbortSignal): Promise<Readable> {
    const options = {follow: true, stdout: true, stderr: true, since: secondsOf(since), abortSignal}
    const stream: unknown = await this.#ask('read the log of the container', () =>
      this.#docker.getContainer(id).logs(options as unknown as Docker.ContainerLogsOptions & {follow: true}),
    )
    if (stream instanceof Readable) return stream
    throw new EngineUnreachableError(this.address, new Error('it gave no log to read'))
  }

  async stop(id: string, abortSignal: AbortSignal, seconds?: number): Promise<void> {
    const options = {...(seconds === undefined ? {} : {t: seconds}), abortSignal}
    await this.#unless([304, 404], 'stop the container', () => this.#docker.getContainer(id).stop(options))
  }

  async kill(id: string, name: NodeJS.Signals, abortSignal: AbortSignal): Promise<void> {
    await this.#unless([404, 409], `send ${name} to the container`, () =>
      this.#docker.getContainer(id).kill({signal: name, abortSignal}),
    )
  }

  async remove(id: string, abortSignal: AbortSignal): Promise<void> {
    try {
      await this.#docker.getContainer(id).remove({force: true, v: true, abortSignal})
    } catch (error) {
      if (statusOf(error) === 404) return
      // 409: the Engine is removing it already, as it does for a container that was made with AutoRemove.
      if (statusOf(error) !== 409) throw this.#explained('remove the container', error)
      await this.#gone(id, abortSignal)
    }
  }

  async #gone(id: string, abortSignal: AbortSignal): Promise<void> {
    try {
      await (
        await this.watch(id, 'removed', abortSignal)
      ).exitCode
    } catch (error) {
      if (error instanceof EngineRefusedError && error.statusCode === 404) return
      throw error
    }
  }

  async *pull(image: string, {platform, login}: Wanted, abortSignal: AbortSignal): AsyncGenerator<PullMessage> {
    const {repository, tag} = splitReference(image)
    const options = {fromImage: repository, tag, ...(platform === undefined ? {} : {platform}), abortSignal}
    try {
      // The login travels in a header of its own, X-Registry-Auth.
      const answer = await (login === undefined
        ? this.#docker.createImage(options)
        : this.#docker.createImage(login, options))
      let rest = ''
      for await (const chunk of answer.setEncoding('utf8')) {
        const lines = (rest + String(chunk)).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) yield* pullMessages(image, line)
      }
      yield* pullMessages(image, rest)
    } catch (error) {
      abortSignal.throwIfAborted()
      if (error instanceof PullError) throw error
      const explained = this.#explained('pull the image', error)
      throw explained instanceof EngineRefusedError ? new PullError(image, explained.answer, error) : explained
    }
  }

  async #ask<T>(doing: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (error) {
      throw this.#explained(doing, error)
    }
  }

  async #unless(harmless: readonly number[], doing: string, request: () => Promise<unknown>): Promise<void> {
    try {
      await request()
    } catch (error) {
      if (!harmless.includes(statusOf(error) ?? 0)) throw this.#explained(doing, error)
    }
  }

  /** What dockerode threw, in words; an abort passes as it is. */
  #explained(doing: string, error: unknown): Error {
    if (hasErrorCode(error, 'ABORT_ERR') && error instanceof Error) return error
    if (hasErrorCode(error, 'EACCES', 'EPERM')) return new EngineForbiddenError(this.address, error)
    const status = statusOf(error)
    return status === undefined
      ? new EngineUnreachableError(this.address, error)
      : new EngineRefusedError(doing, status, answerOf(error), error)
  }
}

/** Whether a log driver keeps only so much (Docker, `local` does by default, `json-file` with `max-size`). */
function rotates(logs: {readonly Type: string; readonly Config?: unknown} | undefined): boolean {
  const {Type, Config} = logs ?? {}
  return Type === 'local' || (typeof Config === 'object' && Config !== null && 'max-size' in Config)
}

/** A moment as the Engine reads it, without loss: in seconds with a fraction. */
function secondsOf(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3)
}

function queryOf({name, platform}: CreateRequest): Record<string, string> {
  return {...(name === undefined ? {} : {name}), ...(platform === undefined ? {} : {platform})}
}

/** The HTTP status of an answer that dockerode made an error of, or nothing when there was no answer. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined
}

/** The Engine's own words, which dockerode wraps (Engine API, `ErrorResponse`). */
function answerOf(error: unknown): string {
  if (error instanceof Error && 'json' in error) {
    const {json} = error
    if (typeof json === 'object' && json !== null && 'message' in json) return reason(new Error(String(json.message)))
  }
  // Of a request whose answer is a stream dockerode keeps the words alone, behind its own.
  return reason(error).replace(/^\(HTTP code \d+\) [^-]*- /, '')
}

/** What a line of the answer says. An error in the middle of a pull is a line, too, after a 200. */
function pullMessages(image: string, line: string): PullMessage[] {
  const said: unknown = line.trim() === '' ? undefined : JSON.parse(line)
  if (typeof said !== 'object' || said === null) return []
  if ('error' in said) throw new PullError(image, String(said.error))
  const {status, id, progressDetail} = said as PullLine
  return status === undefined ? [] : [{status, ...(id === undefined ? {} : {id}), ...progressDetail}]
}
