import {delegate, heedLine, removeRelay, warnOfLine} from '../delegation/delegate.js'
import {takeSocketOff} from '../delegation/request.js'
import {ConflictingOptionsError, RefusedOptionError} from '../errors.js'
import {defineRunPlugin, type RunHooks} from '../pipeline/contract.js'
import {waitFor} from '../readiness/wait-for.js'

/**
 * Who says that the unit is ready, and when: systemd-docker as soon as the container runs, or when that answers a
 * probe; or the container itself, with `--notify` or by a line that gives it systemd's socket.
 */
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
    ready: {
      kind: 'string',
      valueName: 'WHAT',
      summary:
        'what makes the unit ready: started (the default), container (as --notify), healthy, http://HOST:PORT/PATH, tcp:HOST:PORT, unix:PATH, log:/REGEX/, exec:COMMAND or delay:TIME',
    },
    'ready-interval': {
      kind: 'string',
      valueName: 'TIME',
      summary: 'time between two probes of --ready; without it, up to 1s, and less at first',
    },
    'ready-probe-timeout': {
      kind: 'string',
      valueName: 'TIME',
      summary: 'how long one probe of --ready may take; without it, 5s',
    },
    'ready-timeout': {
      kind: 'string',
      valueName: 'TIME',
      summary:
        'fail the start if the container is not ready after this time; without it, when TimeoutStartSec= of the unit ends',
    },
  },
  setup(values, host) {
    const {ready} = values
    refuseContradiction(values)
    const notify = ready === 'container' && values.notify === false ? true : values.notify
    const {env, log} = host
    const socket = env['NOTIFY_SOCKET']
    if (ready !== undefined && ready !== 'container') {
      const {resolve, ...waits}: Partial<RunHooks> =
        ready === 'started'
          ? {}
          : waitFor(
              {
                what: ready,
                interval: values['ready-interval'],
                probeTimeout: values['ready-probe-timeout'],
                timeout: values['ready-timeout'],
              },
              host,
            )
      return {
        ...waits,
        async resolve(context) {
          if (notify === 'ignore') takeSocketOff(context.request, socket)
          else warnOfLine(context.request, socket, ready, log)
          await resolve?.(context)
        },
      }
    }
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

/** @throws {ConflictingOptionsError} where one option has the container say that it is ready, and the other does not */
function refuseContradiction({notify, ready}: {notify: boolean | string; ready: string | undefined}): void {
  if (ready === undefined) return
  if (ready === 'container' && notify === 'ignore')
    throw new ConflictingOptionsError('--notify=ignore', '--ready container', 'the container could not send READY=1')
  if (ready !== 'container' && notify !== false && notify !== 'ignore')
    throw new ConflictingOptionsError(
      '--notify',
      `--ready ${ready}`,
      'with --notify the container itself sends READY=1',
    )
}
