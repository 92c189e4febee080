import {describe, expect, test} from 'vitest'
import {settingsInForce, variableOf} from '../../../src/config/settings.js'
import type {OptionDeclarations, OptionValue} from '../../../src/options/option.js'
import {thrownBy} from '../../support/thrown.js'

const DECLARATIONS: OptionDeclarations = {
  logs: {kind: 'boolean', default: true, summary: 'forward the output'},
  notify: {kind: 'boolean', modes: ['relay', 'raw'], summary: 'leave it to the container'},
  cgroups: {kind: 'list', default: ['all'], summary: 'move to these'},
  labels: {kind: 'list', summary: 'add these'},
  'pid-file': {kind: 'string', summary: 'write the PID'},
  level: {kind: 'string', default: 'info', summary: 'say this much'},
}

const NAMES = {unit: 'web@1.service', host: 'alpha'}

interface Sources {
  given?: {name: string; value: string}[]
  env?: NodeJS.ProcessEnv
  file?: Record<string, OptionValue>
}

/** The values in force, where the one file of the configuration says `file`. */
function inForce(sources: Sources): Record<string, OptionValue> {
  return Object.fromEntries(Object.entries(settingsFrom(sources)).map(([name, {value}]) => [name, value]))
}

function settingsFrom({given = [], env = {}, file = {}}: Sources): ReturnType<typeof settingsInForce> {
  const layers = [{origin: 'config.yaml', values: file, enabled: {}}]
  return settingsInForce(DECLARATIONS, given, env, layers, NAMES)
}

test('an option that nobody sets is its declared default, or off, or empty, or nothing', () => {
  expect(inForce({})).toEqual({
    logs: true,
    notify: false,
    cgroups: ['all'],
    labels: [],
    'pid-file': undefined,
    level: 'info',
  })
})

describe('which value wins', () => {
  const line = {
    given: [
      {name: 'logs', value: 'false'},
      {name: 'cgroups', value: 'cpu'},
      {name: 'level', value: 'line'},
    ],
  }
  const environment = {
    env: {
      SYSTEMD_DOCKER_LOGS: 'true',
      SYSTEMD_DOCKER_CGROUPS: 'memory,pids',
      SYSTEMD_DOCKER_LEVEL: 'environment',
    },
  }
  const file = {file: {logs: false, cgroups: ['name=systemd'], level: 'file'}}

  test.each([
    ['all three', {...line, ...environment, ...file}, {logs: false, cgroups: ['cpu'], level: 'line'}],
    [
      'environment and file',
      {...environment, ...file},
      {logs: true, cgroups: ['memory', 'pids'], level: 'environment'},
    ],
    ['line and file', {...line, ...file}, {logs: false, cgroups: ['cpu'], level: 'line'}],
    ['the file alone', file, {logs: false, cgroups: ['name=systemd'], level: 'file'}],
  ])(
    'the line wins over the environment, that over the file, and that over the default, with %s',
    (_, sources, settings) => {
      expect(inForce(sources)).toMatchObject(settings)
    },
  )
})

describe('on the line', () => {
  test('a switch or a string given again is what was said last', () => {
    expect(
      inForce({
        given: [
          {name: 'notify', value: 'true'},
          {name: 'notify', value: 'false'},
          {name: 'pid-file', value: '/run/a'},
          {name: 'pid-file', value: '/run/b'},
        ],
      }),
    ).toMatchObject({notify: false, 'pid-file': '/run/b'})
  })

  test('a list given again is all that was said, in order', () => {
    expect(
      inForce({
        given: [
          {name: 'cgroups', value: 'cpu'},
          {name: 'labels', value: 'x'},
          {name: 'cgroups', value: 'a,b'},
        ],
      }),
    ).toMatchObject({cgroups: ['cpu', 'a,b'], labels: ['x']})
  })

  test('an empty string is a value', () => {
    expect(inForce({given: [{name: 'level', value: ''}], file: {level: 'file'}})).toMatchObject({level: ''})
  })
})

