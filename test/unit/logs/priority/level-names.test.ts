import {describe, expect, test} from 'vitest'
import {PRIORITY_NAMES, priorityOfLevel} from '../../../../src/logs/priority/level-names.js'

type Levels = readonly (readonly [level: string | number, priority: (typeof PRIORITY_NAMES)[number]])[]

const LIBRARIES: readonly {library: string; field: string; levels: Levels}[] = [
  {library: 'syslog', field: 'level', levels: PRIORITY_NAMES.map((name) => [name, name] as const)},
  {library: 'syslog by number', field: 'level', levels: PRIORITY_NAMES.map((name, number) => [number, name] as const)},
  {
    library: 'the journal',
    field: 'PRIORITY',
    levels: PRIORITY_NAMES.map((name, number) => [String(number), name] as const),
  },
  {
    library: 'pino and bunyan',
    field: 'level',
    levels: [
      [10, 'debug'],
      [20, 'debug'],
      [30, 'info'],
      [35, 'info'],
      [40, 'warning'],
      [50, 'err'],
      [60, 'crit'],
    ],
  },
  {
    library: 'zap and zerolog',
    field: 'level',
    levels: [
      ['trace', 'debug'],
      ['debug', 'debug'],
      ['info', 'info'],
      ['warn', 'warning'],
      ['error', 'err'],
      ['dpanic', 'crit'],
      ['panic', 'crit'],
      ['fatal', 'crit'],
    ],
  },
  {
    library: 'logrus',
    field: 'level',
    levels: [
      ['warning', 'warning'],
      ['panic', 'crit'],
    ],
  },
  {
    library: 'slog',
    field: 'level',
    levels: [
      ['DEBUG-4', 'debug'],
      ['DEBUG', 'debug'],
      ['INFO', 'info'],
      ['INFO+1', 'info'],
      ['INFO+2', 'notice'],
      ['INFO-1', 'debug'],
      ['WARN', 'warning'],
      ['WARN+1', 'warning'],
      ['WARN-1', 'notice'],
      ['ERROR', 'err'],
      ['ERROR+2', 'err'],
      ['ERROR+4', 'crit'],
    ],
  },
  {
    library: 'Python',
    field: 'levelname',
    levels: [
      ['DEBUG', 'debug'],
      ['INFO', 'info'],
      ['WARNING', 'warning'],
      ['ERROR', 'err'],
      ['CRITICAL', 'crit'],
    ],
  },
  {
    library: 'Python by number',
    field: 'levelno',
    levels: [
      [10, 'debug'],
      [20, 'info'],
      [25, 'notice'],
      [30, 'warning'],
      [40, 'err'],
      [50, 'crit'],
    ],
  },
  {
    library: 'winston',
    field: 'level',
    levels: [
      ['error', 'err'],
      ['http', 'info'],
      ['verbose', 'debug'],
      ['silly', 'debug'],
    ],
  },
  {
    library: 'log4j and java.util.logging',
    field: 'level',
    levels: [
      ['FATAL', 'crit'],
      ['SEVERE', 'err'],
      ['WARN', 'warning'],
      ['CONFIG', 'info'],
      ['FINE', 'debug'],
      ['FINEST', 'debug'],
    ],
  },
  {
    library: 'Monolog by number',
    field: 'level',
    levels: [
      [100, 'debug'],
      [200, 'info'],
      [250, 'notice'],
      [300, 'warning'],
      [400, 'err'],
      [500, 'crit'],
      [550, 'alert'],
      [600, 'emerg'],
    ],
  },
  {
    library: 'Google Cloud',
    field: 'severity',
    levels: [
      ['NOTICE', 'notice'],
      ['EMERGENCY', 'emerg'],
      [100, 'debug'],
      [300, 'notice'],
      [400, 'warning'],
      [800, 'emerg'],
      [4, 'warning'],
    ],
  },
  {
    library: 'OpenTelemetry',
    field: 'SeverityNumber',
    levels: [
      [1, 'debug'],
      [5, 'debug'],
      [9, 'info'],
      [13, 'warning'],
      [17, 'err'],
      [24, 'crit'],
    ],
  },
  {
    library: 'Serilog, .NET, and what is written short',
    field: '@l',
    levels: [
      ['Verbose', 'debug'],
      ['Information', 'info'],
      ['dbug', 'debug'],
      ['EROR', 'err'],
      ['WRN', 'warning'],
      ['I', 'info'],
      ['E', 'err'],
      ['D2', 'debug'],
    ],
  },
]

describe.each(LIBRARIES)('the levels of $library', ({field, levels}) => {
  test.each(levels)('%j is %s', (level, name) => {
    const priority = priorityOfLevel(level, field)
    expect(priority === undefined ? undefined : PRIORITY_NAMES[priority]).toBe(name)
  })
})

test('a level may have spaces around it', () => {
  expect(priorityOfLevel(' error ')).toBe(3)
})

test.each([
  '',
  'default',
  'off',
  'none',
  'levels',
  '-1',
  '6.5.4',
  'INFO+',
  'INFO+1000',
  'notice+1',
  'constructor',
  '__proto__',
  'error'.repeat(1000),
])('%j is no level', (level) => {
  expect(priorityOfLevel(level, '__proto__')).toBeUndefined()
})

test.each([
  ['level', 8],
  ['level', 9],
  ['level', -1],
  ['level', NaN],
  ['level', Infinity],
  ['level', 1e9],
  ['levelno', 0],
  ['severity', 50],
  ['severityNumber', 25],
])('in the field %s, %d is no level', (field, level) => {
  expect(priorityOfLevel(level, field)).toBeUndefined()
})
