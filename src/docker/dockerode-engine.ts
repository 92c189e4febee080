import {createConnection, type Socket} from 'node:net'
import {Duplex, Readable} from 'node:stream'
import Docker from 'dockerode'
import {
  CannotInvokeError,
  CommandNotFoundError,
  EngineAnswerError,
  EngineForbiddenError,
  EngineRefusedError,
  EngineUnreachableError,
  EngineVersionError,
  PullError,
  RuntimeMissingError,
  hasErrorCode,
  reason,
} from '../errors.js'
import {EXEC_END_LOOK_MS} from '../limits.js'
import {sleep} from '../timing.js'
import {readId, readInfo, readInspection, readList, readPullMessage, readStatus} from './answers.js'
import {commonVersion, spokenVersion} from './api-version.js'
import type {CreateRequest, Endpoint} from './create-request.js'
import type {
  ContainerEvent,
  Engine,
  EngineInfo,
  ExecResult,
  ContainerInspection,
  ContainerSummary,
  RememberedEnd,
  RestartPolicy,
  TerminalSize,
  Volumes,
  WantedImage,
  Watch,
  WatchFor,
} from './engine.js'
import {HEALTH_ACTIONS, parseEnds, parseEvents} from './events.js'
import {readExecExit, readExecOutput} from './exec.js'
import type {Answer} from './http/exchange.js'
import {askOver} from './http/modem.js'
import {momentOf} from './log-messages.js'
import {OutputConnection} from './output-connection.js'
import type {PullMessage} from './pull-progress.js'
import {MisreadError, Reading, readJson} from './reading.js'
import {splitReference} from './client/image-reference.js'

/**
 * What dockerode's modem offers and dockerode's own verbs do not: an answer as soon as its headers are there, and
 * these.
 */
interface Modem {
  dial(
    request: {
      path: string
      method: 'GET' | 'POST'
      isStream: true
      abortSignal: AbortSignal
      statusCodes: Record<number, true | string>
    },
    answered: (error: Error | null, response: Answer | null) => void,
  ): void
}

/**
 * What may happen to a container that matters to a run; not the three of each health check. podman looks for its own
 * word `died`, and then says `die`. Of `health_status` alone, Docker would take every word of the filter for a prefix
 * (moby, daemon/events/filter.go).
 */
const EVENTS = ['destroy', 'die', 'died', 'kill', 'oom', 'pause', 'rename', 'start', 'unpause', ...HEALTH_ACTIONS]

/** Of how many of a log's last messages is asked when the first was, one after another. */
const LOG_TAILS = [1000, 30_000, 1_000_000]
/**
 * What detaches a client from a container's terminal: nothing that anybody types. There is no default that does not
 * (Engine API, `POST /containers/{id}/attach`, `detachKeys`), and the Engine's own begins with a key of every shell.
 */
const UNTYPED_KEYS = 'ctrl-@,ctrl-_,ctrl-@,ctrl-_'
/** As much as holds a frame's header and a message's time. */
const MESSAGE_BEGINNING_BYTES = 48

const HUNG_UP = 'it closed the connection during a wait for the container'

/** A version of the Engine API that is spoken, and what asks with it. */
interface Agreement {
  readonly version: string
  /** The newest that may be spoken: the Engine's, or the one that is pinned. */
  readonly newest: string
  readonly docker: Docker
}

/**
 * The Engine that listens on the unix socket `path`, through dockerode. It is asked with the version of its API that
 * `pinned` says, else with the newest that both sides know, as docker's client does (Engine API, `Versioned API`): any
 * answer to a question without a version says which it speaks, so learning that costs no question.
 */
export class DockerodeEngine implements Engine {
  readonly address: string
  readonly #path: string
  readonly #pinned: string | undefined
  readonly #headers: Readonly<Record<string, string>>
  /** Asks without a version. */
  readonly #front: Docker
  #agreed: Agreement | undefined

  /**
   * @param headers what each request has besides
   * @param spoken the newest version of its API, where that is known already
   */
  constructor(path: string, pinned?: string, headers: Readonly<Record<string, string>> = {}, spoken?: string) {
    this.address = `unix://${path}`
    this.#path = path
    this.#pinned = pinned
    this.#headers = headers
    this.#front = this.#client()
    if ((pinned ?? spoken) !== undefined) this.#agreeWith(spoken)
  }

