import {writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import type {RunRequest} from '../../../src/docker/run-options/draft.js'
import {settingsInForce} from '../../../src/config/settings.js'
import type {CreateRequest} from '../../../src/docker/create-request.js'
import {PODMAN_OPTIONS} from '../../../src/docker/run-options/podman.js'
import {RUN_OPTIONS, type RunOption} from '../../../src/docker/run-options/table.js'
import {BUILT_IN} from '../../../src/plugins/index.js'
import type {OptionValue} from '../../../src/options/option.js'
import {declarationsOf} from '../../../src/run/site.js'
import {parseWords} from '../../../src/options/words.js'
import {asksForHelp, parseCommandLine, parseRunRequest, rulesOf} from '../../../src/run/command-line.js'
import {surroundings} from '../../support/run-options/surroundings.js'
import {useTempDirectory} from '../../support/temp-directory.js'
import {thrownBy} from '../../support/thrown.js'

const DECLARATIONS = declarationsOf(BUILT_IN.map((plugin) => ({plugin, from: 'systemd-docker'})))

/** The options in force that a line's words set, with nothing in the environment and no file. */
function settingsOf(...words: string[]): Record<string, OptionValue> {
  const {given} = parseCommandLine(words, DECLARATIONS)
  const settings = settingsInForce(DECLARATIONS, given, {}, [], {unit: undefined, host: 'alpha'})
  return Object.fromEntries(Object.entries(settings).map(([name, {value}]) => [name, value]))
}

function orderOf(...words: string[]): Promise<RunRequest> {
  return parseRunRequest(words, surroundings({env: {HERE: 'ours'}}), DECLARATIONS)
}

async function requestOf(...words: string[]): Promise<CreateRequest> {
  return (await orderOf(...words)).request
}

describe('a line', () => {
  test('a line without run gives another command and what follows it', () => {
    expect(parseCommandLine(['a', 'b', '-d'], DECLARATIONS)).toEqual({
      given: [],
      client: [],
      command: 'a',
      rest: ['b', '-d'],
    })
  })

  test('a line without a command gives none', () => {
    expect(parseCommandLine(['--notify'], DECLARATIONS)).toEqual({
      given: [{name: 'notify', value: 'true'}],
      client: [],
      command: undefined,
      rest: [],
    })
    expect(parseCommandLine([], DECLARATIONS)).toEqual({given: [], client: [], command: undefined, rest: []})
  })

  test('the options before run end where it begins, and its words are not looked at', () => {
    expect(parseCommandLine(['--env', 'run', '--env', 'A=b', '--logs=maybe', 'image'], DECLARATIONS)).toEqual({
      given: [{name: 'env', value: 'true'}],
      client: [],
      command: 'run',
      rest: ['--env', 'A=b', '--logs=maybe', 'image'],
    })
  })

  test('a line may have -- before its command', () => {
    expect(parseCommandLine(['--notify', '--', 'run', 'image'], DECLARATIONS)).toMatchObject({
      command: 'run',
      rest: ['image'],
    })
  })
})

describe('before run', () => {
  test('a line of run alone leaves every option at its default', () => {
    expect(settingsOf('run', 'image')).toEqual({
      cgroups: ['all'],
      credentials: true,
      env: false,
      'env-allow': [],
      'env-deny': [],
      'env-prefix': [],
      logs: true,
      notify: false,
      'on-drift': 'adopt',
      'pid-file': undefined,
    })
  })

  test.each([
    ['--cgroups all', ['all']],
    ['--cgroups=all', ['all']],
    ['-c all', ['all']],
    ['-call', ['all']],
    ['--cgroups name=systemd', ['name=systemd']],
    ['-c=name=systemd', ['name=systemd']],
    ['--cgroups a --cgroups b', ['a', 'b']],
    ['-c b --cgroups=a -c c', ['b', 'a', 'c']],
  ])('the option %s moves the container to these cgroups, in order', (words, cgroups) => {
    expect(settingsOf(...words.split(' '), 'run', 'image')).toMatchObject({cgroups})
  })

  test.each([
    ['--notify', {notify: true}],
    ['--notify=false', {notify: false}],
    ['-n', {notify: true}],
    ['--env', {env: true}],
    ['-e', {env: true}],
    ['--logs', {logs: true}],
    ['--logs=true', {logs: true}],
    ['--logs=false', {logs: false}],
    ['-l', {logs: true}],
    ['-l=false', {logs: false}],
    ['-en', {env: true, notify: true}],
    ['-enl=false', {env: true, notify: true, logs: false}],
    ['--logs=false --logs', {logs: true}],
    ['--pid-file /run/x.pid', {'pid-file': '/run/x.pid'}],
    ['--pid-file=/run/x.pid', {'pid-file': '/run/x.pid'}],
    ['-p /run/x.pid', {'pid-file': '/run/x.pid'}],
    ['-p=/run/x.pid', {'pid-file': '/run/x.pid'}],
    ['-en -c cpu -p /run/x.pid', {env: true, notify: true, cgroups: ['cpu'], 'pid-file': '/run/x.pid'}],
  ])('the option %s is understood', (words, settings) => {
    const line = parseCommandLine([...words.split(' '), 'run', 'image'], DECLARATIONS)
    expect(line).toMatchObject({command: 'run', rest: ['image']})
    expect(settingsOf(...words.split(' '), 'run', 'image')).toMatchObject(settings)
  })

  test.each([
    [['--log', 'run'], 'UNKNOWN_OPTION', 'unknown option --log, did you mean --logs? (see systemd-docker run --help)'],
    [
      ['--rm', 'run'],
      'UNKNOWN_OPTION',
      'unknown option --rm, which is an option of docker run and belongs after `run` (see systemd-docker run --help)',
    ],
    [
      ['-d', 'run'],
      'UNKNOWN_OPTION',
      'unknown option -d, which is an option of docker run and belongs after `run` (see systemd-docker run --help)',
    ],
    [
      ['--logs=maybe', 'run'],
      'BAD_VALUE',
      'invalid value "maybe" for --logs: use true, false, stream, journal or native',
    ],
    [['--pid-file'], 'MISSING_VALUE', 'option --pid-file needs a value'],
  ])('the line %j is refused', (words, code, message) => {
    expect(thrownBy(() => parseCommandLine(words, DECLARATIONS))).toMatchObject({code, message})
  })
})

describe("before run, an option of docker's client", () => {
  test.each([
    ['-H unix:///run/a.sock', 'host', 'unix:///run/a.sock'],
    ['-Hunix:///run/a.sock', 'host', 'unix:///run/a.sock'],
    ['--host=unix:///run/a.sock', 'host', 'unix:///run/a.sock'],
    ['--context default', 'context', 'default'],
    ['-c default', 'context', 'default'],
    ['-c=desktop-linux', 'context', 'desktop-linux'],
    ['-D', 'debug', 'true'],
    ['-l error', 'log-level', 'error'],
    ['-lerror', 'log-level', 'error'],
    ['-l=debug', 'log-level', 'debug'],
    ['--log-level=warn', 'log-level', 'warn'],
    ['--tls', 'tls', 'true'],
    ['--tlsverify=false', 'tlsverify', 'false'],
    ['--tlscacert ca.pem', 'tlscacert', 'ca.pem'],
  ])('%s is taken, and none of ours', (words, name, value) => {
    const line = parseCommandLine([...words.split(' '), '--notify', 'run', '--rm', 'image'], DECLARATIONS)
    expect(line).toEqual({
      given: [{name: 'notify', value: 'true'}],
      client: [{name, value}],
      command: 'run',
      rest: ['--rm', 'image'],
    })
  })

  test.each([
    ['-DH unix:///a run', [{name: 'debug', value: 'true'}, {name: 'host', value: 'unix:///a'}], []], // prettier-ignore
    ['-el error run', [{name: 'log-level', value: 'error'}], [{name: 'env', value: 'true'}]],
    ['-l run', [], [{name: 'logs', value: 'true'}]],
    ['-l=false run', [], [{name: 'logs', value: 'false'}]],
    ['-c memory run', [], [{name: 'cgroups', value: 'memory'}]],
    ['-c name=systemd run', [], [{name: 'cgroups', value: 'name=systemd'}]],
    ['--cgroups default run', [], [{name: 'cgroups', value: 'default'}]],
  ])('a letter that both have is told apart by what follows it: %s', (words, client, given) => {
    expect(parseCommandLine(words.split(' '), DECLARATIONS)).toEqual({given, client, command: 'run', rest: []})
  })

  test("an option of a site's plugin with the same name or letter wins", () => {
    const declared = {
      ...DECLARATIONS,
      context: {kind: 'string', summary: 'x'},
      hurry: {kind: 'boolean', char: 'H', summary: 'x'},
    } as const
    expect(parseCommandLine(['--context', 'x', '-H', 'run', 'image'], declared)).toMatchObject({
      given: [
        {name: 'context', value: 'x'},
        {name: 'hurry', value: 'true'},
      ],
      client: [],
    })
  })
})

test('docker container run is docker run', () => {
  expect(parseCommandLine(['--notify', 'container', 'run', '--rm', 'image'], DECLARATIONS)).toEqual({
    given: [{name: 'notify', value: 'true'}],
    client: [],
    command: 'run',
    rest: ['--rm', 'image'],
  })
  expect(parseCommandLine(['container', 'ls'], DECLARATIONS)).toMatchObject({command: 'container', rest: ['ls']})
})

describe('after run, an option of podman', () => {
  test.each(Object.entries(PODMAN_OPTIONS))('--%s is refused, and what to write instead is said', async (name, row) => {
    const [value = 'value'] = row.values ?? []
    const message = `option --${name} is refused: only podman has it; ${row.instead}`
    await expect(orderOf(`--${name}=${value}`, 'image')).rejects.toMatchObject({code: 'REFUSED_OPTION', message})
    await expect(orderOf(`--${name}`, value, 'image')).rejects.toMatchObject({code: 'REFUSED_OPTION', message})
  })

  test('no option of docker run is refused as one of podman', () => {
    expect(Object.keys(PODMAN_OPTIONS).filter((name) => name in RUN_OPTIONS)).toEqual([])
  })
})

describe('--env', () => {
  test('--env before run is ours and takes no value', () => {
    expect(parseCommandLine(['--env', 'run', 'image'], DECLARATIONS)).toMatchObject({command: 'run', rest: ['image']})
    expect(settingsOf('--env', 'run', 'image')).toMatchObject({env: true})
  })

  test("--env after run is docker's and takes a value", async () => {
    const {body} = await requestOf('--env', 'A=b', 'image')
    expect(body).toMatchObject({Image: 'image', Env: ['A=b']})
    expect(settingsOf('run', '--env', 'A=b', 'image')).toMatchObject({env: false})
  })

  test('--env after run needs its value', async () => {
    await expect(orderOf('--env')).rejects.toMatchObject({
      code: 'MISSING_VALUE',
      message: 'option --env needs a value',
    })
  })
})

describe('--name', () => {
  test.each([['--name=blah'], ['--name', 'blah'], ['-name', 'blah'], ['-name=blah']])(
    '--name after run names the container: %s %s',
    async (...words) => {
      expect(await requestOf(...words, 'image')).toMatchObject({name: 'blah', body: {Image: 'image'}})
    },
  )

  test('a line without --name leaves the name to the Engine', async () => {
    expect(await requestOf('image')).not.toHaveProperty('name')
  })

  test('--name with nothing after it is an error', async () => {
    await expect(orderOf('--name')).rejects.toMatchObject({
      code: 'MISSING_VALUE',
      message: 'option --name needs a value',
    })
  })
})

describe('--rm', () => {
  test.each([
    ['--rm', true],
    ['-rm', true],
    ['--rm=true', true],
    ['--rm=false', false],
    ['-rm=false', false],
  ])('--rm is read as docker does: %s', async (word, autoRemove) => {
    expect((await requestOf(word, 'image')).body.HostConfig.AutoRemove).toBe(autoRemove)
  })
})

describe('-d', () => {
  /** What `-d` says of the container's streams: nobody is attached to them. */
  const NOBODY = {AttachStdin: false, AttachStdout: false, AttachStderr: false, StdinOnce: false}

  test.each([['-d'], ['--detach'], ['--detach=true']])(
    '-d after run changes nothing but who is attached: %s',
    async (word) => {
      const {request, ...plain} = await orderOf('--name', 'web', '-e', 'A=b', 'image', 'word')
      const detached = {...plain, detached: true, request: {...request, body: {...request.body, ...NOBODY}}}
      expect(await orderOf(word, '--name', 'web', '-e', 'A=b', 'image', 'word')).toEqual(detached)
    },
  )

  test.each([['--detach=false'], ['-d=false']])('a -d that says no changes nothing: %s', async (word) => {
    const plain = await orderOf('--name', 'web', '-e', 'A=b', 'image', 'word')
    expect(await orderOf(word, '--name', 'web', '-e', 'A=b', 'image', 'word')).toEqual(plain)
  })

  test('-d joined to other letters leaves them what they are', async () => {
    expect(await orderOf('-dit', 'image')).toEqual(await orderOf('-d', '-it', 'image'))
    expect((await requestOf('-dit', 'image')).body).toMatchObject({OpenStdin: true, Tty: true, ...NOBODY})
  })
})

describe('the words after the image', () => {
  test.each([
    ['alpine sh --rm -c x', ['sh', '--rm', '-c', 'x']],
    ['alpine --name y', ['--name', 'y']],
    ['alpine --name', ['--name']],
    ['alpine --gpus all', ['--gpus', 'all']],
    ['alpine --nonsense', ['--nonsense']],
    ['alpine -- x', ['--', 'x']],
    ['alpine', []],
  ])("the words of %s after the image are the container's", async (line, command) => {
    const request = await requestOf(...line.split(' '))
    expect(request).not.toHaveProperty('name')
    expect(request.body).toMatchObject({Image: 'alpine', Cmd: command, HostConfig: {AutoRemove: false}})
  })

  test('the words after the image are taken as they stand', async () => {
    const {body} = await requestOf('alpine', 'sh', '-c', 'echo "$HOME"  *', '')
    expect(body.Cmd).toEqual(['sh', '-c', 'echo "$HOME"  *', ''])
  })
})

describe('the image', () => {
  test('the image may stand behind --', async () => {
    expect((await requestOf('--rm', '--', 'alpine', '--rm')).body).toMatchObject({Image: 'alpine', Cmd: ['--rm']})
  })

  test.each([[[]], [['--rm']], [['--name', 'web']], [['--rm', '--']], [['']]])(
    'the image is missing in %j',
    async (words) => {
      await expect(orderOf(...words)).rejects.toMatchObject({code: 'MISSING_IMAGE'})
    },
  )
})

/**
 * Every way to write an option. A long one with a single dash is one only where its first letter is no short option.
 */
function spellingsOf(name: string, {char, takes}: RunOption): string[][] {
  const dashes = isShort(name.charAt(0)) ? ['--'] : ['--', '-']
  const value = 'value'
  if (takes === 'value')
    return [
      ...dashes.flatMap((dash) => [[`${dash}${name}`, value], [`${dash}${name}=${value}`]]),
      ...(char === undefined ? [] : [[`-${char}`, value], [`-${char}${value}`], [`-${char}=${value}`]]),
      ...(char === undefined ? [] : [[`-it${char}`, value], [`-it${char}${value}`]]),
    ]
  return [
    ...dashes.flatMap((dash) => [[`${dash}${name}`], [`${dash}${name}=true`], [`${dash}${name}=false`]]),
    ...(char === undefined ? [] : [[`-${char}`], [`-${char}=true`], [`-it${char}`], [`-${char}it`]]),
  ]
}

function isShort(letter: string): boolean {
  return Object.values(RUN_OPTIONS).some(({char}) => char === letter)
}

const SPELLED = Object.entries(RUN_OPTIONS).flatMap(([name, option]) =>
  spellingsOf(name, option).map((words) => ({name, words, line: words.join(' ')})),
)

describe('every docker run option in every spelling', () => {
  test.each(SPELLED)('an option in every spelling lets the image be found: $line', ({name, words}) => {
    const {given, rest} = parseWords([...words, 'image', '--name', 'inside'], RUN_OPTIONS)
    expect(rest).toEqual(['image', '--name', 'inside'])
    expect(given.map((option) => option.name)).toContain(name)
  })
})

describe('after run, an option that is', () => {
  test.each([
    ['--nmae', 'unknown option --nmae, did you mean --name? (see systemd-docker run --help)'],
    ['--volumes', 'unknown option --volumes, did you mean --volume? (see systemd-docker run --help)'],
    ['--enviroment=x', 'unknown option --enviroment (see systemd-docker run --help)'],
    ['--memroy=64m', 'unknown option --memroy, did you mean --memory? (see systemd-docker run --help)'],
    ['--restrat', 'unknown option --restrat, did you mean --restart? (see systemd-docker run --help)'],
    [
      '--cgroups',
      'unknown option --cgroups, which is an option of systemd-docker and belongs before `run` (see systemd-docker run --help)',
    ],
    [
      '--pid-file=/run/x',
      'unknown option --pid-file, which is an option of systemd-docker and belongs before `run` (see systemd-docker run --help)',
    ],
    [
      '-n',
      'unknown option -n, which is an option of systemd-docker and belongs before `run` (see systemd-docker run --help)',
    ],
    ['-z', 'unknown option -z (see systemd-docker run --help)'],
    ['-itz', 'unknown option -z in -itz (see systemd-docker run --help)'],
  ])('an option after run that is unknown is an error: %s', async (word, message) => {
    await expect(orderOf(word, 'image')).rejects.toMatchObject({code: 'UNKNOWN_OPTION', message})
  })

  test.each([
    [['--restart=always'], 'option --restart always is refused: systemd restarts the container; set Restart='],
    [
      ['--restart', 'on-failure:3'],
      'option --restart on-failure:3 is refused: systemd restarts the container; set Restart=',
    ],
    [['--cpu-count', '2'], 'option --cpu-count is refused: it is for containers on Windows'],
    [['--use-api-socket'], "option --use-api-socket is refused: it would pass docker's logins to the container"],
    [['--disable-content-trust=false'], 'option --disable-content-trust=false is refused: systemd-docker verifies no'],
  ])('an option after run that is refused is an error: %j', async (words, message) => {
    const ordering = orderOf(...words, 'image')
    await expect(ordering).rejects.toMatchObject({code: 'REFUSED_OPTION'})
    await expect(ordering).rejects.toThrow(message)
  })

  test('--restart=no changes nothing', async () => {
    expect(await orderOf('--restart=no', 'image')).toEqual(await orderOf('image'))
  })

  test.each([
    [['--memory=much'], 'invalid value "much" for --memory: '],
    [['-m', 'much'], 'invalid value "much" for --memory: '],
    [['--cpus', 'all'], 'invalid value "all" for --cpus: '],
    [['-p', 'http'], 'invalid value "http" for --publish: '],
    [['-v', 'data'], 'invalid value "data" for --volume: '],
    [['-e', '=x'], 'invalid value "=x" for --env: '],
    [['--ulimit', 'x=1'], 'invalid value "x=1" for --ulimit: '],
    [['--mount', 'type=bind'], 'invalid value "type=bind" for --mount: '],
    [['--tmpfs', 'data'], 'invalid value "data" for --tmpfs: '],
    [['--pull', 'maybe'], 'invalid value "maybe" for --pull: '],
    [['--stop-timeout', 'soon'], 'invalid value "soon" for --stop-timeout: '],
    [['--rm=maybe'], 'invalid value "maybe" for --rm: '],
    [['-t=maybe'], 'invalid value "maybe" for -t: '],
  ])('an option after run with a bad value is an error that names both: %j', async (words, message) => {
    const ordering = orderOf(...words, 'image')
    await expect(ordering).rejects.toMatchObject({code: 'BAD_VALUE'})
    await expect(ordering).rejects.toThrow(message)
  })
})

describe('the environment', () => {
  const inTemp = useTempDirectory()

  test('a variable of --env wins over a file, wherever they stand', async () => {
    await writeFile(inTemp('variables.env'), 'A=file\nB=file\n')
    const {request} = await parseRunRequest(
      ['-e', 'A=line', '--env-file', 'variables.env', '-e', 'C=line', 'image'],
      surroundings({cwd: inTemp()}),
      DECLARATIONS,
    )
    expect(request.body.Env).toEqual(['A=file', 'B=file', 'A=line', 'C=line'])
  })

  test('a variable of the later of several files wins', async () => {
    await writeFile(inTemp('one.env'), 'A=one')
    await writeFile(inTemp('two.env'), 'A=two')
    const {request} = await parseRunRequest(
      ['--env-file=one.env', '--env-file=two.env', 'image'],
      surroundings({cwd: inTemp()}),
      DECLARATIONS,
    )
    expect(request.body.Env).toEqual(['A=one', 'A=two'])
  })

  test('a variable of ours is taken where --env has a name alone', async () => {
    expect((await requestOf('-e', 'HERE', 'image')).body.Env).toEqual(['HERE=ours'])
  })
})

test('a line as it stands in a unit file comes to one create request', async () => {
  const order = await orderOf(
    ...'--rm --name web -p 127.0.0.1:8080:80 -v /srv/www:/www:ro -e A=b -m 64m --pull=always -it nginx:1.27 nginx -g'.split(
      ' ',
    ),
  )
  expect(order).toMatchObject({
    pull: 'always',
    request: {
      name: 'web',
      body: {
        Image: 'nginx:1.27',
        Cmd: ['nginx', '-g'],
        Env: ['A=b'],
        Tty: true,
        OpenStdin: true,
        ExposedPorts: {'80/tcp': {}},
        HostConfig: {
          AutoRemove: true,
          Binds: ['/srv/www:/www:ro'],
          Memory: 67_108_864,
          PortBindings: {'80/tcp': [{HostIp: '127.0.0.1', HostPort: '8080'}]},
        },
      },
    },
  })
})

test('the image is fetched when it is missing, unless --pull says otherwise', async () => {
  expect((await orderOf('image')).pull).toBe('missing')
  expect((await orderOf('--pull', 'never', 'image')).pull).toBe('never')
})

describe('help', () => {
  test.each([
    ['--help', true],
    ['--rm --help', true],
    ['--name web --help image', true],
    ['--help=false image', false],
    ['--name --help image', false],
    ['image --help', false],
    ['image', false],
    ['--gpus all --help', true],
  ])('help is asked for by "run %s": %s', (words, asked) => {
    expect(asksForHelp(words.split(' '), DECLARATIONS)).toBe(asked)
  })
})

test("an option's rule has its letter, and a value unless it is a switch", () => {
  expect(
    rulesOf({
      logs: {kind: 'boolean', char: 'l', summary: ''},
      cgroups: {kind: 'list', char: 'c', summary: ''},
      'pid-file': {kind: 'string', summary: ''},
    }),
  ).toEqual({
    logs: {char: 'l', takes: 'nothing'},
    cgroups: {char: 'c', takes: 'value'},
    'pid-file': {takes: 'value'},
  })
})
