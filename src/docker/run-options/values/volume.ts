import {resolve} from 'node:path'
import {BadValueError} from '../../../errors.js'
import type {Effect} from '../draft.js'

/**
 * `--volume [SOURCE:]TARGET[:MODES]`. A source that begins with a dot is a path relative to the working directory, any
 * other word a volume's name.
 */
export const volume: Effect = ({request: {body}}, value, option, {cwd}) => {
  const [first = '', second, modes, ...more] = value.split(':')
  const target = second ?? first
  if (more.length > 0 || modes === '' || first === '')
    throw new BadValueError(option, value, 'use TARGET, SOURCE:TARGET or SOURCE:TARGET:MODES')
  if (!target.startsWith('/')) throw new BadValueError(option, value, 'the path in the container must be absolute')
  if (second === undefined) {
    body.Volumes[first] = {}
    return
  }
  // docker takes a letter before a colon for a drive of Windows.
  if (/^[a-z]$/i.test(first)) throw new BadValueError(option, value, "a volume's name has at least two letters")
  const source = first.startsWith('.') ? resolve(cwd, first) : first
  const bind = [source, target, ...(modes === undefined ? [] : [modes])].join(':')
  if (!body.HostConfig.Binds.includes(bind)) body.HostConfig.Binds.push(bind)
}