  async ping(abortSignal: AbortSignal): Promise<void> {
    await this.#pingFront(abortSignal)
  }

  /** The same of this class alone: what asks early may have its first ping wait for another answer. */
  async #pingFront(abortSignal: AbortSignal): Promise<void> {
    await this.#ask('answer', () => this.#tell(this.#front, '/_ping', abortSignal))
  }

  async info(abortSignal: AbortSignal): Promise<EngineInfo> {
    const docker = this.#agreed?.docker ?? this.#front
    return await this.#ask('report its version and drivers', async () =>
      readInfo(readJson(await this.#tell(docker, '/info', abortSignal))),
    )
  }

  async apiVersion(abortSignal: AbortSignal): Promise<string> {
    return (await this.#agreement(abortSignal)).newest
  }

  async inspect(idOrName: string, abortSignal: AbortSignal): Promise<ContainerInspection | undefined> {
    try {
      return await this.#read('look up the container', readInspection, async () =>
        (await this.#docker(abortSignal)).getContainer(encodeURIComponent(idOrName)).inspect({abortSignal}),
      )
    } catch (error) {
      if (error instanceof EngineRefusedError && error.statusCode === 404) return undefined
      throw error
    }
  }

  async list(labels: Readonly<Record<string, string>>, abortSignal: AbortSignal): Promise<readonly ContainerSummary[]> {
    const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
    const options = {all: true, filters: {label}, abortSignal}
    return await this.#read('list containers', readList, async () =>
      (await this.#docker(abortSignal)).listContainers(options as unknown as Docker.ContainerListOptions),
    )
  }

  async imageLabels(image: string, abortSignal: AbortSignal): Promise<Readonly<Record<string, string>> | undefined> {
    return (await this.#image(image, abortSignal))?.at('Config').at('Labels').texts()
  }

  async imageId(name: string, abortSignal: AbortSignal): Promise<string | undefined> {
    return (await this.#image(name, abortSignal))?.at('Id').text()
  }

  async #image(idOrName: string, abortSignal: AbortSignal): Promise<Reading | undefined> {
    try {
      return await this.#ask('look up the image', async () => {
        const docker = await this.#docker(abortSignal)
        // dockerode's own verb for this is not given up when it should be.
        return readJson(await this.#tell(docker, `/images/${encodeURIComponent(idOrName)}/json`, abortSignal))
      })
    } catch (error) {
      if (error instanceof EngineRefusedError && error.statusCode === 404) return undefined
      throw error
    }
  }

  async connect(network: string, id: string, endpoint: Endpoint, abortSignal: AbortSignal): Promise<void> {
    const options = {_body: {Container: id, EndpointConfig: endpoint}, abortSignal}
    await this.#ask(`connect the container to the network ${network}`, async () => {
      const docker = await this.#docker(abortSignal)
      await docker.getNetwork(encodeURIComponent(network)).connect(options as Docker.NetworkConnectOptions)
    })
  }

  async create(request: CreateRequest, abortSignal: AbortSignal): Promise<string> {
    // The body travels as `_body` because dockerode would put all of it, secrets too, into the query as well.
    const options = {_query: queryOf(request), _body: request.body, abortSignal}
    return await this.#read(
      'create the container',
      // dockerode makes something of its own of this answer.
      (container) => readId(container.at('id')),
      async () => {
        const docker = request.api === undefined ? await this.#docker(abortSignal) : this.#client(request.api)
        return await docker.createContainer(options)
      },
    )
  }

  async start(id: string, abortSignal: AbortSignal): Promise<void> {
    try {
      await (await this.#docker(abortSignal)).getContainer(id).start({abortSignal})
    } catch (error) {
      // Somebody else has started it meanwhile.
      if (statusOf(error) === 304) return
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

  async attach(id: string, to: 'output' | 'input', abortSignal: AbortSignal): Promise<Duplex> {
    const streams = to === 'output' ? {stdout: true, stderr: true} : {stdin: true, detachKeys: UNTYPED_KEYS}
    const connect = to === 'output' ? connectForOutput : connectTo
    const stream = await this.#ask('attach to the container', async () =>
      this.#client((await this.#agreement(abortSignal)).version, connect)
        .getContainer(id)
        .attach({stream: true, ...streams, hijack: true, abortSignal}),
    )
    if (stream instanceof Duplex) return stream
    // Nobody would read from it, which holds up the container.
    if (stream instanceof Readable) stream.destroy()
    throw new EngineUnreachableError(this.address, new Error('it gave no stream to attach to'))
  }

  async resize(id: string, {rows, columns}: TerminalSize, abortSignal: AbortSignal): Promise<void> {
    await this.#ask("set the size of the container's terminal", async () => {
      await (await this.#docker(abortSignal)).getContainer(id).resize({h: rows, w: columns, abortSignal})
    })
  }

  async watch(id: string, until: WatchFor, abortSignal: AbortSignal): Promise<Watch> {
    const response = await this.#ask('wait for the container', async () =>
      this.#dial(await this.#docker(abortSignal), 'POST', `/containers/${id}/wait?condition=${until}&`, abortSignal),
    )
    const exitCode = this.#exitCode(response)
    // Whoever watches may come to the exit code late; a failure must keep until then.
    exitCode.catch(() => undefined)
    return {exitCode}
  }

  async #exitCode(response: Answer): Promise<number> {
    let text: string
    try {
      text = (await response.content()).toString()
    } catch (error) {
      throw new EngineUnreachableError(this.address, error)
    }
    // The headers were there before it knew anything, so one that ends says nothing.
    if (text === '') throw new EngineUnreachableError(this.address, new Error(HUNG_UP))
    return await this.#ask('wait for the container', () => Promise.resolve(readStatus(readJson(text).at('StatusCode'))))
  }

  async events(id: string, since: number, abortSignal: AbortSignal): Promise<AsyncIterable<ContainerEvent>> {
    const options = {
      since: secondsOf(since),
      filters: {type: ['container'], container: [id], event: EVENTS},
      abortSignal,
    }
    const stream = await this.#ask('report events of the container', async () =>
      (await this.#docker(abortSignal)).getEvents(options as unknown as Docker.GetEventsOptions),
    )
    return parseEvents(stream)
  }

  async ends(nameOrId: string, abortSignal: AbortSignal): Promise<readonly RememberedEnd[]> {
    const options = {
      since: '0',
      until: secondsOf(Date.now()),
      filters: {
        type: ['container'],
        container: [nameOrId],
        event: ['create', 'start', 'kill', 'die', 'died', 'destroy'],
      },
      abortSignal,
    }
    const stream = await this.#ask('report how the container ended', async () =>
      (await this.#docker(abortSignal)).getEvents(options as unknown as Docker.GetEventsOptions),
    )
    return await parseEnds(stream)
  }

  async logs(
    id: string,
    {since, until, tail: most}: {since: number; until?: number; tail?: number},
    abortSignal: AbortSignal,
  ): Promise<Readable> {
    const span = {
      since: secondsOf(since),
      ...(until === undefined ? {} : {until: secondsOf(until)}),
    }
    const ask = (tail: string): Promise<Answer> =>
      this.#log(id, {...span, tail, ...(until === undefined ? {follow: '1'} : {})}, abortSignal)
    return most === undefined ? await this.#logFrom(id, since, ask, abortSignal) : await ask(String(most))
  }

  /**
   * A log from `since` on, asked for as so many last messages that they hold all of that. For `since` alone the Engine
   * would read a log from its beginning: 12 s for 500 MB.
   */
  async #logFrom(
    id: string,
    since: number,
    ask: (tail: string) => Promise<Answer>,
    abortSignal: AbortSignal,
  ): Promise<Answer> {
    for (const count of LOG_TAILS) {
      if (!(await this.#reachesBack(id, since, count, abortSignal))) continue
      // As much again, for what comes between two questions.
      const log = await ask(String(2 * count))
      try {
        // A container that fills its log fast may have said more than that.
        if (await this.#reachesBack(id, since, 2 * count, abortSignal)) return log
        log.destroy()
      } catch (error) {
        log.destroy()
        throw error
      }
    }
    return await ask('all')
  }

  /** Whether so many last messages of a log begin before `since`. */
  async #reachesBack(id: string, since: number, count: number, abortSignal: AbortSignal): Promise<boolean> {
    let beginning = Buffer.alloc(0)
    for await (const chunk of await this.#log(id, {tail: String(count)}, abortSignal)) {
      beginning = Buffer.concat([beginning, chunk as Buffer])
      if (beginning.length >= MESSAGE_BEGINNING_BYTES) break
    }
    const first = momentOf(beginning.subarray(0, MESSAGE_BEGINNING_BYTES))
    return first > 0n && first < BigInt(Math.floor(since)) * 1_000_000n
  }

  async #log(id: string, which: Readonly<Record<string, string>>, abortSignal: AbortSignal): Promise<Answer> {
    const query = new URLSearchParams({...which, stdout: '1', stderr: '1', timestamps: '1'})
    const path = `/containers/${id}/logs?${query.toString()}&`
    return await this.#ask('read the log of the container', async () =>
      this.#dial(await this.#docker(abortSignal), 'GET', path, abortSignal),
    )
  }

  async stop(id: string, abortSignal: AbortSignal, seconds?: number): Promise<void> {
    const options = {...(seconds === undefined ? {} : {t: seconds}), abortSignal}
    await this.#unless([304, 404], 'stop the container', async () =>
      (await this.#docker(abortSignal)).getContainer(id).stop(options),
    )
  }

  async kill(id: string, name: string, abortSignal: AbortSignal): Promise<void> {
    await this.#unless([404, 409], `send ${name} to the container`, async () =>
      (await this.#docker(abortSignal)).getContainer(id).kill({signal: name, abortSignal}),
    )
  }

  async exec(id: string, words: readonly string[], abortSignal: AbortSignal): Promise<ExecResult> {
    const doing = 'run a command in the container'
    // As with a create request: dockerode would put the signal into the body, too.
    const command = {_body: {AttachStdout: true, AttachStderr: true, Cmd: words}, abortSignal}
    const start = {_body: {Detach: false, Tty: false}, abortSignal}
    const execId = await this.#read(
      doing,
      (exec) => readId(exec.at('id')),
      async () => (await this.#docker(abortSignal)).getContainer(id).exec(command as Docker.ExecCreateOptions),
    )
    try {
      const exec = (await this.#docker(abortSignal)).getExec(execId)
      const output = await readExecOutput(await exec.start(start))
      for (;;) {
        const exitCode = readExecExit(new Reading(await exec.inspect({abortSignal})))
        if (exitCode !== undefined) return {exitCode, output}
        // It has closed its output before its end.
        await sleep(EXEC_END_LOOK_MS, abortSignal)
      }
    } catch (error) {
      abortSignal.throwIfAborted()
      throw this.#explained(doing, error)
    }
  }

  async rename(id: string, name: string, abortSignal: AbortSignal): Promise<void> {
    await this.#ask(`rename the container to ${name}`, async () => {
      await (await this.#docker(abortSignal)).getContainer(id).rename({name, abortSignal})
    })
  }

  async setRestartPolicy(id: string, {name, retries}: RestartPolicy, abortSignal: AbortSignal): Promise<void> {
    const options = {_body: {RestartPolicy: {Name: name, MaximumRetryCount: retries}}, abortSignal}
    await this.#ask('set the restart policy of the container', async () => {
      await (await this.#docker(abortSignal)).getContainer(id).update(options)
    })
  }

  async remove(id: string, volumes: Volumes, abortSignal: AbortSignal): Promise<void> {
    try {
      await (
        await this.#docker(abortSignal)
      )
        .getContainer(id)
        .remove({force: true, v: volumes === 'with-volumes', abortSignal})
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

  async *pull(image: string, {platform, login}: WantedImage, abortSignal: AbortSignal): AsyncGenerator<PullMessage> {
    const {repository, tag} = splitReference(image)
    const options = {fromImage: repository, tag, ...(platform === undefined ? {} : {platform}), abortSignal}
    try {
      // The login travels in a header of its own, X-Registry-Auth.
      const docker = await this.#docker(abortSignal)
      const answer = await (login === undefined ? docker.createImage(options) : docker.createImage(login, options))
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

  #client(version?: string, connect = connectTo): Docker {
    const headers = this.#headers
    const options = {socketPath: this.#path, host: undefined, protocol: 'http', headers} as const
    return askOver(new Docker(version === undefined ? options : {...options, version: `v${version}`}), connect)
  }

  /** What asks with the version that was agreed on. */
  async #docker(abortSignal: AbortSignal): Promise<Docker> {
    return (await this.#agreement(abortSignal)).docker
  }

  async #agreement(abortSignal: AbortSignal): Promise<Agreement> {
    if (this.#agreed === undefined) await this.#pingFront(abortSignal)
    return this.#agreed ?? this.#agreeWith(undefined)
  }

  #agreeWith(said: unknown): Agreement {
    const spoken = this.#pinned ?? spokenVersion(said)
    return this.#agree(this.#pinned ?? commonVersion(spoken), spoken)
  }

  #agree(version: string, newest: string): Agreement {
    if (this.#agreed?.version !== version || this.#agreed.newest !== newest)
      this.#agreed = {version, newest, docker: this.#client(version)}
    return this.#agreed
  }

  /** The text of an answer, whose headers say what the Engine speaks. */
  async #tell(docker: Docker, path: string, abortSignal: AbortSignal): Promise<string> {
    const response = await this.#dial(docker, 'GET', path, abortSignal)
    this.#agreeWith(response.headers['api-version'])
    return (await response.content()).toString()
  }

  async #dial(docker: Docker, method: 'GET' | 'POST', path: string, abortSignal: AbortSignal): Promise<Answer> {
    return await new Promise((resolve, reject) => {
      const statusCodes = {200: true, 404: 'no such container', 500: 'server error'} as const
      ;(docker.modem as Modem).dial({path, method, isStream: true, abortSignal, statusCodes}, (error, response) => {
        if (response === null) reject(error ?? new Error('no answer'))
        else resolve(response)
      })
    })
  }

  async #ask<T>(doing: string, question: () => Promise<T>): Promise<T> {
    try {
      return await question()
    } catch (error) {
      throw this.#explained(doing, error)
    }
  }

  /** What `read` reads in the answer to a question. */
  async #read<T>(doing: string, read: (answer: Reading) => T, question: () => Promise<unknown>): Promise<T> {
    return await this.#ask(doing, async () => read(new Reading(await question())))
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
    if (error instanceof MisreadError) return new EngineAnswerError(this.address, doing, error.message, error)
    if (hasErrorCode(error, 'EACCES', 'EPERM')) return new EngineForbiddenError(this.address, error)
    const status = statusOf(error)
    if (status === undefined) return new EngineUnreachableError(this.address, error)
    const answer = answerOf(error)
    if (status !== 400 || !/^client version .* is too (?:old|new)/i.test(answer))
      return new EngineRefusedError(doing, status, answer, error)
    // Another Engine has taken its place; the next question asks it what it speaks.
    if (this.#pinned === undefined) this.#agreed = undefined
    return new EngineVersionError(this.address, answer, this.#pinned, error)
  }
}

/**
 * Each question has a connection of its own: an Engine that is about to end still answers on those that it has, as if
 * all were well.
 */
function connectTo(path: string): Socket {
  return createConnection({path})
}

function connectForOutput(path: string): Socket {
  return new OutputConnection().connect({path})
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
  // Of an answer that is no JSON dockerode keeps the words alone, behind its own.
  return reason(error).replace(/^\(HTTP code \d+\) [^-]*- /, '')
}

/**
 * What a line of the answer to `POST /images/create` says. An error in the middle of a pull is a line, too, after a
 * 200.
 */
function pullMessages(image: string, line: string): PullMessage[] {
  if (line.trim() === '') return []
  const said = readJson(line)
  if (!said.at('error').isAbsent) throw new PullError(image, said.at('error').text())
  return said.at('status').isAbsent ? [] : [readPullMessage(said)]
}
