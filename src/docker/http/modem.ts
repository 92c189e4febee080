import {channel} from 'node:diagnostics_channel'
import type {Socket} from 'node:net'
import type Docker from 'dockerode'
import {Answer, exchange} from './exchange.js'
import type {HttpRequest} from './head.js'

/** Where each question to an Engine is told of. */
export const QUESTIONS = 'systemd-docker.engine.question'

/** A question to an Engine, and its answer as soon as that begins. */
export interface AskedQuestion {
  readonly socketPath: string
  readonly method: string
  readonly path: string
  readonly answered: Promise<Answer | Socket>
}

type Answered = (error: Error | null, answer: unknown) => void

/** What docker-modem has made of one of dockerode's verbs. */
interface ModemRequest {
  readonly method: string
  readonly path: string
  readonly socketPath: string
  readonly headers: Readonly<Record<string, string | number>>
  readonly signal?: AbortSignal
}

/** What that verb expects of an answer. */
interface Expected {
  readonly isStream?: boolean
  readonly statusCodes: Readonly<Record<number, true | string>>
}

/** The part of docker-modem that asks, and the one that tells an answer from a refusal. */
interface Modem {
  buildRequest(request: ModemRequest, expected: Expected, body: string | undefined, answered: Answered): void
  buildPayload(
    error: null,
    isStream: boolean,
    statusCodes: Expected['statusCodes'],
    isInput: false,
    request: object,
    answer: Answer,
    json: unknown,
    answered: Answered,
  ): void
}

const questions = channel(QUESTIONS)

/** Has dockerode ask over connections that are made so. */
export function askOver(docker: Docker, connect: (socketPath: string) => Socket): Docker {
  const modem = docker.modem as unknown as Modem
  modem.buildRequest = (request, {isStream, statusCodes}, body, answered) => {
    const {method, path, socketPath, signal} = request
    const asked = exchange(() => connect(socketPath), httpRequest(request, body), signal)
    if (questions.hasSubscribers) questions.publish({socketPath, method, path, answered: asked} satisfies AskedQuestion)
    asked
      .then(async (answer) => {
        if (!(answer instanceof Answer)) answered(null, answer)
        else {
          // A refusal is read to its end, as docker-modem would wait for ever for the end of one that is cut.
          const isRead = isStream !== true || statusCodes[answer.statusCode] !== true
          const json = isRead ? parsed(await answer.content()) : null
          modem.buildPayload(null, !isRead, statusCodes, false, {}, answer, json, answered)
        }
      })
      .catch((error: unknown) => {
        answered(error as Error, null)
      })
  }
  return docker
}

/**
 * What a request of docker-modem's is on the wire. It has the query of an attach in the body as well, which is no part
 * of that question (Engine API, `ContainerAttach`), and which podman passes to the container as its first input.
 */
function httpRequest({method, path, headers}: ModemRequest, body: string | undefined): HttpRequest {
  const isAttach = headers['Upgrade'] !== undefined
  const sent = Object.entries(headers).filter(([name]) => !isAttach || !name.startsWith('Content-'))
  return {
    method,
    path,
    headers: Object.fromEntries(sent.map(([name, value]) => [name, String(value)])),
    body: isAttach ? undefined : body,
  }
}

/** As docker-modem gives it: what the JSON means, or the bytes where it is none, or says nothing. */
function parsed(bytes: Buffer): unknown {
  try {
    return (JSON.parse(bytes.toString()) as unknown) || bytes
  } catch {
    return bytes
  }
}
