import {EngineAddressError} from '../errors.js'

const DEFAULT_SOCKET = '/var/run/docker.sock'

/**
 * The path of the Engine's socket: `DOCKER_HOST` where it is set, else docker's own default.
 *
 * @throws {EngineAddressError} when `DOCKER_HOST` is no unix socket: a container on another host cannot be in a unit of this one.
 */
export function socketPath(env: Readonly<NodeJS.ProcessEnv>): string {
  const address = env['DOCKER_HOST']
  if (address === undefined || address === '') return DEFAULT_SOCKET
  const path = address.startsWith('unix://') ? address.slice('unix://'.length) : undefined
  if (path === undefined || !path.startsWith('/')) throw new EngineAddressError(address)
  return path
}
