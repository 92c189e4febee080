import {BadValueError} from '../../../errors.js'
import type {Effect} from '../draft.js'

/** `--tmpfs TARGET[:OPTIONS]`; the options are tmpfs's own, such as `size=64m,mode=1777`. */
export const tmpfs: Effect = ({request: {body}}, value, option) => {
  const colon = value.indexOf(':')
  const target = colon === -1 ? value : value.slice(0, colon)
  if (!target.startsWith('/')) throw new BadValueError(option, value, 'the path in the container must be absolute')
  body.HostConfig.Tmpfs[target] = colon === -1 ? '' : value.slice(colon + 1)
}
