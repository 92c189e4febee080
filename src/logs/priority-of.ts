import {levelPrefix} from './priority/level-prefix.js'
import type {LevelReader} from './priority/level-reader.js'

/**
 * The priority of what is to be an entry, and what of it is its text.
 *
 * @param isRest whether it goes on what was an entry of its own
 */
export type PriorityOf = (text: Buffer, isRest: boolean) => {readonly priority: number; readonly text: Buffer}

/** What the entries of a stream have their priority from. */
export interface PrioritySources {
  /** The stream's own priority. */
  readonly otherwise: number
  /** Whether a prefix is one, and not text (systemd.exec(5), `SyslogLevelPrefix=`). */
  readonly takesPrefix: boolean
  /** Reads the priority that the text says; absent where it is not looked at. */
  readonly readLevel: LevelReader | undefined
}

/**
 * The priority that stands before an entry, which is taken off; or else what its text says; or else its stream's. What
 * goes on an entry has the priority of that.
 */
export function priorityFrom({otherwise, takesPrefix, readLevel}: PrioritySources): PriorityOf {
  let last = otherwise
  return (text, isRest) => {
    if (isRest) return {priority: last, text}
    const prefix = takesPrefix ? levelPrefix(text) : undefined
    const said = prefix === undefined ? text : text.subarray(prefix.length)
    last = prefix?.priority ?? readLevel?.(said) ?? otherwise
    return {priority: last, text: said}
  }
}
