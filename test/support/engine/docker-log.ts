import type {OutputStream} from '../../../src/docker/demultiplexer.js'
import {frame} from './frames.js'

/** A message of Docker's log. */
export interface Logged {
  /** When the Engine took it, in milliseconds since 1970, with a fraction. */
  readonly at: number
  readonly text: string | Buffer
  /** Standard output, unless it says otherwise. */
  readonly stream?: OutputStream
}

interface Asked {
  /** In milliseconds since 1970. */
  readonly since: number
  readonly until?: number
  /** Whether the container has a terminal. */
  readonly raw?: boolean
  /** In how large pieces it comes. */
  readonly chunk?: number
  /** The offset of the host's time from UTC, where the Engine says that. */
  readonly offset?: string
}

/** What the Engine answers who asks for a log with its times (Engine API, `GET /containers/{id}/logs`). */
export function dockerLog(
  log: readonly Logged[],
  {since, until = Infinity, raw = false, chunk = 65_536, offset}: Asked,
): Buffer[] {
  const wanted = log.filter(({at}) => at >= since && at <= until)
  const whole = Buffer.concat(
    wanted.map(({at, text, stream}) => {
      const message = Buffer.concat([Buffer.from(`${stampOf(at, offset)} `), Buffer.from(text)])
      return raw ? message : frame(stream === 'stderr' ? 2 : 1, message)
    }),
  )
  return Array.from({length: Math.ceil(whole.length / chunk)}, (_, index) =>
    Buffer.from(whole.subarray(index * chunk, (index + 1) * chunk)),
  )
}

/** Lines `line 1` to `line n`, one each tenth of a second, beginning a tenth of a second after `begin`. */
export function numbered(first: number, last: number, begin: number): Logged[] {
  return Array.from({length: last - first + 1}, (_, index) => ({
    at: begin + (first + index) * 100,
    text: `line ${String(first + index)}\n`,
  }))
}

function stampOf(at: number, offset = '+00:00'): string {
  const [hours = '0', minutes = '0'] = offset.slice(1).split(':')
  const shift = (offset.startsWith('-') ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
  const [seconds = ''] = new Date(at + shift).toISOString().split('.')
  const nanoseconds = Math.floor((at % 1000) * 1e6)
  return `${seconds}.${String(nanoseconds).padStart(9, '0')}${shift === 0 ? 'Z' : offset}`
}
