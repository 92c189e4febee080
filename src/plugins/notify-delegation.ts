import {RefusedOptionError} from '../errors.js'
import {defineRunPlugin} from '../pipeline/contract.js'

/**
 * The container gets systemd's notification socket and says itself when it is ready; the unit needs `NotifyAccess=all`.
 */
export const notifyDelegation = defineRunPlugin({
  name: 'notify-delegation',
  options: {
    notify: {
      kind: 'boolean',
      char: 'n',
      summary: "let the container send READY=1 itself: it gets systemd's notification socket and NOTIFY_SOCKET",
    },
  },
  setup({notify}, {env, log}) {
    if (!notify) return undefined
    const socket = env['NOTIFY_SOCKET']
    if (socket === undefined || socket === '') {
      log.warn('--notify has no effect: systemd set no NOTIFY_SOCKET (the unit needs Type=notify and NotifyAccess=all)')
      return undefined
    }
    if (!socket.startsWith('/'))
      throw new RefusedOptionError('--notify', `the socket ${socket} is not a file and cannot be passed to a container`)
    return {
      resolve({request}) {
        request.body.HostConfig.Binds.push(`${socket}:${socket}`)
        request.body.Env.push(`NOTIFY_SOCKET=${socket}`)
        const watchdog = env['WATCHDOG_USEC']
        // Of `WATCHDOG_PID` it must not know: that is our PID, and it takes the question for another's
        // (sd_watchdog_enabled(3)).
        if (watchdog !== undefined) request.body.Env.push(`WATCHDOG_USEC=${watchdog}`)
      },
      ready: () => 'delegated',
    }
  },
})
