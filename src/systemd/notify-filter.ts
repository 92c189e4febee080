import {isUtf8} from 'node:buffer'

/** What a container may tell systemd of its unit (sd_notify(3)), a value each. */
export type Claims = ReadonlyMap<Field, string>

/** The fields of sd_notify(3) that a container may set. */
export type Field =
  | 'READY'
  | 'RELOADING'
  | 'MONOTONIC_USEC'
  | 'STOPPING'
  | 'STATUS'
  | 'ERRNO'
  | 'BUSERROR'
  | 'VARLINKERROR'
  | 'WATCHDOG'
  | 'WATCHDOG_USEC'
  | 'EXTEND_TIMEOUT_USEC'

/** A field that is not passed to systemd, and why, as the second half of a sentence. */
export interface Dropped {
  readonly field: string
  readonly why: string
}

/** What a datagram says: nothing but that it is to be confirmed, or what of it may pass and what does not. */
export type Datagram =
  | {readonly kind: 'barrier'}
  | {readonly kind: 'message'; readonly claims: Claims; readonly dropped: readonly Dropped[]}
  | {readonly kind: 'refused'; readonly why: string}

/** What the unit's own settings say when this process starts. */
export interface UnitBounds {
  /** `WatchdogSec=`, in microseconds; nothing where the unit has none. */
  readonly watchdog: number | undefined
}

/** What systemd says of the unit when a claim is decided that depends on it. */
export interface UnitState {
  /** systemctl(1), `ActiveState`. */
  readonly activeState: string
  /** `TimeoutStartSec=`, in microseconds; Infinity for none. */
  readonly startTimeout: number
}

/** The most bytes of a datagram, as systemd takes them (systemd, src/shared/notify-recv.h, `NOTIFY_BUFFER_MAX`). */
export const LONGEST_DATAGRAM = 4096
/** The most bytes of a status: with all else that a message may have it is still within what systemd takes. */
const LONGEST_STATUS = 2048
/** The most letters of an error's name (D-Bus Specification, "Valid Names"). */
const ERROR_NAME = /^[A-Za-z_][\w.-]{0,254}$/
/** The highest error number (errno(3); Linux, include/linux/err.h, `MAX_ERRNO`). */
const MOST_ERRNO = 4095
/** The highest number that a field of microseconds may have. */
const MICROSECONDS = /^\d{1,19}$/
/**
 * What a terminal would heed rather than show: control characters, other line ends, and turns of the direction. They
 * are listed, as V8 asks ICU for a category when it makes the expression, 0.4 ms of each start.
 */
