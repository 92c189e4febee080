import {rm} from 'node:fs/promises'
import type {RunRequest} from '../docker/run-options/draft.js'
import {NEWEST_API, isOlder} from '../docker/api-version.js'
import type {CreateRequest, Endpoint} from '../docker/create-request.js'
import type {Engine} from '../docker/engine.js'
import {EngineTooOldError} from '../errors.js'
import {openCidFile} from './cid-file.js'

/** The first Engine API whose create request takes more than one network (Docker 25). */
const SEVERAL_NETWORKS = '1.44'

/** A container that is about to be made, so that nothing is left of it when it cannot be. */
export interface ContainerCreation {
  /** What this Engine is asked to create. */
  readonly request: CreateRequest
  /**
   * Does what is left to do for the container that was made: its other networks, and the file with its id. @throws
   * {CidFileError}
   */
  made(id: string, signal: AbortSignal): Promise<void>
  /** Removes the file again. */
  abandon(): Promise<void>
}

/**
 * Finds out, before anything is made or removed, whether the container can be made as the line has it. The Engine is
 * asked for its version only when the line has something that not every one knows.
 *
 * @throws {EngineTooOldError} {@link CidFileError}
 */
export async function prepareCreation(
  {request, needs = [], cidFile}: RunRequest,
  engine: Engine,
  signal: AbortSignal,
): Promise<ContainerCreation> {
  const endpoints = Object.entries(request.body.NetworkingConfig?.EndpointsConfig ?? {})
  const version = needs.length > 0 || endpoints.length > 1 ? await engine.apiVersion(signal) : undefined
  for (const {option, api} of needs)
    if (version !== undefined && isOlder(version, api)) throw new EngineTooOldError(option, api, version)
  const isSplit = version !== undefined && endpoints.length > 1 && isOlder(version, SEVERAL_NETWORKS)
  const first = request.body.HostConfig.NetworkMode
  const later = isSplit ? endpoints.filter(([network]) => network !== first) : []
  const file = cidFile === undefined ? undefined : await openCidFile(cidFile)
  const newer = needs.map(({api}) => api).filter((api) => isOlder(NEWEST_API, api))
  const api = newer.toSorted((a, b) => (isOlder(a, b) ? -1 : 1)).at(-1)
  const whole = api === undefined ? request : {...request, api}
  return {
    request: isSplit ? withNetwork(whole, first) : whole,
    async made(id, signal) {
      for (const [network, endpoint] of later) await engine.connect(network, id, endpoint, signal)
      if (file !== undefined) await file.handle.writeFile(id)
      await file?.handle.close()
    },
    async abandon() {
      await file?.handle.close()
      if (file !== undefined) await rm(file.path, {force: true})
    },
  }
}

function withNetwork(request: CreateRequest, network: string): CreateRequest {
  const endpoint: Endpoint = request.body.NetworkingConfig?.EndpointsConfig[network] ?? {}
  return {...request, body: {...request.body, NetworkingConfig: {EndpointsConfig: {[network]: endpoint}}}}
}
