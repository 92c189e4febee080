import {rmSync, rmdirSync} from 'node:fs'
import {join} from 'node:path'
import {hasErrorCode} from '../errors.js'

/** What the socket of a relay is called in its directory. */
export const SOCKET_NAME = 'notify.sock'
/** The directory below this program's state in which each relay has one of its own. */
const FOLDER = 'notify'
/** A relay's own directory: short, as the path of a socket has 107 bytes at most (unix(7)). */
const KEY = /^[0-9a-f]{16}$/
const RELAYED = /^NOTIFY_SOCKET=\/.*\/notify\/[0-9a-f]{16}\/notify\.sock$/

/** Where the relay of a container has its socket, which the container has at the same path. */
export function relayDirectory(state: string, key: string): string {
  return join(state, FOLDER, key)
}

/**
 * Removes the directory of a relay, and the socket in it. What else is there a container has put there that may mount
 * what it likes, and is left.
 */
export function removeRelayDirectory(directory: string): void {
  try {
    rmSync(join(directory, SOCKET_NAME), {force: true})
    rmdirSync(directory)
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error
  }
}

/** Whether a word could be that of {@link relayDirectory}. */
export function isRelayKey(key: string): boolean {
  return KEY.test(key)
}

/** Whether a container with these variables has a socket that systemd itself reads. */
export function hasOwnSocketOfSystemd(env: readonly string[]): boolean {
  const entry = env.findLast((one) => one.startsWith('NOTIFY_SOCKET='))
  return entry !== undefined && !RELAYED.test(entry)
}
