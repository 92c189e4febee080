import {createServer, type ServerResponse} from 'node:http'

/** The id of the one container; it stands among the cgroups of every process, as a container's id does of its init. */
const ID = '0'
const LINE = 'ready\n'
/** Before what comes of standard output (Engine API, `POST /containers/{id}/attach`). */
const HEADER = Buffer.from([1, 0, 0, 0, 0, 0, 0, LINE.length])

/** The newest version of the API that it speaks. */
export const API_VERSION = '1.51'
/** What it says of itself (Engine API, `GET /info`). */
export const INFO = {
  ServerVersion: '28.5.2',
  CgroupDriver: 'systemd',
  DefaultRuntime: 'runc',
  Runtimes: {runc: {}},
  LoggingDriver: 'json-file',
}

/** An Engine of one container, as far as a run asks it, for code that is to run where there is none. */
export interface StandInEngine {
  /** Ends the container. */
  readonly endContainer: () => void
}

/**
 * Listens on a unix socket until this process ends.
 *
 * @param init the PID of the container's init
 */
export async function startStandInEngine(socket: string, init: number): Promise<StandInEngine> {
  let status: 'created' | 'running' | 'exited' | undefined
  const atEnd: (() => void)[] = []
  const inspection = (): unknown => ({
    Id: ID,
    Name: '/web',
    State: {Status: status, Pid: status === 'running' ? init : 0, ExitCode: 0, StartedAt: new Date().toISOString()},
    Config: {Labels: {}, Env: [], Image: 'nginx'},
    HostConfig: {LogConfig: {Type: 'json-file'}},
  })
  const tell: ((event: unknown) => void)[] = []
  const happen = (action: string): void => {
    for (const told of tell)
      told({
        Type: 'container',
        Action: action,
        Actor: {ID, Attributes: {name: 'web', exitCode: '0'}},
        timeNano: Date.now() * 1e6,
      })
  }
  const answers: readonly (readonly [RegExp, (answer: ServerResponse) => void])[] = [
    [/^GET .*\/_ping/, (answer) => answer.end('OK')],
    [/^GET .*\/info/, (answer) => json(answer, 200, INFO)],
    [
      /^GET .*\/events/,
      (answer) => {
        answer.flushHeaders()
        tell.push((event) => answer.write(`${JSON.stringify(event)}\n`))
      },
    ],
    [/^GET .*\/containers\/0\/json/, (answer) => json(answer, 200, inspection())],
    [
      /^POST .*\/create/,
      (answer) => {
        status = 'created'
        json(answer, 201, {Id: ID, Warnings: []})
      },
    ],
    [
      /^POST .*\/start/,
      (answer) => {
        status = 'running'
        happen('start')
        answer.writeHead(204).end()
      },
    ],
    [
      /^POST .*\/wait/,
      (answer) => {
        answer.flushHeaders()
        atEnd.push(() => answer.end(JSON.stringify({StatusCode: 0})))
      },
    ],
    [/^DELETE /, (answer) => answer.writeHead(204).end()],
  ]
  const server = createServer((request, answer) => {
    const asked = `${request.method ?? ''} ${request.url ?? ''}`
    answer.setHeader('api-version', API_VERSION)
    const [, act] = answers.find(([pattern]) => pattern.test(asked)) ?? []
    if (act === undefined) json(answer, 404, {message: `no such thing: ${asked}`})
    else act(answer)
  })
  server.on('upgrade', (_request, connection) => {
    connection.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
    connection.write(Buffer.concat([HEADER, Buffer.from(LINE)]))
    atEnd.push(() => connection.end())
  })
  server.listen(socket)
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    endContainer: () => {
      status = 'exited'
      happen('die')
      for (const act of atEnd) act()
    },
  }
}

function json(answer: ServerResponse, code: number, body: unknown): void {
  answer.writeHead(code, {'content-type': 'application/json'}).end(JSON.stringify(body))
}
