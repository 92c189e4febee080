import {describe, expect, test} from 'vitest'
import {envInjection} from '../../../src/plugins/env-injection.js'
import {hookContext, plainRequest, pluginHost} from '../../../src/testing/plugin-host.js'

/** What the container's environment comes to, where the unit has `env` and the line says `said`. */
async function injected(
  env: NodeJS.ProcessEnv,
  said: readonly string[] = [],
  {allow = [], deny = [], prefix = []}: {allow?: string[]; deny?: string[]; prefix?: string[]} = {},
): Promise<string[]> {
  const request = plainRequest()
  request.body.Env.push(...said)
  const hooks = envInjection.setup(
    {env: true, 'env-allow': allow, 'env-deny': deny, 'env-prefix': prefix},
    pluginHost({env}).host,
  )
  await hooks?.resolve?.({...hookContext().context, request})
  return request.body.Env
}

describe('with --env', () => {
  test("the unit's variables become the container's, in their order", async () => {
    expect(await injected({B: '2', A: '1', EMPTY: '', SPACED: 'a b=c'})).toEqual([
      'B=2',
      'A=1',
      'EMPTY=',
      'SPACED=a b=c',
    ])
  })

  test("the unit's variables stand before what the line says", async () => {
    expect(await injected({A: 'unit'}, ['B=line'])).toEqual(['A=unit', 'B=line'])
  })

  test('a variable that the line says wins', async () => {
    expect(await injected({A: 'unit', B: 'unit'}, ['A=line', 'A=again'])).toEqual(['B=unit', 'A=line', 'A=again'])
  })

  test("a variable of systemd's or the login's own stays out", async () => {
    expect(
      await injected({
        A: 'unit',
        PATH: '/usr/bin',
        HOME: '/root',
        NOTIFY_SOCKET: '/run/systemd/notify',
        INVOCATION_ID: '0123',
        LISTEN_FDS: '1',
        SYSTEMD_DOCKER_LOGS: 'false',
      }),
    ).toEqual(['A=unit'])
  })

  test("a variable of systemd's that the line gives is the container's", async () => {
    expect(await injected({PATH: '/usr/bin'}, ['PATH=/bin'])).toEqual(['PATH=/bin'])
  })

  test('a variable without a value is none', async () => {
    expect(await injected({A: undefined})).toEqual([])
  })
})

test('the plugin sits the run out without --env', () => {
  expect(
    envInjection.setup(
      {env: false, 'env-allow': ['*'], 'env-deny': [], 'env-prefix': []},
      pluginHost({env: {A: 'unit'}}).host,
    ),
  ).toBeUndefined()
})

describe('meant for the service process and not for the container', () => {
  test.each([
    'NOTIFY_SOCKET',
    'WATCHDOG_PID',
    'WATCHDOG_USEC',
    'LISTEN_FDS',
    'LISTEN_FDNAMES',
    'LISTEN_PID',
    'INVOCATION_ID',
    'JOURNAL_STREAM',
    'SYSTEMD_EXEC_PID',
    'MAINPID',
    'MANAGERPID',
    'PIDFILE',
    'RUNTIME_DIRECTORY',
    'STATE_DIRECTORY',
    'CACHE_DIRECTORY',
    'LOGS_DIRECTORY',
    'CONFIGURATION_DIRECTORY',
    'CREDENTIALS_DIRECTORY',
    'SERVICE_RESULT',
    'EXIT_CODE',
    'EXIT_STATUS',
    'MONITOR_UNIT',
    'TRIGGER_PATH',
    'DOCKER_AUTH_CONFIG',
    'DOCKER_CUSTOM_HEADERS',
    'MEMORY_PRESSURE_WATCH',
    'PATH',
    'HOME',
    'USER',
    'LOGNAME',
    'SHELL',
    'TERM',
    'PWD',
    'XDG_RUNTIME_DIR',
    'SYSTEMD_DOCKER_PID_FILE',
    '_',
  ])('the variable %s is meant for the service process and not for the container', async (name) => {
    expect(await injected({[name]: 'x'})).toEqual([])
  })

  test.each(['LANG', 'TZ', 'PATHS', 'MY_HOME', 'LISTEN', 'WATCHDOG', 'path', 'DOCKER_HOST', 'SYSTEMD', '__'])(
    'the variable %s is not meant for the service process alone',
    async (name) => {
      expect(await injected({[name]: 'x'})).toEqual([`${name}=x`])
    },
  )
})

describe('with patterns', () => {
  const env = {APP_A: '1', APP_B: '2', OTHER: '3', HOME: '/root', NOTIFY_SOCKET: '/run/x'}

  test.each([
    ['what is allowed passes, and nothing else', {allow: ['APP_*']}, ['APP_A=1', 'APP_B=2']],
    ['? is one letter', {allow: ['APP_?', 'OTHE?']}, ['APP_A=1', 'APP_B=2', 'OTHER=3']],
    ['what is denied stays out, also when it is allowed', {allow: ['APP_*'], deny: ['*_B']}, ['APP_A=1']],
    ['denying leaves the rest', {deny: ['APP_*']}, ['OTHER=3']],
    ["the user's own pass by their names", {allow: ['HOME', 'OTHER']}, ['OTHER=3', 'HOME=/root']],
    ["the user's own do not pass by a pattern", {allow: ['*']}, ['APP_A=1', 'APP_B=2', 'OTHER=3']],
    ["systemd's own never pass", {allow: ['NOTIFY_SOCKET']}, []],
    ['a pattern is the whole name, and its dots are dots', {allow: ['APP', 'OTH.R']}, []],
    ['a prefix is taken away', {allow: ['APP_*'], prefix: ['APP_=']}, ['A=1', 'B=2']],
    [
      'a prefix is exchanged, the first that fits',
      {allow: ['APP_*'], prefix: ['APP_=X_', 'APP_A=Y']},
      ['X_A=1', 'X_B=2'],
    ],
    ['a name that is all prefix is kept', {allow: ['OTHER'], prefix: ['OTHER=']}, ['OTHER=3']],
  ])('the patterns pick the variables: %s', async (_, patterns, expected) => {
    expect((await injected(env, [], patterns)).sort()).toEqual(expected.sort())
  })

  test('a variable that the line says wins over one by its new name', async () => {
    expect(await injected(env, ['A=line'], {allow: ['APP_A'], prefix: ['APP_=']})).toEqual(['A=line'])
  })

  test.each(['APP_', '=X', ''])('a prefix that says %j is refused', async (prefix) => {
    await expect(injected(env, [], {prefix: [prefix]})).rejects.toMatchObject({code: 'BAD_VALUE'})
  })
})
