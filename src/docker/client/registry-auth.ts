import {execFile} from 'node:child_process'
import {join} from 'node:path'
import {ConfigurationError, hasErrorCode, reason} from '../../errors.js'
import {clientDirectory, entryOf, readClientFile, recordOf, textOf} from './config-file.js'
import {registryOf} from './image-reference.js'

/** What the Engine shows a registry (Engine API, `AuthConfig`). */
export interface Login {
  readonly username?: string
  readonly password?: string
  readonly identitytoken?: string
  readonly registrytoken?: string
  readonly serveraddress: string
}

/** What is known of an image's registry. */
export interface FoundLogin {
  /** Absent for a registry that nobody has logged in to. */
  readonly login?: Login
  /** Where it was looked for, for messages. */
  readonly from: string
  /** What was passed over, as it is not as docker has it. */
  readonly passedOver?: string
}

/** What a credential helper calls its user when its secret is an identity token (docker-credential-helpers). */
const TOKEN_USER = '<token>'
/** What a helper says when it has nothing for a registry (docker-credential-helpers, `credentials/error.go`). */
const NOT_FOUND = 'credentials not found in native keychain'

/** A variable with logins, as `auths` of config.json has them, for who has no file to keep them in. */
const VARIABLE = 'DOCKER_AUTH_CONFIG'

/**
 * The login for an image's registry, as docker's client finds it: in `auths` of `DOCKER_AUTH_CONFIG`, else by its
 * config.json: from the helper that `credHelpers` names for the registry, else the helper that `credsStore` names for
 * all, else `auths`. A variable that is not as docker has it is passed over, as by docker.
 *
 * @throws {ConfigurationError} when config.json, or what a helper says, is not as docker has it. No secret is ever in
 * the message.
 */
export async function findLogin(
  image: string,
  env: Readonly<NodeJS.ProcessEnv>,
  signal: AbortSignal,
): Promise<FoundLogin | undefined> {
  const registry = registryOf(image)
  const told = loginOfVariable(env[VARIABLE], registry)
  if (told.login !== undefined) return {login: told.login, from: VARIABLE}
  const found = await loginOfClient(registry, env, signal)
  return found === undefined || told.passedOver === undefined ? found : {...found, passedOver: told.passedOver}
}

/** What the variable has for a registry, by just its name. Nothing of what is in it is repeated. */
function loginOfVariable(text = '', registry: string): Pick<FoundLogin, 'login' | 'passedOver'> {
  if (text.trim() === '') return {}
  const pairs = pairsOf(text)
  if (pairs === undefined)
    return {
      passedOver: `${VARIABLE} does not have docker's format, {"auths": {"REGISTRY": {"auth": "BASE64"}}}, and is ignored`,
    }
  const pair = pairs.get(registry)
  return pair === undefined ? {} : {login: {...pair, serveraddress: registry}}
}

/** The user and the password by registry; nothing where there is any other field, or one that is no such pair. */
function pairsOf(text: string): Map<string, Pair> | undefined {
  try {
    const {auths, ...others} = recordOf(JSON.parse(text))
    if (Object.keys(others).length > 0) return undefined
    const entries = Object.entries(recordOf(auths ?? {})).map(([registry, entry]): [string, Pair] => {
      const {auth, ...more} = recordOf(entry)
      const word = Object.keys(more).length > 0 ? undefined : textOf(auth)
      return [registry, decode(word ?? '', registry, VARIABLE)]
    })
    return new Map(entries)
  } catch {
    return undefined
  }
}

async function loginOfClient(
  registry: string,
  env: Readonly<NodeJS.ProcessEnv>,
  signal: AbortSignal,
): Promise<FoundLogin | undefined> {
  const directory = clientDirectory(env)
  if (directory === undefined) return undefined
  const path = join(directory, 'config.json')
  const config = readClientFile(path)
  if (config === undefined) return {from: path}
  const helper = textOf(entryOf(config['credHelpers'], registry)) ?? textOf(config['credsStore'])
  if (helper === undefined) return {from: path, ...loginIn(config['auths'], registry, path)}
  const program = `docker-credential-${helper}`
  const from = `${program}, which ${path} names`
  return {from, ...readAnswer(await askHelper(program, registry, env, from, signal), registry, from)}
}

