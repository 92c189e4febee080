import {BadValueError} from '../../../errors.js'
import type {Effect} from '../draft.js'

/** The limits that can be set (getrlimit(2), in docker's spelling). */
const NAMES = new Set(
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' '),
)

/** `--ulimit NAME=SOFT[:HARD]`; -1 is no limit. */
export const ulimit: Effect = ({request: {body}}, value, option) => {
  const bad = (why: string): never => {
    throw new BadValueError(option, value, why)
  }
  const [, name = '', soft = '', hard = soft] = /^([a-z]+)=([+-]?\d+)(?::([+-]?\d+))?$/.exec(value) ?? []
  if (name === '') bad('use NAME=SOFT or NAME=SOFT:HARD, as in nofile=1024:4096')
  if (!NAMES.has(name)) bad(`there is no limit called ${name}`)
  const [Soft, Hard] = [Number(soft), Number(hard)]
  if (!Number.isSafeInteger(Soft) || !Number.isSafeInteger(Hard)) bad('the number is too large; -1 is no limit')
  if (Hard !== -1 && (Soft === -1 || Soft > Hard)) bad('the soft limit is above the hard one')
  const {Ulimits} = body.HostConfig
  const before = Ulimits.findIndex(({Name}) => Name === name)
  if (before !== -1) Ulimits.splice(before, 1)
  Ulimits.push({Name: name, Soft, Hard})
}
