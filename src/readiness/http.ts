import {poll, type Pace, type Probe} from './poll.js'
import type {Readiness} from './readiness.js'

/**
 * The container is ready when this address answers with a status of 2xx: as this host sees it, without a proxy, and
 * without following a redirection. Nothing of a body is read.
 */
export function httpReadiness(url: URL, pace: Pace): Readiness {
  return {
    // Behind the path there may be what nobody else should read.
    what: `${url.origin}${url.pathname}`,
    wait: ({said, signal}) => poll(httpProbe(url), pace, said, signal),
  }
}

function httpProbe(url: URL): Probe {
  return async (signal) => {
    const {Agent, get} = await import('node:http')
    // Of its own, as the environment may have Node's global one take a proxy.
    const agent = new Agent({keepAlive: false})
    const status = await new Promise<number>((resolve, reject) => {
      const request = get(url, {agent, signal, headers: {'user-agent': 'systemd-docker'}})
      request.on('response', ({statusCode = 0}) => {
        resolve(statusCode)
        request.destroy()
      })
      request.on('error', reject)
      request.on('close', () => {
        reject(new Error('the connection was closed without an answer'))
      })
    })
    return status >= 200 && status < 300 ? undefined : String(status)
  }
}
