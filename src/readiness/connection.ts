import type {NetConnectOpts} from 'node:net'
import {CONNECTION_STAYS_MS} from '../limits.js'
import {poll, type Pace, type Probe} from './poll.js'
import type {Readiness} from './readiness.js'

/**
 * The container is ready when a connection to `where` can be made, and stays open for a moment or brings something:
 * Docker's proxy accepts one to a published port before anybody listens behind it, and closes it then.
 */
export function connectionReadiness(what: string, where: NetConnectOpts, pace: Pace): Readiness {
  return {what, wait: ({said, signal}) => poll(connectionProbe(where), pace, said, signal)}
}

function connectionProbe(where: NetConnectOpts): Probe {
  return async (signal) => {
    const {connect} = await import('node:net')
    const socket = connect({...where, signal})
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<string | undefined>((resolve, reject) => {
        const isOpen = (): void => {
          resolve(undefined)
        }
        socket.once('connect', () => (timer = setTimeout(isOpen, CONNECTION_STAYS_MS)))
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
