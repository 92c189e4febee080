import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {OptionContext, RunRequest} from '../../src/docker/run-options/draft.js'
import {proxyVariables} from '../../src/docker/client/proxies.js'
import {SystemdDockerError} from '../../src/errors.js'
import {BUILT_IN} from '../../src/plugins/index.js'
import {declarationsOf} from '../../src/run/site.js'
import {parseRunRequest} from '../../src/run/command-line.js'
import {asTheEngineReads} from '../support/run-options/create-requests.js'
import {recordDocker, type Recorded} from '../support/run-options/docker-client.js'

/** The options before `run`. */
const DECLARATIONS = declarationsOf(BUILT_IN.map((plugin) => ({plugin, from: 'systemd-docker'})))

/** Options of `docker run` that `docker create`, which attaches to nothing, does not have. */
const RUN_ONLY = /^(?:--(?:detach|detach-keys|sig-proxy)(?:=.*)?|-[itP]*d[itP]*(?:=.*)?)$/s

/** The environment that lines are read in. */
const ENV: Readonly<Record<string, string>> = {HOME: '/root', SET_OUTSIDE: 'yes'}

/** Files that lines name, relative to the directory that they are read in. */
const FILES: Readonly<Record<string, string>> = {
  'variables.env':
    '\uFEFFA=file\n# a comment\n\n  INDENTED=x  \nSET_OUTSIDE\nNOT_SET\nQUOTED="a b" # no comment\nEMPTY=\r\nHTTP_PROXY=of-a-file\nftp_proxy=of-a-file\n',
  'more.env': 'A=more\nB=é=x\n \t \n',
  labels: 'a=file\nb\ncom.example.y= z \n#c=1\n',
  'seccomp.json':
    '{\n  "defaultAction": "SCMP_ACT_ERRNO",\n  "n": 1.50e3, "text": "a  \\" \\u003c {", "list": [1, 2]\n}\n',
}

/** A line, and what both made of it. */
export interface Pair {
  readonly line: string
  readonly docker: Recorded
  readonly ours: RunRequest | SystemdDockerError
}

/** Where both read lines: the Engine API, and what docker's client was told besides the line. */
export interface Client {
  readonly api?: string
  readonly env?: Readonly<Record<string, string>>
  /** Its config.json, by the address of the Engine. */
  readonly config?: (engine: string) => object
}

/** A client that was told as much as one can be that is about the container of every line. */
export const TOLD: Client = {
  env: {
    DOCKER_DEFAULT_PLATFORM: 'linux/arm64',
    DOCKER_CUSTOM_HEADERS: 'X-Tenant=a,X-Site=b',
    HTTP_PROXY: 'of-the-process',
  },
  config: (engine) => ({
    proxies: {
      default: {httpProxy: 'http://default:3128'},
      [engine]: {
        httpProxy: 'http://user:secret@proxy:3128',
        httpsProxy: 'http://proxy:3129',
        noProxy: 'localhost,10.0.0.0/8',
        ftpProxy: 'http://proxy:21',
        allProxy: 'socks5://proxy:1080',
      },
    },
    HttpHeaders: {'X-Of-File': 'c'},
    detachKeys: 'ctrl-e,e',
    auths: {'https://index.docker.io/v1/': {auth: 'dXNlcjpwYXNzd29yZA=='}},
  }),
}

const OUR_ENGINE = 'unix:///run/ours.sock'

/** Gives lines, without `run`, to docker's client and to our own reading of them. */
export async function both(lines: readonly (readonly string[])[], client: Client = {}): Promise<Pair[]> {
  const cwd = await mkdtemp(join(tmpdir(), 'lines-'))
  const env = {...ENV, ...client.env}
  try {
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(cwd, name), text)
    const folder = join(cwd, 'client')
    await mkdir(folder)
    await writeFile(join(folder, 'config.json'), JSON.stringify(client.config?.(OUR_ENGINE) ?? {}))
    const asked = lines.map((words) => [...(isForRun(words) ? ['run', '-d'] : ['create']), ...words])
    const recorded = await recordDocker(asked, {...client, cwd, env})
    const proxies = proxyVariables(OUR_ENGINE, {...env, DOCKER_CONFIG: folder})
    const around = {env, cwd, proxies, signal: new AbortController().signal}
    return await Promise.all(
      recorded.map(async (docker, index) => {
        const words = lines[index] ?? []
        const ours = await read(isForRun(words) ? ['-d', ...words] : words, around)
        return {line: spelled(words), docker, ours}
      }),
    )
  } finally {
    await rm(cwd, {recursive: true})
  }
}

function isForRun(words: readonly string[]): boolean {
  return words.some((word) => RUN_ONLY.test(word))
}

async function read(words: readonly string[], around: OptionContext): Promise<RunRequest | SystemdDockerError> {
  try {
    return await parseRunRequest(words, around, DECLARATIONS)
  } catch (error) {
    if (error instanceof SystemdDockerError) return error
    throw error
  }
}

function spelled(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ')
}

/** What docker asked for and what we ask for, to be compared. @throws when one of them refused the line */
export function requestsOf({docker, ours}: Pair): {docker: unknown; ours: unknown} {
  if (ours instanceof SystemdDockerError) throw ours
  if (docker.create === undefined) throw new Error(`docker refuses: ${docker.complaint}`)
  const {body, ...query} = docker.create
  const {body: ourBody, ...ourQuery} = ours.request
  return {
    docker: {...(asSentSince29(query) as object), body: asTheEngineReads(asSentSince29(body) as object)},
    ours: {...ourQuery, body: asTheEngineReads(withoutKernelMemory(ourBody))},
  }
}

/**
 * What docker's client sends, spelled as it does from 29 on, and as the Engine has it in the end: a MAC address in
 * pairs, an IPv6 address in its shortest form, a name bare.
 */
function asSentSince29(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => asSentSince29(item))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, asSentSince29(entry, key)]))
  if (typeof value !== 'string' || value === '') return value
  if (name === 'name') return value.replace(/^\//, '')
  if (name === 'IPv6Address') return new URL(`http://[${value}]`).hostname.slice(1, -1)
  return name === 'MacAddress' ? (value.toLowerCase().match(/[\da-f]{2}/g) ?? []).join(':') : value
}

/** Docker's client leaves out what Engines from API 1.42 on pass over. */
function withoutKernelMemory(body: RunRequest['request']['body']): object {
  const HostConfig = {...body.HostConfig}
  Reflect.deleteProperty(HostConfig, 'KernelMemory')
  return {...body, HostConfig}
}

/** Why we refuse a line; empty when we do not. */
export function refusalOf(pair: Pair | undefined): string {
  return pair?.ours instanceof Error ? `${pair.ours.code}: ${pair.ours.message}` : ''
}
