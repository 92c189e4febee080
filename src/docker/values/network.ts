import {RefusedOptionError} from '../../errors.js'
import type {Effect} from '../run-options.js'

/** `--network NAME`, `host`, `none`, `bridge` or `container:ID`. */
export const network: Effect = ({request: {body}}, value, option) => {
  if (value.includes('='))
    throw new RefusedOptionError(`${option} ${value}`, "a network's own settings are not supported, only its name is")
  if (body.HostConfig.NetworkMode !== 'default')
    throw new RefusedOptionError(`${option} ${value}`, 'more than one network is not supported')
  body.HostConfig.NetworkMode = value
}
