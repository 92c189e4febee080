import {BadValueError, ConflictingOptionsError} from '../../../errors.js'
import type {Draft, Effect} from '../draft.js'

/** `--attach STREAM`. The output is forwarded whatever it says; the request to the Engine says it too. */
export const attach: Effect = ({pending}, value, option) => {
  const stream = value.toLowerCase()
  if (!['stdin', 'stdout', 'stderr'].includes(stream))
    throw new BadValueError(option, value, 'use stdin, stdout or stderr')
  pending.attached.add(stream)
}

/**
 * What the client of the container's streams is told of them: the input of a detached container has no client whose end
 * would be its own. @throws {ConflictingOptionsError}
 */
export function attachStreams({request: {body}, pending: {attached, detached}}: Draft): void {
  if (detached && attached.size > 0)
    throw new ConflictingOptionsError(
      '--detach',
      `--attach ${[...attached].join(', ')}`,
      'the first attaches to no stream',
    )
  if (attached.size > 0) {
    body.AttachStdout = attached.has('stdout')
    body.AttachStderr = attached.has('stderr')
  }
  if (detached) body.AttachStdout = body.AttachStderr = false
  body.AttachStdin = !detached && (body.OpenStdin || attached.has('stdin'))
  body.StdinOnce = body.OpenStdin && body.AttachStdin
}

/** `--no-healthcheck` against the options of a health check. @throws {ConflictingOptionsError} */
export function checkHealth({request: {body}, pending: {noHealthcheck}}: Draft): void {
  const said = Object.entries(body.Healthcheck ?? {}).filter(([, value]) => value !== 0 && value !== undefined)
  if (noHealthcheck && said.length > 0)
    throw new ConflictingOptionsError(
      '--no-healthcheck',
      'the options of a health check',
      'the first disables what the others configure',
    )
  if (noHealthcheck) body.Healthcheck = {Test: ['NONE']}
  else if (said.length > 0) body.Healthcheck = Object.fromEntries(said)
  else delete body.Healthcheck
}

/** The devices that the Container Device Interface describes are one request, behind those of `--gpus`. */
export function requestDevices({request: {body}, pending: {cdiDevices}}: Draft): void {
  if (cdiDevices.length > 0) body.HostConfig.DeviceRequests.push({Driver: 'cdi', Count: 0, DeviceIDs: [...cdiDevices]})
}

/** The driver `none` keeps no log that options could be for. @throws {ConflictingOptionsError} */
export function checkLog({request: {body}}: Draft): void {
  const {Type, Config} = body.HostConfig.LogConfig
  if (Type === 'none' && Object.keys(Config).length > 0)
    throw new ConflictingOptionsError('--log-driver none', '--log-opt', 'that driver has no options')
}

/** Each capability once. */
export function mergeCapabilities({request: {body}}: Draft): void {
  const {HostConfig} = body
  HostConfig.CapAdd = [...new Set(HostConfig.CapAdd)].sort()
  HostConfig.CapDrop = [...new Set(HostConfig.CapDrop)].sort()
}