describe('in the environment', () => {
  test.each([
    ['SYSTEMD_DOCKER_LOGS', '0', {logs: false}],
    ['SYSTEMD_DOCKER_NOTIFY', 'T', {notify: true}],
    ['SYSTEMD_DOCKER_NOTIFY', 'raw', {notify: 'raw'}],
    ['SYSTEMD_DOCKER_CGROUPS', 'cpu', {cgroups: ['cpu']}],
    ['SYSTEMD_DOCKER_CGROUPS', ',cpu,,memory,', {cgroups: ['cpu', 'memory']}],
    ['SYSTEMD_DOCKER_CGROUPS', '', {cgroups: ['all']}],
    ['SYSTEMD_DOCKER_LOGS', '', {logs: true}],
    ['SYSTEMD_DOCKER_PID_FILE', '/run/x,y.pid', {'pid-file': '/run/x,y.pid'}],
  ])('the variable has its value: %s=%s', (variable, value, settings) => {
    expect(inForce({env: {[variable]: value}})).toMatchObject(settings)
  })

  test('a switch on the command line that is off, or says how it is on, wins over the file', () => {
    expect(inForce({given: [{name: 'notify', value: 'raw'}], file: {notify: true}})).toMatchObject({notify: 'raw'})
    expect(inForce({given: [{name: 'notify', value: 'false'}], file: {notify: 'raw'}})).toMatchObject({notify: false})
  })

  test.each(['yes', 'TruE'])('a switch that says %j is refused, and the variable is named', (value) => {
    expect(thrownBy(() => inForce({env: {SYSTEMD_DOCKER_LOGS: value}}))).toMatchObject({
      code: 'BAD_VALUE',
      message: `invalid value "${value}" for SYSTEMD_DOCKER_LOGS: use true or false`,
    })
  })

  test("variables that are no option's are let be", () => {
    expect(inForce({env: {SYSTEMD_DOCKER_COLOUR: 'red', LOGS: 'false'}})).toEqual(inForce({}))
  })
})

test.each([
  ['logs', 'SYSTEMD_DOCKER_LOGS'],
  ['pid-file', 'SYSTEMD_DOCKER_PID_FILE'],
  ['a-long-name', 'SYSTEMD_DOCKER_A_LONG_NAME'],
])("--%s's variable is %s", (option, variable) => {
  expect(variableOf(option)).toBe(variable)
})

test('a setting tells where its value came from', () => {
  const settings = settingsFrom({
    given: [{name: 'logs', value: 'false'}],
    env: {SYSTEMD_DOCKER_LEVEL: 'debug'},
    file: {'pid-file': '/run/x'},
  })
  expect(Object.fromEntries(Object.entries(settings).map(([name, {origin}]) => [name, origin]))).toEqual({
    logs: 'command line',
    notify: 'default',
    cgroups: 'default',
    labels: 'default',
    'pid-file': 'config.yaml',
    level: 'SYSTEMD_DOCKER_LEVEL',
  })
})

test('specifiers are replaced in what a file says, and nowhere else', () => {
  expect(inForce({file: {'pid-file': '/run/%n.pid', labels: ['%i', '%H']}})).toMatchObject({
    'pid-file': '/run/web@1.service.pid',
    labels: ['1', 'alpha'],
  })
  expect(inForce({given: [{name: 'pid-file', value: '/run/%n.pid'}]})).toMatchObject({'pid-file': '/run/%n.pid'})
})

test('the first of several layers that says anything wins', () => {
  const layers = [
    {origin: 'unit', values: {logs: false}, enabled: {}},
    {origin: 'all', values: {logs: true, level: 'all'}, enabled: {}},
  ]
  expect(settingsInForce(DECLARATIONS, [], {}, layers, NAMES)).toMatchObject({
    logs: {value: false, origin: 'unit'},
    level: {value: 'all', origin: 'all'},
  })
})
