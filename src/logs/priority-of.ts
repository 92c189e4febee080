import {levelPrefix} from './priority/level-prefix.js'

/**
 * The priority of a line of one stream, and what of it is its text.
 *
 * @param isRest whether it goes on a line whose beginning was an entry of its own
 */
export type PriorityOf = (line: Buffer, isRest: boolean) => {readonly priority: number; readonly text: Buffer}

/**
 * The priority that stands before a line, which is taken off, or what its stream has without one.
 *
 * @param otherwise the stream's own priority
 * @param takesPrefix whether a prefix is one, and not text (systemd.exec(5), `SyslogLevelPrefix=`)
 */
export function prefixPriority(otherwise: number, takesPrefix: boolean): PriorityOf {
  let last = otherwise
  return (line, isRest) => {
    if (isRest) return {priority: last, text: line}
    const prefix = takesPrefix ? levelPrefix(line) : undefined
    last = prefix?.priority ?? otherwise
    return {priority: last, text: prefix === undefined ? line : line.subarray(prefix.length)}
  }
}
