/** Reads the priority out of the text of an entry, where that says one. Takes a bounded time, and does not throw. */
export type LevelReader = (text: Buffer) => number | undefined

/**
 * The fields that are looked at for a level, in lower case, the one that counts first: of zap, zerolog, logrus, slog,
 * pino, bunyan, winston, structlog, log4j, GELF and most others; Google Cloud; log15; the Elastic Common Schema;
 * Python's logging; Monolog; .NET; Serilog; hclog; loguru; OpenTelemetry; PostgreSQL; the journal itself.
 */
export const LEVEL_FIELDS: readonly string[] = [
  'level',
  'severity',
  'lvl',
  'log.level',
  'levelname',
  'level_name',
  'loglevel',
  'log_level',
  '@l',
  '@level',
  'record.level.name',
  'levelno',
  'severitytext',
  'severity_text',
  'severitynumber',
  'severity_number',
  'error_severity',
  'priority',
]

const NEWLINE = 0x0a

/** The last part of a field's name, by which it is known whose numbers are in it. */
export function lastPart(field: string): string {
  return field.slice(field.lastIndexOf('.') + 1)
}

/** Reads the level of an entry of several lines out of its first line or, where that says none, out of all of it. */
export function firstLineOrAll(read: LevelReader): LevelReader {
  return (text) => {
    const end = text.indexOf(NEWLINE)
    return end === -1 ? read(text) : (read(text.subarray(0, end)) ?? read(text))
  }
}
