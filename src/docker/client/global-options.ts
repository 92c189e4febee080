import {ConflictingOptionsError} from '../../errors.js'
import type {GivenOption, WordRule} from '../../options/words.js'

/** An option that docker's client takes before its command. */
interface ClientOption extends WordRule {
  /** The variable that says the same, which docker's client goes by where the option is not given. */
  readonly variable?: 'DOCKER_CONFIG' | 'DOCKER_CONTEXT' | 'DOCKER_HOST'
}

/**
 * Every option that docker's client 29.8 takes before its command (`docker --help`). Those without a variable have no
 * effect: what the client logs is not for us, and no TLS is spoken over a unix socket.
 */
export const CLIENT_OPTIONS: Readonly<Record<string, ClientOption>> = {
  config: {takes: 'value', variable: 'DOCKER_CONFIG'},
  context: {char: 'c', takes: 'value', variable: 'DOCKER_CONTEXT'},
  debug: {char: 'D', takes: 'nothing'},
  host: {char: 'H', takes: 'value', variable: 'DOCKER_HOST'},
  'log-level': {char: 'l', takes: 'value'},
  tls: {takes: 'nothing'},
  tlscacert: {takes: 'value'},
  tlscert: {takes: 'value'},
  tlskey: {takes: 'value'},
  tlsverify: {takes: 'nothing'},
}

/** What docker's client takes for a level of its log (logrus, `ParseLevel`). */
const LOG_LEVELS = new Set(['debug', 'info', 'warn', 'warning', 'error', 'fatal', 'panic', 'trace'])
/** The hierarchies of cgroup v1 (cgroups(7)), and the two words that stand for all and none of them. */
const CGROUP_NAMES = new Set([
  ...['all', 'none', 'blkio', 'cpu', 'cpuacct', 'cpuset', 'devices', 'freezer', 'hugetlb', 'memory', 'misc'],
  ...['net_cls', 'net_prio', 'perf_event', 'pids', 'rdma'],
])

/**
 * What the letters that are ours as well are for docker's client, where what stands behind them is for that alone: `-l`
 * with a level, and `-c` with the name of a context, which is that of no cgroup hierarchy.
 */
export const SHARED_LETTERS: Readonly<Record<string, NonNullable<WordRule['orByLetter']>>> = {
  logs: {name: 'log-level', takes: (value) => LOG_LEVELS.has(value)},
  cgroups: {name: 'context', takes: isContextName},
}

/** Whether that may be the name of a context (docker's client, `ValidateContextName`), and is that of no hierarchy. */
export function isContextName(value: string): boolean {
  return /^[a-z\d][\w.+-]+$/i.test(value) && !CGROUP_NAMES.has(value)
}

/**
 * The environment in which docker's client would find what these options of it say: each wins over its variable, and a
 * context over the address of an Engine.
 *
 * @throws {ConflictingOptionsError}
 */
export function clientEnvironment(
  env: Readonly<NodeJS.ProcessEnv>,
  given: readonly GivenOption[],
): Readonly<NodeJS.ProcessEnv> {
  if (given.length === 0) return env
  const said: NodeJS.ProcessEnv = {}
  for (const {name, value} of given) {
    const variable = CLIENT_OPTIONS[name]?.variable
    if (variable !== undefined) said[variable] = value
  }
  const {DOCKER_HOST, DOCKER_CONTEXT} = said
  if (DOCKER_HOST !== undefined && DOCKER_CONTEXT !== undefined)
    throw new ConflictingOptionsError('--host', '--context', 'each says where the Engine is')
  return {...env, ...(DOCKER_CONTEXT === undefined ? {} : {DOCKER_HOST: undefined}), ...said}
}