const NOT_SHOWN = /[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Why no container may set a field, by its name. */
const NEVER: Readonly<Record<string, string>> = {
  MAINPID: 'systemd-docker is the main process of the unit',
  MAINPIDFD: 'systemd-docker is the main process of the unit',
  MAINPIDFDID: 'systemd-docker is the main process of the unit',
  EXIT_STATUS: "the exit status of the container's init is the unit's",
  NOTIFYACCESS: 'the unit says by NotifyAccess= whom systemd hears',
  RESTART_RESET: "the unit's RestartSec= and RestartSteps= stay as they are",
  FDSTORE: 'a container cannot store file descriptors in systemd',
  FDSTOREREMOVE: 'a container cannot store file descriptors in systemd',
  FDNAME: 'a container cannot store file descriptors in systemd',
  FDPOLL: 'a container cannot store file descriptors in systemd',
  BARRIER: 'it is only valid alone in its message',
}
const UNKNOWN = 'it is not a field that a container may set'
const NOT_A_VALUE = 'its value is not one that systemd accepts'

/**
 * Reads one datagram of a container as systemd would (sd_notify(3)), and keeps of it what a container may say. What
 * depends on what the unit is doing is left to {@link decide}.
 *
 * @param bytes at most {@link LONGEST_DATAGRAM} of the datagram's bytes
 * @param length how many the datagram has
 * @param now CLOCK_MONOTONIC, in microseconds
 */
export function readDatagram(bytes: Buffer, length: number, {watchdog}: UnitBounds, now: bigint): Datagram {
  if (length > LONGEST_DATAGRAM) return {kind: 'refused', why: `it has more than ${String(LONGEST_DATAGRAM)} bytes`}
  // systemd forgives one at the end.
  const text = bytes[bytes.length - 1] === 0 ? bytes.subarray(0, -1) : bytes
  if (text.includes(0)) return {kind: 'refused', why: 'it has a NUL byte'}
  if (!isUtf8(text)) return {kind: 'refused', why: 'it is not UTF-8'}
  const lines = text
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
  if (lines.length === 1 && lines[0] === 'BARRIER=1') return {kind: 'barrier'}
  const claims = new Map<Field, string>()
  const dropped: Dropped[] = []
  for (const line of lines) {
    const at = line.indexOf('=')
    const [field, value] = at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
    const rule = Object.hasOwn(RULES, field) ? RULES[field as Field] : undefined
    if (rule === undefined)
      dropped.push({field, why: (Object.hasOwn(NEVER, field) ? NEVER[field] : undefined) ?? UNKNOWN})
    else {
      const may = rule(value, watchdog)
      if (typeof may === 'string') claims.set(field as Field, may)
      else dropped.push({field, why: may.why})
    }
  }
  completeReload(claims, now)
  return {kind: 'message', claims, dropped}
}

/** What a value is passed on as, or why it is not. */
type Rule = (value: string, watchdog: number | undefined) => string | {readonly why: string}

const bad = {why: NOT_A_VALUE}
const onlyOne: Rule = (value) => (value === '1' ? value : bad)
const errorName: Rule = (value) => (ERROR_NAME.test(value) ? value : bad)
const microseconds: Rule = (value) => (MICROSECONDS.test(value) ? value : bad)

const RULES: Readonly<Record<Field, Rule>> = {
  READY: onlyOne,
  RELOADING: onlyOne,
  STOPPING: onlyOne,
  MONOTONIC_USEC: microseconds,
  EXTEND_TIMEOUT_USEC: microseconds,
  STATUS: (value) => shortened(value.replaceAll(NOT_SHOWN, ' ')),
  ERRNO: (value) => (/^\d{1,4}$/.test(value) && Number(value) <= MOST_ERRNO ? value : bad),
  BUSERROR: errorName,
  VARLINKERROR: errorName,
  WATCHDOG: (value) => (value === '1' || value === 'trigger' ? value : bad),
  WATCHDOG_USEC: (value, watchdog) => {
    if (watchdog === undefined) return {why: 'the unit has no WatchdogSec='}
    if (!MICROSECONDS.test(value) || Number(value) === 0) return bad
    return String(Math.min(Number(value), watchdog))
  },
}

/** So much of a text as a status may have, in whole characters. */
function shortened(text: string): string {
  if (Buffer.byteLength(text) <= LONGEST_STATUS) return text
  const bytes = Buffer.from(text)
  let end = LONGEST_STATUS
  // A byte that continues a character begins with the bits 10 (utf-8(7)).
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

/**
 * A reload is told with the time at which it began, or systemd waits on in a unit of `Type=notify-reload`: a container
 * that has given none, or one that is still to come, has begun now. The time alone means nothing.
 */
function completeReload(claims: Map<Field, string>, now: bigint): void {
  const time = claims.get('MONOTONIC_USEC')
  if (!claims.has('RELOADING')) claims.delete('MONOTONIC_USEC')
  else if (time === undefined || BigInt(time) > now) claims.set('MONOTONIC_USEC', String(now))
}

/** The claims that depend on what the unit is doing. */
export const DEPENDENT = ['STOPPING', 'EXTEND_TIMEOUT_USEC'] as const
/** One of {@link DEPENDENT}. */
export type DependentField = (typeof DEPENDENT)[number]

/**
 * What such a claim is passed on as, or why it is not: `STOPPING=1` ends the unit that is not being stopped, for good
 * from systemd 259 on, and a container says it in each `docker restart`. A start or a reload may be prolonged by as
 * much as the unit gives a start; the time of a stop, and `RuntimeMaxSec=`, are the operator's.
 *
 * @param unit nothing where systemd does not answer: then nothing is permitted
 */
export function decide(
  field: DependentField,
  value: string,
  unit: UnitState | undefined,
): string | {readonly why: string} {
  if (unit === undefined) return {why: 'systemd does not report what the unit is doing'}
  const {activeState, startTimeout} = unit
  if (field === 'STOPPING') return activeState === 'deactivating' ? value : {why: 'the unit is not being stopped'}
  if (activeState === 'deactivating') return {why: 'TimeoutStopSec= bounds the stop'}
  if (!['activating', 'reloading', 'refreshing'].includes(activeState))
    return {why: 'the unit is neither starting nor reloading'}
  return String(Math.min(Number(value), Number.isFinite(startTimeout) ? startTimeout : Number.MAX_SAFE_INTEGER))
}
