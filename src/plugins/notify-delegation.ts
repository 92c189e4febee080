import {delegate, heedLine, removeRelay} from '../delegation/delegate.js'
import {takeSocketOff} from '../delegation/request.js'
import {RefusedOptionError} from '../errors.js'
import {defineRunPlugin} from '../pipeline/contract.js'

/** The container says itself when it is ready, with `--notify` or by a line that gives it systemd's socket. */
export const notifyDelegation = defineRunPlugin({
  name: 'notify-delegation',
  options: {
    notify: {
      kind: 'boolean',
      char: 'n',
      modes: ['relay', 'raw', 'ignore'],
      summary:
        "let the container send READY=1 itself, and pass on what else a container may tell systemd; with --notify=raw it gets systemd's own notification socket, with --notify=ignore none, even if the line gives it one",
    },
  },
  setup({notify}, host) {
    const {env, log} = host
    const socket = env['NOTIFY_SOCKET']
    if (notify === 'ignore')
      return {
        resolve({request}) {
          takeSocketOff(request, socket)
        },
      }
    if (socket === undefined || socket === '') {
      if (notify !== false)
        log.warn('--notify has no effect: systemd set no NOTIFY_SOCKET (the unit needs Type=notify)')
      return undefined
    }
    if (notify === false) return heedLine(socket, host)
    if (!socket.startsWith('/'))
      throw new RefusedOptionError('--notify', `the socket ${socket} is not a file and cannot be passed to a container`)
    return delegate(notify === 'raw' ? 'raw' : 'relay', socket, host)
  },
  finish(context, host) {
    removeRelay(context, host)
  },
})
