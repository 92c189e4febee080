import {accessSync, constants} from 'node:fs'
import {dirname} from 'node:path'
import {hasErrorCode, reason} from '../errors.js'
import type {Host} from '../pipeline/contract.js'
import {stateDirectory} from '../files/state-directory.js'
import {loadDatagramSockets, type OpenDatagramSocket} from '../systemd/datagram-socket.js'

/** What a relay needs. */
export interface RelayWay {
  readonly open: OpenDatagramSocket
  /** The directory of this program's state. */
  readonly state: string
}

/** Why there is no relay, and where that is not what was asked for, what to do. */
export interface NoWay {
  readonly why: string
  readonly mend: string | undefined
}

const NOBODY = 'so no process of systemd-docker is there to pass its messages on'

/** Whether the messages of a container can be relayed in this run. */
export function wayToRelay({env, handover, detached}: Pick<Host, 'env' | 'handover' | 'detached'>): RelayWay | NoWay {
  if (handover) return {why: `the container is handed over to systemd, ${NOBODY}`, mend: undefined}
  if (detached !== undefined) return {why: `--detach ends this process, ${NOBODY}`, mend: undefined}
  const state = stateDirectory(env)
  if (state === undefined)
    return {why: 'this user has no XDG_RUNTIME_DIR for the socket', mend: 'run the unit as root, or as a user unit'}
  const unwritable = whyUnwritable(state)
  if (unwritable !== undefined)
    return {
      why: `${state} cannot be written to: ${unwritable}`,
      mend: 'set RuntimeDirectory=systemd-docker and RuntimeDirectoryPreserve=yes',
    }
  const open = loadDatagramSockets()
  return 'why' in open
    ? {why: `koffi cannot be loaded: ${open.why}`, mend: 'install systemd-docker with npm, without --omit=optional'}
    : {open, state}
}

/** What is said where the container has the socket of systemd itself instead. */
export function sayWhyNot({why, mend}: NoWay, {log}: Pick<Host, 'log'>): void {
  const words = `the container has systemd's own notification socket, because ${why}`
  if (mend === undefined) log.info(words)
  else
    log.warn(
      `${words}; nothing filters what it sends, such as MAINPID=, and the unit needs NotifyAccess=all: ${mend}, or set --notify=raw`,
    )
}

/** Why nothing can be written to a directory, or made where it is to be. */
function whyUnwritable(directory: string): string | undefined {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    return hasErrorCode(error, 'ENOENT') && directory !== '/' ? whyUnwritable(dirname(directory)) : reason(error)
  }
}
