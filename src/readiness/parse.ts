import {duration} from '../docker/run-options/values/duration.js'
import {execWords} from '../docker/exec-words.js'
import {plainWords} from '../docker/plain-words.js'
import {BadValueError} from '../errors.js'
import {READY_INTERVAL_MS, READY_LEAST_MS, READY_PROBE_MS} from '../limits.js'
import {connectionReadiness} from './connection.js'
import {delayReadiness} from './delay.js'
import {execReadiness} from './exec.js'
import {healthyReadiness} from './healthy.js'
import {httpReadiness} from './http.js'
import {logReadiness} from './log.js'
import type {Pace} from './poll.js'
import type {Readiness} from './readiness.js'

const NANOSECONDS_PER_MILLISECOND = 1e6
const OPTION = '--ready'
/** How much of an expression is said, in characters. */
const WORDS_MOST = 100
/** As long as the kernel lets the path of a socket be (unix(7)). */
const PATH_MOST_BYTES = 107

/** How often, and how long, it is looked whether the container is ready, as the line has it. */
export interface PaceWords {
  readonly interval: string | undefined
  readonly timeout: string | undefined
}

/** What makes a container ready, as `--ready` has it. @throws {BadValueError} */
export function parseReadiness(value: string, words: PaceWords): Readiness {
  const pace = paceOf(words)
  const [, kind = value, rest] = /^([a-z]+):(.*)$/s.exec(value) ?? []
  if (kind === 'healthy' && rest === undefined) return healthyReadiness(pace)
  if (rest !== undefined)
    switch (kind) {
      case 'http':
        return httpReadiness(httpAddress(value), pace)
      case 'tcp':
        return connectionReadiness(value, tcpAddress(value, rest), pace)
      case 'unix':
        return connectionReadiness(value, {path: socketPath(value, rest)}, pace)
      case 'log':
        return logReadiness(plainWords(value, WORDS_MOST), pattern(value, rest))
      case 'exec':
        return execReadiness(rest, execWords(rest, `${OPTION} exec:`), pace)
      case 'delay':
        return delayReadiness(parseTime(rest, `${OPTION} delay:`))
      case 'https':
        throw new BadValueError(
          OPTION,
          value,
          'https is not probed; use tcp:HOST:PORT, or exec: with a client in the image',
        )
    }
  throw new BadValueError(
    OPTION,
    value,
    'use started, container, healthy, http://HOST:PORT/PATH, tcp:HOST:PORT, unix:PATH, log:/REGEX/, exec:COMMAND or delay:TIME',
  )
}

/** A time that an option says, in milliseconds. @throws {BadValueError} */
export function parseTime(value: string, option: string): number {
  const milliseconds = duration(value, option) / NANOSECONDS_PER_MILLISECOND
  if (milliseconds < READY_LEAST_MS) throw new BadValueError(option, value, `use ${String(READY_LEAST_MS)}ms or more`)
  return milliseconds
}

function paceOf({interval, timeout}: PaceWords): Pace {
  return {
    interval: interval === undefined ? READY_INTERVAL_MS : parseTime(interval, '--ready-interval'),
    isEager: interval === undefined,
    timeout: timeout === undefined ? READY_PROBE_MS : parseTime(timeout, '--ready-probe-timeout'),
  }
}

function httpAddress(value: string): URL {
  const url = URL.canParse(value) && value.startsWith('http://') ? new URL(value) : undefined
  if (url === undefined) throw new BadValueError(OPTION, value, 'use an address such as http://localhost:8080/health')
  if (url.username !== '' || url.password !== '')
    throw new BadValueError(
      OPTION,
      'http://…',
      'everybody can read the command line: use an address without a password',
    )
  return url
}

function tcpAddress(value: string, rest: string): {host: string; port: number} {
  const [, bracketed, plain, digits = ''] = /^(?:\/\/)?(?:\[([^[\]]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(rest) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (host === undefined || port < 1 || port > 65_535)
    throw new BadValueError(OPTION, value, 'use a host and a port, such as tcp:localhost:5432 or tcp:[::1]:5432')
  return {host, port}
}

function socketPath(value: string, path: string): string {
  const bytes = Buffer.byteLength(path)
  if (!path.startsWith('/') || bytes > PATH_MOST_BYTES)
    throw new BadValueError(
      OPTION,
      value,
      `use the absolute path of a socket on the host, of ${String(PATH_MOST_BYTES)} bytes at most`,
    )
  return path
}

function pattern(value: string, rest: string): RegExp {
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/s.exec(rest) ?? []
  if (source === undefined || !/^i?$/.test(flags ?? ''))
    throw new BadValueError(
      OPTION,
      value,
      'use a regular expression between slashes, such as log:/listening on/, or with i behind it',
    )
  try {
    return new RegExp(source, flags)
  } catch (error) {
    throw new BadValueError(OPTION, value, error instanceof Error ? error.message : String(error))
  }
}
