import {BadValueError} from '../../errors.js'
import type {Effect} from '../run-options.js'

/** The limits that can be set (getrlimit(2), in docker's spelling). */
const NAMES = new Set(
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' '),
)

/** `--ulimit NAME=SOFT[:HARD]`; -1 is no limit. */
export const ulimit: Effect = ({request: {body}}, value, option) => {
  const [, name = '', soft = '', hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(value) ?? []
  if (name === '') throw new BadValueError(option, value, 'say NAME=SOFT or NAME=SOFT:HARD, as in nofile=1024:4096')
  if (!NAMES.has(name)) throw new BadValueError(option, value, `there is no limit called ${name}`)
  if (hard !== '-1' && (soft === '-1' || Number(soft) > Number(hard)))
    throw new BadValueError(option, value, 'the soft limit is above the hard one')
  const {Ulimits} = body.HostConfig
  const before = Ulimits.findIndex(({Name}) => Name === name)
  if (before !== -1) Ulimits.splice(before, 1)
  Ulimits.push({Name: name, Soft: Number(soft), Hard: Number(hard)})
}
