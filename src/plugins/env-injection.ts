import {BadValueError} from '../errors.js'
import {defineRunPlugin} from '../pipeline/contract.js'

/**
 * What systemd sets for the service process itself (systemd.exec(5), "Environment Variables Set or Propagated"): never
 * the container's.
 */
const SYSTEMDS = new Set([
  'CACHE_DIRECTORY',
  'CONFIGURATION_DIRECTORY',
  'CREDENTIALS_DIRECTORY',
  'DBUS_SESSION_BUS_ADDRESS',
  'DEBUG_INVOCATION',
  'EXIT_CODE',
  'EXIT_STATUS',
  'FDSTORE',
  'INVOCATION_ID',
  'JOURNAL_STREAM',
  'LOGS_DIRECTORY',
  'LOG_NAMESPACE',
  'MAINPID',
  'MAINPIDFDID',
  'MANAGERPID',
  'MANAGERPIDFDID',
  'MEMORY_PRESSURE_WATCH',
  'MEMORY_PRESSURE_WRITE',
  'NOTIFY_SOCKET',
  'PIDFILE',
  'REMOTE_ADDR',
  'REMOTE_PORT',
  'RUNTIME_DIRECTORY',
  'SERVICE_RESULT',
  'STATE_DIRECTORY',
  'SYSTEMD_EXEC_PID',
  'XDG_RUNTIME_DIR',
  'XDG_SESSION_ID',
])
const SYSTEMDS_PREFIXES = ['LISTEN_', 'MONITOR_', 'SYSTEMD_DOCKER_', 'TRIGGER_', 'WATCHDOG_']
/**
 * What is about the user and the host, or docker's client's own secrets, and rarely meant for a container: only when it
 * is allowed by its own name.
 */
const HOSTS = new Set([
  'DOCKER_AUTH_CONFIG',
  'DOCKER_CUSTOM_HEADERS',
  'HOME',
  'LOGNAME',
  'OLDPWD',
  'PATH',
  'PWD',
  'SHELL',
  'SHLVL',
  'TERM',
  'USER',
  '_',
])

/**
 * The unit's environment (`Environment=`, `EnvironmentFile=`) becomes the container's; what `-e` says after `run` wins.
 */
export const envInjection = defineRunPlugin({
  name: 'env-injection',
  options: {
    env: {
      kind: 'boolean',
      char: 'e',
      summary: "pass the unit's environment to the container, without the variables that systemd sets for the service",
    },
    'env-allow': {
      kind: 'list',
      key: 'allow',
      valueName: 'PATTERN',
      summary:
        'with --env, pass only variables whose names match this pattern of * and ?; HOME and the like only by their exact names',
    },
    'env-deny': {
      kind: 'list',
      key: 'deny',
      valueName: 'PATTERN',
      summary: 'with --env, do not pass variables whose names match, even if --env-allow matches them too',
    },
    'env-prefix': {
      kind: 'list',
      key: 'prefix',
      valueName: 'FROM=TO',
      summary: 'with --env, replace the prefix FROM of names by TO; APP_= removes APP_',
    },
  },
  setup({env: enabled, 'env-allow': allowed, 'env-deny': denied, 'env-prefix': prefixes}, {env}) {
    if (!enabled) return undefined
    const allow = allowed.map(patternOf)
    const deny = denied.map(patternOf)
    const passes = (name: string): boolean =>
      !isSystemds(name) &&
      (HOSTS.has(name) ? allowed.includes(name) : allow.length === 0 || allow.some((pattern) => pattern.test(name))) &&
      !deny.some((pattern) => pattern.test(name))
    const rename = renaming(prefixes)
    return {
      resolve({request}) {
        const own = Object.entries(env).flatMap(([name, value]) =>
          value === undefined || !passes(name) ? [] : [`${rename(name)}=${value}`],
        )
        const said = new Set(request.body.Env.map(nameOf))
        request.body.Env.unshift(...own.filter((entry) => !said.has(nameOf(entry))))
      },
    }
  },
})

function isSystemds(name: string): boolean {
  return SYSTEMDS.has(name) || SYSTEMDS_PREFIXES.some((prefix) => name.startsWith(prefix))
}

function patternOf(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`)
}

/** Exchanges the first prefix that fits. @throws {BadValueError} */
function renaming(prefixes: readonly string[]): (name: string) => string {
  const pairs = prefixes.map((prefix) => {
    const [, from, to] = /^([^=]+)=([^=]*)$/.exec(prefix) ?? []
    if (from === undefined || to === undefined)
      throw new BadValueError('--env-prefix', prefix, 'use FROM=TO, as in APP_= or SITE_=APP_')
    return {from, to}
  })
  return (name) => {
    const pair = pairs.find(({from}) => name.startsWith(from) && name !== from)
    return pair === undefined ? name : pair.to + name.slice(pair.from.length)
  }
}

function nameOf(entry: string): string {
  return entry.split('=', 1)[0] ?? entry
}
