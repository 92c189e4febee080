import type {NetConnectOpts} from 'node:net'
import {CONNECTION_STAYS_MS} from '../limits.js'
import {poll, type Pace, type Probe} from './poll.js'
import type {Readiness} from './readiness.js'

/**
 * The container is ready when a connection to `where` can be made, and stays open for a moment or brings something:
 * Docker's proxy accepts one to a published port before anybody listens behind it, and closes it then. On a busy host
 * that takes it as long as everything: the moment is as long as the start of the container was, if a probe may be.
 */
export function connectionReadiness(what: string, where: NetConnectOpts, pace: Pace): Readiness {
  return {
    what,
    wait: ({startTook = 0, said, signal}) => {
      const stays = Math.min(Math.max(CONNECTION_STAYS_MS, startTook), pace.timeout / 2)
      return poll(connectionProbe(where, stays), pace, said, signal)
    },
  }
}

/** @param stays how long a connection must stay open, in milliseconds */
function connectionProbe(where: NetConnectOpts, stays: number): Probe {
  return async (signal) => {
    const {connect} = await import('node:net')
    const socket = connect({...where, signal})
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<string | undefined>((resolve, reject) => {
        const isOpen = (): void => {
          resolve(undefined)
        }
        socket.once('connect', () => (timer = setTimeout(isOpen, stays)))
        socket.once('data', isOpen)
        socket.once('end', () => {
          resolve('the connection was closed at once')
        })
        socket.on('error', reject)
      })
    } finally {
      clearTimeout(timer)
      socket.destroy()
    }
  }
}
