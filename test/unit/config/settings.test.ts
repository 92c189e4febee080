import {describe, expect, test} from 'vitest'
import {settingsInForce, variableOf, type Settings} from '../../../src/config/settings.js'
import type {OptionDeclarations} from '../../../src/options/option.js'
import {thrownBy} from '../support/thrown.js'

const DECLARATIONS: OptionDeclarations = {
  logs: {kind: 'boolean', default: true, summary: 'forward the output'},
  notify: {kind: 'boolean', summary: 'leave it to the container'},
  cgroups: {kind: 'list', default: ['all'], summary: 'move to these'},
  labels: {kind: 'list', summary: 'add these'},
  'pid-file': {kind: 'string', summary: 'write the PID'},
  level: {kind: 'string', default: 'info', summary: 'say this much'},
}

function inForce({
  given = [],
  env = {},
  file = {},
}: {
  given?: {name: string; value: string}[]
  env?: NodeJS.ProcessEnv
  file?: Settings
}): Settings {
  return settingsInForce(DECLARATIONS, given, env, file)
}

test('what nobody says is the declared default, or off, or empty, or nothing', () => {
  expect(inForce({})).toEqual({
    logs: true,
    notify: false,
    cgroups: ['all'],
    labels: [],
    'pid-file': undefined,
    level: 'info',
  })
})

describe('the line wins over the environment, that over the file, and that over the default', () => {
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
  ])('with %s', (_, sources, settings) => {
    expect(inForce(sources)).toMatchObject(settings)
  })
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
    ['SYSTEMD_DOCKER_CGROUPS', 'cpu', {cgroups: ['cpu']}],
    ['SYSTEMD_DOCKER_CGROUPS', ',cpu,,memory,', {cgroups: ['cpu', 'memory']}],
    ['SYSTEMD_DOCKER_CGROUPS', '', {cgroups: []}],
    ['SYSTEMD_DOCKER_PID_FILE', '/run/x,y.pid', {'pid-file': '/run/x,y.pid'}],
  ])('%s=%s', (variable, value, settings) => {
    expect(inForce({env: {[variable]: value}})).toMatchObject(settings)
  })

  test.each(['yes', '', 'TruE'])('a switch that says %j is refused, and the variable is named', (value) => {
    expect(thrownBy(() => inForce({env: {SYSTEMD_DOCKER_LOGS: value}}))).toMatchObject({
      code: 'BAD_VALUE',
      message: `invalid value "${value}" for SYSTEMD_DOCKER_LOGS: say true or false`,
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
