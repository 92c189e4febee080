import {resolve} from 'node:path'
import {BadValueError} from '../../errors.js'
import type {Effect} from '../run-options.js'

/** `--volume [SOURCE:]TARGET[:MODES]`. A source that begins with a dot is a path relative to the working directory, any other word a volume's name. */
export const volume: Effect = ({request: {body}}, value, option, {cwd}) => {
  const [first = '', second, modes, ...more] = value.split(':')
  const target = second ?? first
  if (more.length > 0) throw new BadValueError(option, value, 'say SOURCE:TARGET or SOURCE:TARGET:MODES')
  if (first === '' || !target.startsWith('/'))
    throw new BadValueError(option, value, 'the path in the container must be absolute')
  if (second === undefined) {
    body.Volumes[first] = {}
    return
  }
  const source = first.startsWith('.') ? resolve(cwd, first) : first
  body.HostConfig.Binds.push([source, target, ...(modes === undefined ? [] : [modes])].join(':'))
}
