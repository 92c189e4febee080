import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {EngineAddressError} from '../../errors.js'
import {clientDirectory, entryOf, readClientFile, textOf} from './config-file.js'

/** Docker's own default. */
export const DEFAULT_SOCKET = '/var/run/docker.sock'
/** The context that is no other's address. */
const DEFAULT_CONTEXT = 'default'
const REMOTE = 'the container must run on this host to be in its unit, so use'

/** A context of docker's client, and who names it, for messages. */
interface NamedContext {
  readonly name: string
  readonly by: string
}

/**
 * The path of the Engine's socket, as docker's client finds it: `DOCKER_HOST`, else the context of `DOCKER_CONTEXT`,
 * else the `currentContext` of its config.json, else the default: the user's own Engine where one listens, for whoever
 * is not root, and the host's.
 *
 * @throws {EngineAddressError} when that is no unix socket, as a container on another host cannot be in a unit of this
 * one, or no such context
 * @throws {ConfigurationError} when what docker's client wrote cannot be read
 */
export function socketPath(env: Readonly<NodeJS.ProcessEnv>, uid = process.geteuid?.() ?? 0): string {
  const address = textOf(env['DOCKER_HOST'])
  if (address !== undefined)
    return unixPath(address) ?? refuse(`DOCKER_HOST=${address}`, `${REMOTE} unix:///path/to/docker.sock`)
  const directory = clientDirectory(env)
  if (directory === undefined) return defaultSocket(env, uid)
  const context = contextOf(env, directory)
  return context === undefined || context.name === DEFAULT_CONTEXT
    ? defaultSocket(env, uid)
    : contextSocket(context, directory)
}

function contextOf(env: Readonly<NodeJS.ProcessEnv>, directory: string): NamedContext | undefined {
  const told = textOf(env['DOCKER_CONTEXT'])
  if (told !== undefined) return {name: told, by: 'DOCKER_CONTEXT'}
  const path = join(directory, 'config.json')
  const current = textOf(readClientFile(path)?.['currentContext'])
  return current === undefined ? undefined : {name: current, by: path}
}

/**
 * Docker's client keeps what it knows of a context under the SHA-256 of the name. Few runs have one, and loading the
 * hash costs milliseconds.
 */
function contextSocket({name, by}: NamedContext, directory: string): string {
  const who = `the Docker context ${name}, which ${by} names`
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256').update(name).digest('hex')
  const path = join(directory, 'contexts', 'meta', hash, 'meta.json')
  const meta = readClientFile(path)
  if (meta === undefined) return refuse(who, `there is no ${path}; \`docker context ls\` lists the contexts`)
  const address = textOf(entryOf(entryOf(meta['Endpoints'], 'docker'), 'Host'))
  if (address === undefined) return refuse(who, `${path} has no address of an Engine`)
  return (
    unixPath(address) ??
    refuse(`${who} and which is at ${address}`, `${REMOTE} DOCKER_HOST=unix:///path/to/docker.sock`)
  )
}

function defaultSocket(env: Readonly<NodeJS.ProcessEnv>, uid: number): string {
  const runtime = uid === 0 ? undefined : textOf(env['XDG_RUNTIME_DIR'])
  const own = runtime === undefined ? undefined : join(runtime, 'docker.sock')
  return own !== undefined && existsSync(own) ? own : DEFAULT_SOCKET
}

function unixPath(address: string): string | undefined {
  const path = address.startsWith('unix://') ? address.slice('unix://'.length) : ''
  return path.startsWith('/') ? path : undefined
}

function refuse(what: string, why: string): never {
  throw new EngineAddressError(what, why)
}