function loginIn(auths: unknown, registry: string, path: string): {login?: Login} {
  // Old clients wrote the registry's whole address.
  const legacy = Object.keys(typeof auths === 'object' && auths !== null ? auths : {}).find(
    (key) => hostOf(key) === registry,
  )
  const entry = entryOf(auths, registry) ?? (legacy === undefined ? undefined : entryOf(auths, legacy))
  const auth = textOf(entryOf(entry, 'auth'))
  const pair = auth === undefined ? undefined : decode(auth, registry, path)
  const username = pair?.username ?? textOf(entryOf(entry, 'username'))
  const password = pair?.password ?? textOf(entryOf(entry, 'password'))
  const identitytoken = textOf(entryOf(entry, 'identitytoken'))
  const registrytoken = textOf(entryOf(entry, 'registrytoken'))
  if (username === undefined && identitytoken === undefined && registrytoken === undefined) return {}
  return {
    login: {
      ...(username === undefined ? {} : {username}),
      ...(password === undefined ? {} : {password}),
      ...(identitytoken === undefined ? {} : {identitytoken}),
      ...(registrytoken === undefined ? {} : {registrytoken}),
      serveraddress: registry,
    },
  }
}

function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
}

interface Pair {
  readonly username: string
  readonly password: string
}

/** `auth` is the base64 of user, colon and password. */
function decode(auth: string, registry: string, path: string): Pair {
  const pair = Buffer.from(auth, 'base64').toString()
  const colon = pair.indexOf(':')
  if (colon < 1)
    throw new ConfigurationError(path, `the auth of ${registry} is not a user and a password; log in again`)
  return {username: pair.slice(0, colon), password: pair.slice(colon + 1).replace(/\0+$/, '')}
}

/**
 * What a credential helper says of a registry, or nothing when it has no login for it. The registry is told, and the
 * secret comes, through pipes.
 */
function askHelper(
  program: string,
  registry: string,
  env: Readonly<NodeJS.ProcessEnv>,
  from: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, ['get'], {env, signal}, (error, stdout) => {
      if (error === null) resolve(stdout)
      else if (signal.aborted) reject(signal.reason as Error)
      else if (stdout.trim() === NOT_FOUND) resolve(undefined)
      else reject(new ConfigurationError(from, `gave no login for ${registry}: ${complaint(error, stdout)}`))
    })
    // A helper that does not want to know may have ended already.
    child.stdin?.on('error', () => undefined).end(registry)
  })
}

/** A helper that fails says why on its standard output. */
function complaint(error: Error & {code?: unknown}, stdout: string): string {
  if (hasErrorCode(error, 'ENOENT')) return 'it is not on the PATH'
  const [line = ''] = stdout.trim().split('\n')
  if (line !== '' && !line.includes('{')) return line
  return typeof error.code === 'number' ? `it exited with status ${String(error.code)}` : reason(error)
}

function readAnswer(answer: string | undefined, registry: string, from: string): {login?: Login} {
  if (answer === undefined) return {}
  let said: unknown
  try {
    said = JSON.parse(answer)
  } catch {
    said = undefined
  }
  const username = textOf(entryOf(said, 'Username'))
  const secret = textOf(entryOf(said, 'Secret'))
  if (username === undefined || secret === undefined)
    throw new ConfigurationError(from, `gave no login for ${registry}: its answer has no Username and Secret`)
  return {
    login: {
      ...(username === TOKEN_USER ? {identitytoken: secret} : {username, password: secret}),
      serveraddress: registry,
    },
  }
}
