import {realpathSync} from 'node:fs'
import type {CreateRequest} from '../docker/create-request.js'
import {hostPathOf} from '../docker/host-path.js'

const VARIABLE = 'NOTIFY_SOCKET='

/** What a container is given: a file or directory of the host in the same place, and where in it the socket is. */
export interface Given {
  readonly path: string
  readonly isReadOnly: boolean
  readonly socket: string
}

/** Gives the container a notification socket, and tells it of that and of the unit's watchdog. */
export function giveSocket(
  {body}: CreateRequest,
  {path, isReadOnly, socket}: Given,
  {WATCHDOG_USEC}: Readonly<NodeJS.ProcessEnv>,
): void {
  body.HostConfig.Binds.push(`${path}:${path}${isReadOnly ? ':ro' : ''}`)
  body.Env.push(`${VARIABLE}${socket}`)
  // Of `WATCHDOG_PID` it must not know: that is our PID, and it takes the question for another's
  // (sd_watchdog_enabled(3)).
  if (WATCHDOG_USEC !== undefined) body.Env.push(`WATCHDOG_USEC=${WATCHDOG_USEC}`)
}

/** Takes from a request what gives the container the socket of systemd itself, as far as there is one. */
export function takeSocketOff({body}: CreateRequest, socket: string | undefined): void {
  const {HostConfig} = body
  const isOther = (source = ''): boolean => socket === undefined || !isSame(source, socket)
  body.Env = body.Env.filter((entry) => !entry.startsWith(VARIABLE))
  HostConfig.Binds = HostConfig.Binds.filter((bind) => isOther(bind.split(':')[0]))
  HostConfig.Mounts = HostConfig.Mounts.filter(({Type, Source}) => Type !== 'bind' || isOther(Source))
}

/** Whether a container finds the socket of systemd itself where its `NOTIFY_SOCKET` says. */
export function handsSocketOn(request: CreateRequest, socket: string): boolean {
  const entry = request.body.Env.findLast((one) => one.startsWith(VARIABLE))
  const there = entry === undefined ? undefined : hostPathOf(entry.slice(VARIABLE.length), request)
  return there !== undefined && isSame(there, socket)
}

function isSame(path: string, socket: string): boolean {
  if (path === socket) return true
  try {
    return realpathSync(path) === realpathSync(socket)
  } catch {
    return false
  }
}
