/** The priorities of the journal by number, as systemd calls them (syslog(3), systemd.exec(5), `SyslogLevel=`). */
export const PRIORITY_NAMES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const

const [EMERG, ALERT, CRIT, ERR, WARNING, NOTICE, INFO, DEBUG] = [0, 1, 2, 3, 4, 5, 6, 7] as const

/**
 * What libraries call their levels, and how they shorten that. What a program calls panic ends the program, not the
 * host: emerg would be written on every terminal (journald.conf(5), `MaxLevelWall=`).
 */
const WORDS: Readonly<Record<number, string>> = {
  [EMERG]: 'emerg emergency',
  [ALERT]: 'alert',
  [CRIT]: 'crit critical fatal ftl panic pnc dpanic f c',
  [ERR]: 'err error erro eror severe fail e',
  [WARNING]: 'warning warn wrn w',
  [NOTICE]: 'notice success n',
  [INFO]: 'info inf information informational log config http i',
  [DEBUG]:
    'debug debg dbg dbug debug1 debug2 debug3 debug4 debug5 d1 d2 d3 d4 d5 trace trce trc verbose vrb silly fine finer finest all d t v',
}

const PRIORITY_OF_WORD = new Map(
  Object.entries(WORDS).flatMap(([priority, words]) => words.split(' ').map((word) => [word, Number(priority)])),
)
const LONGEST_WORD = 32

/** From which number on a level has which priority; none below the first, none from `end` on. */
interface Scale {
  readonly steps: readonly (readonly [from: number, priority: number])[]
  readonly end: number
}

const SYSLOG: Scale = {steps: PRIORITY_NAMES.map((_, priority) => [priority, priority] as const), end: 8}
/** pino and bunyan, whose own levels may lie between these. */
const PINO: Scale = {
  steps: [
    [10, DEBUG],
    [30, INFO],
    [40, WARNING],
    [50, ERR],
    [60, CRIT],
  ],
  end: 100,
}
/** Python's logging, and loguru, which has success between its info and its warning. */
const PYTHON: Scale = {
  steps: [
    [1, DEBUG],
    [20, INFO],
    [25, NOTICE],
    [30, WARNING],
    [40, ERR],
    [50, CRIT],
  ],
  end: 100,
}
/** Monolog. */
const MONOLOG: Scale = {
  steps: [
    [100, DEBUG],
    [200, INFO],
    [250, NOTICE],
    [300, WARNING],
    [400, ERR],
    [500, CRIT],
    [550, ALERT],
    [600, EMERG],
  ],
  end: 700,
}
/** Google Cloud (LogSeverity). */
const GOOGLE: Scale = {
  steps: [
    [100, DEBUG],
    [200, INFO],
    [300, NOTICE],
    [400, WARNING],
    [500, ERR],
    [600, CRIT],
    [700, ALERT],
    [800, EMERG],
  ],
  end: 900,
}
/** OpenTelemetry (logs data model, SeverityNumber). */
const OPEN_TELEMETRY: Scale = {
  steps: [
    [1, DEBUG],
    [9, INFO],
    [13, WARNING],
    [17, ERR],
    [21, CRIT],
  ],
  end: 25,
}
/** Go's slog, as its distance from INFO; its documentation has a notice at 2 and an emergency at 12. */
const SLOG: Scale = {
  steps: [
    [-Infinity, DEBUG],
    [0, INFO],
    [2, NOTICE],
    [4, WARNING],
    [8, ERR],
    [12, CRIT],
  ],
  end: Infinity,
}
const SLOG_BASE: Readonly<Record<string, number>> = {debug: -4, info: 0, warn: 4, error: 8}

/** Which scales a number is of that stands in a field of this name; they don't overlap. Others are of {@link USUAL}. */
const SCALES: Readonly<Record<string, readonly Scale[]>> = {
  levelno: [PYTHON],
  severity: [SYSLOG, GOOGLE],
  severitynumber: [OPEN_TELEMETRY],
  severity_number: [OPEN_TELEMETRY],
}
const USUAL = [SYSLOG, PINO, MONOLOG]

/**
 * The priority that a level has, as libraries write it: a name in any case, one of slog with its distance (`INFO+2`),
 * or a number. Whose number it is shows in the field that it stands in: 30 is info to pino in `level`, and a warning to
 * Python in `levelno`.
 *
 * @param field the last part of the field's name, in any case
 */
export function priorityOfLevel(level: string | number, field = ''): number | undefined {
  if (typeof level === 'number') return priorityOfNumber(level, field)
  if (level.length > LONGEST_WORD) return undefined
  const word = level.trim().toLowerCase()
  const named = PRIORITY_OF_WORD.get(word)
  if (named !== undefined) return named
  if (/^\d+$/.test(word)) return priorityOfNumber(Number(word), field)
  const [, base = '', distance] = /^(debug|info|warn|error)([+-]\d{1,3})$/.exec(word) ?? []
  return distance === undefined ? undefined : on(SLOG, (SLOG_BASE[base] ?? 0) + Number(distance))
}

function priorityOfNumber(level: number, field: string): number | undefined {
  const name = field.toLowerCase()
  for (const scale of Object.hasOwn(SCALES, name) ? (SCALES[name] ?? USUAL) : USUAL) {
    const priority = on(scale, level)
    if (priority !== undefined) return priority
  }
  return undefined
}

function on({steps, end}: Scale, level: number): number | undefined {
  return level < end ? steps.findLast(([from]) => from <= level)?.[1] : undefined
}
