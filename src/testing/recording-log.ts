import type {Log} from '../log.js'

/** A log that keeps its lines, each behind its level. */
export function recordingLog(): {log: Log; lines: string[]} {
  const lines: string[] = []
  const keep =
    (level: string) =>
    (line: string): void => {
      lines.push(`${level}: ${line}`)
    }
  return {lines, log: {info: keep('info'), warn: keep('warn'), error: keep('error')}}
}
