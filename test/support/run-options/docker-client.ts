import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {createServer, type IncomingHttpHeaders, type Server} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {inject} from 'vitest'

const CLIENT = inject('dockerClient')
const ID = 'c0ffee'.repeat(10) + 'cafe'
/** As many clients at once as keep two processors busy. */
const AT_ONCE = 4

/** What docker's client did with a line. */
export interface Recorded {
  readonly words: readonly string[]
  readonly status: number
  /** What it printed to standard error, without its usage. */
  readonly complaint: string
  /** What it asked the Engine to create, or nothing when it refused the line. */
  readonly create: {name?: string; platform?: string; body: Record<string, unknown>} | undefined
  /** The headers of its first request. */
  readonly headers: IncomingHttpHeaders
  /** Every request, in order, as `METHOD /path`, without the API version. */
  readonly asked: readonly string[]
}

/** Where docker's client runs, and which Engine API answers it. */
export interface Recording {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly api?: string
  /** Its config.json; empty unless this says otherwise. `engine` is the address that it has the Engine at. */
  readonly config?: (engine: string) => object
}

/**
 * What docker's own client makes of lines: each is given to it with something in the Engine's place that writes down
 * what it is asked.
 */
export async function recordDocker(
  lines: readonly (readonly string[])[],
  {cwd, env = {}, api = '1.51', config = () => ({})}: Recording,
): Promise<Recorded[]> {
  const directory = await mkdtemp(join(tmpdir(), 'docker-client-'))
  const recorded: Recorded[] = []
  const left = lines.map((words, index) => ({words, index}))
  const work = async (worker: number): Promise<void> => {
    const engine = await listen(join(directory, `${String(worker)}.sock`), api)
    const address = `unix://${engine.path}`
    const folder = join(directory, String(worker))
    try {
      await mkdir(folder)
      await writeFile(join(folder, 'config.json'), JSON.stringify(config(address)))
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        engine.asked.length = 0
        const {status, stderr} = await run(next.words, {
          cwd,
          env: {
            ...env,
            PATH: process.env['PATH'] ?? '',
            DOCKER_CONFIG: folder,
            DOCKER_HOST: address,
          },
        })
        recorded[next.index] = {words: next.words, status, ...outcomeOf(engine.asked, stderr)}
      }
    } finally {
      engine.server.close()
    }
  }
  try {
    await Promise.all(Array.from({length: Math.min(AT_ONCE, lines.length)}, (_, worker) => work(worker)))
  } finally {
    await rm(directory, {recursive: true})
  }
  return recorded
}

/** What `docker --help` says, or `docker run --help`. */
export async function dockerHelp(...command: readonly string[]): Promise<string> {
  return (await promisify(execFile)(CLIENT, [...command, '--help'])).stdout
}

interface Request {
  readonly line: string
  readonly body: string
  readonly headers: IncomingHttpHeaders
}

async function listen(path: string, api: string): Promise<{server: Server; path: string; asked: Request[]}> {
  const asked: Request[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const line = `${request.method ?? ''} ${(request.url ?? '').replace(/^\/v[\d.]+/, '')}`
      asked.push({line, body, headers: request.headers})
      response.setHeader('Api-Version', api).setHeader('Ostype', 'linux').setHeader('Content-Type', 'application/json')
      if (line.startsWith('POST /containers/create'))
        response.writeHead(201).end(JSON.stringify({Id: ID, Warnings: []}))
      else if (line.endsWith('/start')) response.writeHead(204).end()
      else response.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {server, path, asked}
}

function run(
  words: readonly string[],
  options: {cwd: string; env: Record<string, string>},
): Promise<{status: number; stderr: string}> {
  return new Promise((resolve) => {
    execFile(CLIENT, words, options, (error, _, stderr) => {
      resolve({status: error === null ? 0 : Number(error.code ?? 1), stderr})
    })
  })
}

function outcomeOf(asked: readonly Request[], stderr: string): Omit<Recorded, 'words' | 'status'> {
  const complaint = stderr.split('\n\n', 1)[0] ?? ''
  const create = asked.find(({line}) => line.startsWith('POST /containers/create'))
  const common = {asked: asked.map(({line}) => line), complaint, headers: asked[0]?.headers ?? {}}
  if (create === undefined) return {...common, create: undefined}
  const query = new URL(create.line.replace('POST ', ''), 'http://engine').searchParams
  const body = JSON.parse(create.body) as Record<string, unknown>
  return {...common, create: {...Object.fromEntries(query), body}}
}
