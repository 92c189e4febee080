import {defineRunPlugin} from '../run/run-plugin.js'

/** What systemd.exec(5) sets for the service process itself, and what login sets for a person: none of it is the container's. */
const PRIVATE = new Set([
  'CACHE_DIRECTORY',
  'CONFIGURATION_DIRECTORY',
  'CREDENTIALS_DIRECTORY',
  'DBUS_SESSION_BUS_ADDRESS',
  'DEBUG_INVOCATION',
  'EXIT_CODE',
  'EXIT_STATUS',
  'FDSTORE',
  'HOME',
  'INVOCATION_ID',
  'JOURNAL_STREAM',
  'LOGNAME',
  'LOGS_DIRECTORY',
  'LOG_NAMESPACE',
  'MAINPID',
  'MAINPIDFDID',
  'MANAGERPID',
  'MANAGERPIDFDID',
  'MEMORY_PRESSURE_WATCH',
  'MEMORY_PRESSURE_WRITE',
  'NOTIFY_SOCKET',
  'OLDPWD',
  'PATH',
  'PIDFILE',
  'PWD',
  'REMOTE_ADDR',
  'REMOTE_PORT',
  'RUNTIME_DIRECTORY',
  'SERVICE_RESULT',
  'SHELL',
  'SHLVL',
  'STATE_DIRECTORY',
  'SYSTEMD_EXEC_PID',
  'TERM',
  'USER',
  'XDG_RUNTIME_DIR',
  'XDG_SESSION_ID',
  '_',
])
const PRIVATE_PREFIXES = ['LISTEN_', 'MONITOR_', 'SYSTEMD_DOCKER_', 'TRIGGER_', 'WATCHDOG_']

/** Whether a variable of the unit's environment is meant for the service process and not for the container. */
export function isPrivate(name: string): boolean {
  return PRIVATE.has(name) || PRIVATE_PREFIXES.some((prefix) => name.startsWith(prefix))
}

/** The unit's environment (`Environment=`, `EnvironmentFile=`) becomes the container's; what `-e` says after `run` wins. */
export const envInjection = defineRunPlugin({
  name: 'env-injection',
  options: {
    env: {
      kind: 'boolean',
      char: 'e',
      summary: "pass the unit's environment on to the container, without systemd's own variables",
    },
  },
  setup({env: enabled}, {env}) {
    if (!enabled) return undefined
    return {
      resolve({request}) {
        const own = Object.entries(env).flatMap(([name, value]) =>
          value === undefined || isPrivate(name) ? [] : [`${name}=${value}`],
        )
        const said = new Set(request.body.Env.map(nameOf))
        request.body.Env.unshift(...own.filter((entry) => !said.has(nameOf(entry))))
      },
    }
  },
})

function nameOf(entry: string): string {
  return entry.split('=', 1)[0] ?? entry
}
