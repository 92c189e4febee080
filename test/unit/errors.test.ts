import {readFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import * as errors from '../../src/errors.js'
import {SystemdDockerError, hasErrorCode, reason} from '../../src/errors.js'
import {codeRows} from '../support/markdown.js'

const CAUSE = new Error('first line\n  second line\n')

const ALL: readonly SystemdDockerError[] = [
  new errors.UnknownCommandError('ran', 'run'),
  new errors.UnknownOptionError('--nmae', '--name'),
  new errors.MissingValueError('--name'),
  new errors.BadValueError('--cpus', 'two\nlines', 'say a number'),
  new errors.RefusedOptionError('--gpus', 'not supported'),
  new errors.ConflictingOptionsError(
    '--no-healthcheck',
    '--health-cmd',
    'the first disables what the others configure',
  ),
  new errors.EngineTooOldError('--annotation', '1.43', '1.41'),
  new errors.CidFileError('/run/x.cid', 'it is there already', CAUSE),
  new errors.MissingImageError(),
  new errors.UnreadableFileError('--env-file', '/etc/x.env', CAUSE),
  new errors.IrregularFileError('/run/app/x.pid', 'it is a FIFO', CAUSE),
  new errors.ConfigurationError('/etc/systemd-docker/config.yaml', 'broken', CAUSE),
  new errors.EngineUnreachableError('unix:///var/run/docker.sock', CAUSE),
  new errors.EngineForbiddenError('unix:///var/run/docker.sock', CAUSE),
  new errors.EngineAddressError('DOCKER_HOST=tcp://10.0.0.1:2375', 'it is another host'),
  new errors.EngineElsewhereError('unix:///var/run/docker.sock', '--pid-file'),
  new errors.EngineRefusedError('create the container', 500, 'server error', CAUSE),
  new errors.EngineAnswerError('unix:///var/run/docker.sock', 'report its version and drivers', 'it is no JSON', CAUSE),
  new errors.EngineVersionError('unix:///var/run/docker.sock', 'client version 1.51 is too old', undefined, CAUSE),
  new errors.ImageMissingError('nginx'),
  new errors.PullError('nginx', 'not found', CAUSE),
  new errors.NameTakenError('web', 'it is being removed'),
  new errors.NameClaimedError('web', 'other.service', 'in use'),
  new errors.DriftError('web', 'was created from another command line'),
  new errors.HandoverError(['logs: it forwards them']),
  new errors.KillSignalError('SIGRTMIN+3'),
  new errors.ReloadSignalError('SIGRTMIN+3'),
  new errors.FinishError('there is no unit'),
  new errors.CannotInvokeError('permission denied', CAUSE),
  new errors.CommandNotFoundError('no such file', CAUSE),
  new errors.PidFileError('/run/x.pid', 'it is a directory', CAUSE),
  new errors.NotifyError('/run/systemd/notify', 'nobody listens', CAUSE),
  new errors.CgroupError('/sys/fs/cgroup/x', 'EBUSY', CAUSE),
  new errors.NotReadyError('it ended with status 0 while systemd-docker was waiting for tcp:localhost:80', {
    output: 'no database',
  }),
  new errors.RuntimeMissingError('binary not installed', CAUSE),
  new errors.StateError('/run/systemd-docker', 'no space left', CAUSE),
  new errors.SetupError('cannot install the shim', 'read-only file system', CAUSE),
  new errors.PluginLoadError('consul', 'no such plugin', CAUSE),
  new errors.PluginError('pid-file', 'started', CAUSE),
  new errors.UnitTypeError('x.service', 'forking'),
  new errors.StoppedError('SIGTERM'),
  new errors.DefectError('the run ended with work unfinished'),
]

const nameOf = (error: SystemdDockerError): string => error.constructor.name

describe('every error of ours', () => {
  test('every class of error is tried here', () => {
    const classes = Object.entries(errors).flatMap(([name, value]) =>
      typeof value === 'function' && value.prototype instanceof SystemdDockerError ? [name] : [],
    )
    expect(ALL.map(nameOf).toSorted()).toEqual(classes.toSorted())
  })

  test('every class of error has a code of its own', () => {
    expect(Object.fromEntries(ALL.map((error) => [nameOf(error), error.code]))).toEqual({
      BadValueError: 'BAD_VALUE',
      CannotInvokeError: 'CANNOT_INVOKE',
      CgroupError: 'CGROUP',
      CidFileError: 'CID_FILE',
      CommandNotFoundError: 'COMMAND_NOT_FOUND',
      ConfigurationError: 'CONFIGURATION',
      ConflictingOptionsError: 'CONFLICTING_OPTIONS',
      DefectError: 'DEFECT',
      EngineAddressError: 'ENGINE_ADDRESS',
      EngineAnswerError: 'ENGINE_ANSWER',
      EngineElsewhereError: 'ENGINE_ELSEWHERE',
      EngineForbiddenError: 'ENGINE_FORBIDDEN',
      EngineRefusedError: 'ENGINE_REFUSED',
      EngineTooOldError: 'ENGINE_TOO_OLD',
      EngineUnreachableError: 'ENGINE_UNREACHABLE',
      EngineVersionError: 'ENGINE_VERSION',
      ImageMissingError: 'IMAGE_MISSING',
      IrregularFileError: 'IRREGULAR_FILE',
      KillSignalError: 'KILL_SIGNAL',
      MissingImageError: 'MISSING_IMAGE',
      MissingValueError: 'MISSING_VALUE',
      DriftError: 'DRIFT',
      FinishError: 'FINISH',
      HandoverError: 'HANDOVER',
      NameClaimedError: 'NAME_CLAIMED',
      NameTakenError: 'NAME_TAKEN',
      NotReadyError: 'NOT_READY',
      NotifyError: 'NOTIFY',
      PidFileError: 'PID_FILE',
      PluginError: 'PLUGIN',
      PluginLoadError: 'PLUGIN_LOAD',
      PullError: 'PULL',
      RefusedOptionError: 'REFUSED_OPTION',
      ReloadSignalError: 'RELOAD_SIGNAL',
      RuntimeMissingError: 'RUNTIME_MISSING',
      SetupError: 'SETUP',
      StateError: 'STATE',
      StoppedError: 'STOPPED',
      UnitTypeError: 'UNIT_TYPE',
      UnknownCommandError: 'UNKNOWN_COMMAND',
      UnknownOptionError: 'UNKNOWN_OPTION',
      UnreadableFileError: 'UNREADABLE_FILE',
    })
    expect(new Set(ALL.map(({code}) => code)).size).toBe(42)
  })

  test.each(ALL.map((error) => [nameOf(error), error] as const))('%s has a message of one line', (_, {message}) => {
    expect(message).toMatch(/^\S.*\S$/)
  })

  test('an error keeps what caused it', () => {
    expect(ALL.filter(({cause}) => cause === CAUSE).map(nameOf)).toEqual([
      'CidFileError',
      'UnreadableFileError',
      'IrregularFileError',
      'ConfigurationError',
      'EngineUnreachableError',
      'EngineForbiddenError',
      'EngineRefusedError',
      'EngineAnswerError',
      'EngineVersionError',
      'PullError',
      'CannotInvokeError',
      'CommandNotFoundError',
      'PidFileError',
      'NotifyError',
      'CgroupError',
      'RuntimeMissingError',
      'StateError',
      'SetupError',
      'PluginLoadError',
      'PluginError',
    ])
  })

  test('a container that was not ready ends the process with its own status, and with 125 where that would say that all is well', () => {
    const statuses = [3, 0, 137].map((exitStatus) => new errors.NotReadyError('it ended', {exitStatus}))
    expect(statuses.map(({exitStatus}) => exitStatus)).toEqual([3, 125, 137])
    expect(new errors.PluginError('notify-delegation', 'ready', statuses[0]).exitStatus).toBe(3)
  })

  test('an error ends the process with 125, but 126 and 127 where docker run does', () => {
    expect(
      Object.fromEntries(ALL.flatMap((error) => (error.exitStatus === 125 ? [] : [[nameOf(error), error.exitStatus]]))),
    ).toEqual({CannotInvokeError: 126, CommandNotFoundError: 127})
  })
})

describe('docs/errors.md', async () => {
  const rows = codeRows(await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8'))

  test('docs/errors.md has a row for each code, and for no other', () => {
    const codes = rows.map(({cells: [code]}) => code)
    expect(codes.toSorted()).toEqual(ALL.map(({code}) => `\`${code}\``).toSorted())
  })

  test.each(ALL.map((error) => [error.code, error] as const))(
    'docs/errors.md has the message of %s, its exit status, and what to do',
    (code, error) => {
      const [, messages = '', status, meaning, remedy] = rows.find(({cells}) => cells[0] === `\`${code}\``)?.cells ?? []
      const shapes = [...messages.matchAll(/`([^`]+)`/g)].map(([, shape = '']) => shape)
      expect(shapes.filter((shape) => isOfShape(error.message, shape))).not.toEqual([])
      // That of a plugin's error is its cause's, and that of a container that has ended is the container's.
      if (error instanceof errors.PluginError) expect(status).toBe("the cause's")
      else if (error instanceof errors.NotReadyError) expect(status).toBe("the container's, or 125")
      else expect(status).toBe(String(error.exitStatus))
      expect(meaning).toMatch(/\.$/)
      expect(remedy).toMatch(/\.$/)
    },
  )
})

/** Whether a message is of a shape in which `…` stands for what differs. */
function isOfShape(message: string, shape: string): boolean {
  const literal = shape.split('…').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))
  return new RegExp(`^${literal.join('.*')}$`).test(message)
}

describe('a message', () => {
  test.each([
    [
      new errors.UnknownCommandError(undefined),
      'no command given: use `systemd-docker run [docker run options] IMAGE`, or see --help',
    ],
    [new errors.UnknownCommandError('stop'), "unknown command 'stop' (see systemd-docker --help)"],
    [
      new errors.UnknownCommandError('ran', 'run'),
      "unknown command 'ran', did you mean 'run'? (see systemd-docker --help)",
    ],
    [
      new errors.EngineTooOldError('--annotation', '1.43', '1.41'),
      'option --annotation needs an Engine with API 1.43, and this one has 1.41: leave the option out, or update Docker',
    ],
    [new errors.UnknownOptionError('-x', undefined), 'unknown option -x (see systemd-docker run --help)'],
    [new errors.BadValueError('--cpus', 'a\n"b"', 'no'), String.raw`invalid value "a\n\"b\"" for --cpus: no`],
    [
      new errors.UnreadableFileError('--env-file', '/x', CAUSE),
      'cannot read /x, which --env-file names: first line second line',
    ],
    [
      new errors.EngineUnreachableError('unix:///x', CAUSE),
      'cannot reach the Docker Engine at unix:///x: first line second line; is docker.service running, and does the unit have Requires= and After=docker.service?',
    ],
    [
      new errors.EngineUnreachableError('unix:///x', Object.assign(new Error('connect E'), {code: 'EAFNOSUPPORT'})),
      "cannot reach the Docker Engine at unix:///x: connect E; the unit's RestrictAddressFamilies= must have AF_UNIX",
    ],
    [
      new errors.EngineRefusedError('stop the container', 500, 'busy', undefined),
      'the Engine failed to stop the container: busy (HTTP 500)',
    ],
    [new errors.PluginError('pid-file', 'started', CAUSE), 'pid-file (started): first line second line'],
    [new errors.PluginError('site', 'ready', 'a word'), 'site (ready): a word'],
    [new errors.StoppedError('SIGINT'), 'stopped by SIGINT before the container was ready'],
  ])('the message says what failed: %s', (error, message) => {
    expect(error.message).toBe(message)
  })
})

describe("a plugin's error", () => {
  test('an error in a plugin ends the process as what caused it would, where that is an error of ours', () => {
    expect(new errors.PluginError('site', 'start', new errors.CommandNotFoundError('sh', undefined)).exitStatus).toBe(
      127,
    )
    expect(new errors.PluginError('site', 'start', new Error('127')).exitStatus).toBe(125)
  })

  test('an error in a plugin says whose it is and when', () => {
    expect(new errors.PluginError('site', 'start', CAUSE)).toMatchObject({plugin: 'site', phase: 'start'})
  })
})

describe('the words of a failure', () => {
  test.each([
    ['an error', new Error('broken'), 'broken'],
    ['an error of several lines', new Error('\none\n\n  two \r\nthree\n'), 'one two three'],
    ['a string', 'broken\nhere', 'broken here'],
    ['a number', 7, '7'],
    ['nothing', undefined, 'undefined'],
  ])('the words of %s are one line', (_, thrown, words) => {
    expect(reason(thrown)).toBe(words)
  })
})

describe('an error code', () => {
  const missing = Object.assign(new Error('no such file'), {code: 'ENOENT'})

  test.each([
    ['the one asked for', missing, ['ENOENT'], true],
    ['one of those asked for', missing, ['ESRCH', 'ENOENT'], true],
    ['another', missing, ['ESRCH'], false],
    ['none asked for', missing, [], false],
    ['none at all', new Error('ENOENT'), ['ENOENT'], false],
    ['a number', Object.assign(new Error('x'), {code: 2}), ['2'], false],
    ['of something that is no error', {code: 'ENOENT'}, ['ENOENT'], false],
    ['of nothing', undefined, ['ENOENT'], false],
  ])('an error is told by a code that is %s', (_, thrown, codes, has) => {
    expect(hasErrorCode(thrown, ...codes)).toBe(has)
  })
})

test('a message is one line, whatever the words in it', () => {
  expect(new errors.PullError('x', 'a\n  b').message).toBe(
    'cannot pull image x: a b; check the name, the tag and the connection to the registry',
  )
})
