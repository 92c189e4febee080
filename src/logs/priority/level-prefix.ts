const LESS = 0x3c
const GREATER = 0x3e
const ZERO = 0x30
/** The most digits that journald takes. */
const DIGITS = 3

/** A priority that stands at the beginning of a line, and how many bytes it takes there. */
export interface LevelPrefix {
  readonly priority: number
  readonly length: number
}

/**
 * The prefix of a line that journald takes off where `SyslogLevelPrefix=` holds (sd-daemon(3); systemd,
 * src/journal/journald-stream.c): `<0>` to `<7>`, also with zeros before the digit. One with a facility, as `<30>`, is
 * text to it.
 */
export function levelPrefix(line: Buffer): LevelPrefix | undefined {
  if (line[0] !== LESS) return undefined
  let priority = 0
  for (let at = 1; at <= DIGITS + 1; at++) {
    const byte = line[at] ?? 0
    if (byte === GREATER) return at > 1 && priority <= 7 ? {priority, length: at + 1} : undefined
    const digit = byte - ZERO
    if (digit < 0 || digit > 9) return undefined
    priority = priority * 10 + digit
  }
  return undefined
}
