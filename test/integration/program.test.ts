import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {describe, expect, onTestFinished, test} from 'vitest'
import {RUN_OPTIONS_HELP, type RunOptionHelp} from '../../src/docker/run-options/help.js'
import {withThisPackage} from '../support/plugin-packages.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Runs the built program with an Engine that is not there. */
function program(...words: string[]): {status: number | null; stdout: string; stderr: string} {
  return spawnSync(`${ROOT}/bin/run.cjs`, words, {
    encoding: 'utf8',
    env: {PATH: process.env['PATH'], DOCKER_HOST: 'unix:///nowhere/docker.sock', GREETING: 'hello', COLUMNS: '160'},
  })
}

/** Runs the tests of a package as its author does. */
function npmTest(...path: readonly string[]): {status: number | null; stdout: string} {
  return spawnSync('npm', ['test'], {cwd: join(...path), encoding: 'utf8'})
}

describe('the built program', () => {
  test.each([[['--help']], [['help']], [[]], [['-h']]])('the program shows how a line looks with %j', (words) => {
    const {status, stdout} = program(...words)
    expect(status).toBe(0)
    expect(stdout).toContain('$ systemd-docker [OPTIONS] run [DOCKER RUN OPTIONS] IMAGE [COMMAND] [ARG...]')
    expect(stdout).toMatch(/^ {2}run +Run a container as the process of this systemd unit\.$/m)
  })

  test.each([[['run', '--help']], [['help', 'run']], [['--logs', 'run', '--rm', '--help', 'busybox']]])(
    'the program shows the options of run, by plugin, with %j',
    (words) => {
      const {status, stdout} = program(...words)
      expect(status).toBe(0)
      expect(stdout).toMatch(/PID-FILE OPTIONS\n {2}-p, --pid-file=PATH {2}write the PID/)
      expect(stdout).toMatch(/DOCKER RUN OPTIONS: NETWORK\n(?: .*\n)* {2}-p, --publish=\S+ +publish a port/)
      expect(stdout).toMatch(
        /DOCKER RUN OPTIONS: REFUSED\n(?: .*\n)* {6}--restart=POLICY +the container is restarted by systemd/,
      )
    },
  )

  test("the program shows plugins in the order of the pipeline, and docker's options behind them", () => {
    const headings = [...program('run', '--help').stdout.matchAll(/^(\S+|DOCKER RUN) OPTIONS(?:: (.+))?$/gm)]
    expect(headings.map(([, before, subject]) => subject ?? before).slice(0, 9)).toEqual([
      'GLOBAL',
      'ENV-INJECTION',
      'CREDENTIALS',
      'NOTIFY-DELEGATION',
      'LOG-FORWARDING',
      'CGROUP-TRANSFER',
      'PID-FILE',
      'RM-RECONCILE',
      'CONTAINER AND IMAGE',
    ])
  })

  test('the program leaves --help behind the image to the container', () => {
    const {status, stdout} = program('--dry-run', 'run', 'busybox', '--help')
    expect(status).toBe(0)
    expect((JSON.parse(stdout) as {create: {body: {Cmd: string[]}}}).create.body.Cmd).toEqual(['--help'])
  })

  test('a signal that comes while the program ends does not take the place of its exit status', () => {
    const directory = mkdtempSync(join(tmpdir(), 'systemd-docker-test-'))
    onTestFinished(() => {
      rmSync(directory, {recursive: true})
    })
    const late = join(directory, 'late.cjs')
    writeFileSync(late, "process.on('exit', () => process.kill(process.pid, 'SIGTERM'))\n")
    const env = {PATH: process.env['PATH'], NODE_OPTIONS: `--require=${late}`}
    const {status, signal} = spawnSync(`${ROOT}/bin/run.cjs`, ['run', '--no-such-option'], {env})
    expect({status, signal}).toEqual({status: 125, signal: null})
  })

  test('the program says its version', () => {
    expect(program('--version').stdout).toMatch(/^systemd-docker\/\d+\.\d+\.\d+ linux-/)
  })

  test.each([
    [
      'a command that nobody knows',
      ['rnu', 'busybox'],
      "systemd-docker: unknown command 'rnu', did you mean 'run'? (see systemd-docker --help)\n",
    ],
    [
      'a topic with a command that nobody knows',
      ['plugins', 'nw'],
      "systemd-docker: unknown command 'plugins nw', did you mean 'plugins new'? (see systemd-docker --help)\n",
    ],
    [
      'options and no command',
      ['--logs'],
      'systemd-docker: no command given: use `systemd-docker run [docker run options] IMAGE`, or see --help\n',
    ],
    ['an option without its value', ['run', '--name'], 'systemd-docker: option --name needs a value\n'],
  ])('the program refuses %s in one line with 125', (_, words, said) => {
    expect(program(...words)).toMatchObject({status: 125, stdout: '', stderr: said})
  })

  test.each([
    [
      '--unhealthy=restart',
      'systemd-docker: invalid value "restart" for --unhealthy: use one of ignore, log, stop, watchdog\n',
    ],
    ['--reload-exec=', 'systemd-docker: invalid value "" for --reload-exec: give a command\n'],
  ])('the program refuses %s in one line with 125, before it asks the Engine for anything', (word, said) => {
    expect(program(word, 'run', 'busybox')).toMatchObject({status: 125, stdout: '', stderr: said})
  })

  test('--unhealthy and --reload-exec have systemd-docker stay, and --unhealthy=ignore does not', () => {
    const resident = (...words: string[]): unknown =>
      (JSON.parse(program('--dry-run', '--logs=false', ...words, 'run', 'busybox').stdout) as {resident: unknown})
        .resident
    expect(resident('--unhealthy=stop', '--reload-exec=true')).toEqual([
      'systemd-docker: --unhealthy=stop needs systemd-docker while the container runs',
      'systemd-docker: --reload-exec needs systemd-docker while the container runs',
    ])
    expect(resident('--unhealthy=ignore')).toBe(false)
  })

  test('--unhealthy=watchdog only logs where systemd does not listen, which is said', () => {
    expect(program('--dry-run', '--unhealthy=watchdog', 'run', 'busybox').stderr).toMatch(
      /^systemd-docker: --unhealthy=watchdog only logs: systemd set no NOTIFY_SOCKET/,
    )
  })

  test('--dry-run shows what would be asked and done, and asks nobody', () => {
    const {status, stdout} = program(
      '--dry-run',
      '--env',
      '--cgroups=none',
      '-p',
      '/run/x.pid',
      'run',
      '--rm',
      '--name',
      'web',
      'nginx',
    )
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      create: {
        name: 'web',
        body: {
          Image: 'nginx',
          Env: expect.arrayContaining(['GREETING']) as unknown,
          HostConfig: {AutoRemove: true},
        },
      },
      pull: 'missing',
      host: expect.arrayContaining(['pid-file: write the PID of the container init to /run/x.pid']) as unknown,
      resident: [
        "log-forwarding: it forwards the container's output",
        'rm-reconcile: it removes the container at its end',
      ],
    })
  })

  test('--dry-run keeps the values of the environment to itself unless it is asked for them', () => {
    const words = ['--dry-run', '--env', 'run', '-e', 'SAID=on the line', '-e', 'GREETING', 'nginx']
    expect(program(...words).stdout).not.toContain('hello')
    expect(program(...words).stdout).toContain('SAID=on the line')
    expect(program('--dry-run-values', ...words).stdout).toContain('GREETING=hello')
  })

  test('`config schema` publishes a JSON Schema of the configuration', () => {
    const schema = JSON.parse(readFileSync(`${ROOT}/dist/config.schema.json`, 'utf8')) as {
      properties: Record<string, unknown>
    }
    expect(schema.properties).toMatchObject({
      env: {type: 'boolean'},
      logs: {enum: expect.arrayContaining([true, false, 'stream', 'journal']) as unknown},
      'pid-file': {type: 'string'},
      plugins: {properties: {'pid-file': {properties: {path: {type: 'string'}, enabled: {type: 'boolean'}}}}},
      units: {additionalProperties: {properties: {env: {type: 'boolean'}}}},
    })
    expect(Object.keys(schema.properties)).not.toContain('dry-run')
  })

  test('`config check` checks configuration files, each in a line, and fails when one is bad', () => {
    const directory = mkdtempSync(join(tmpdir(), 'check-'))
    writeFileSync(join(directory, 'good.yaml'), 'logs: false\nhosts: {x: {cgroups: none}}')
    writeFileSync(join(directory, 'bad.yaml'), 'logs: true\nunits: {x: {lgos: true}}')
    const {status, stdout, stderr} = program('config', 'check', `${directory}/good.yaml`, `${directory}/bad.yaml`)
    rmSync(directory, {recursive: true})
    expect(status).toBe(125)
    expect(stdout).toBe(`${directory}/good.yaml: good\n`)
    expect(stderr).toContain(`${directory}/bad.yaml:2: unknown key 'units.x.lgos', did you mean 'logs'?\n`)
  })

  test('`plugins new` writes a starter package whose own tests pass, once this package is linked there', async () => {
    const directory = await withThisPackage({})
    const made = spawnSync(`${ROOT}/bin/run.cjs`, ['plugins', 'new', 'demo'], {cwd: directory, encoding: 'utf8'})
    expect(made.status, made.stderr).toBe(0)
    expect(made.stdout).toContain('`npm link systemd-docker && npm test`')
    const tested = npmTest(directory, 'systemd-docker-plugin-demo')
    expect(tested.status, tested.stdout).toBe(0)
    expect(tested.stdout).toMatch(/^\S* tests 3$/m)
    const again = spawnSync(`${ROOT}/bin/run.cjs`, ['plugins', 'new', 'demo'], {cwd: directory, encoding: 'utf8'})
    expect(again.status).toBe(125)
    expect(again.stderr).toContain('already')
  })

  test('the tests of the example plugin pass', async () => {
    const {status, stdout} = npmTest(await withThisPackage({}, {times: 'examples/plugins/times'}), 'times')
    expect(status, stdout).toBe(0)
    expect(stdout).toMatch(/^\S* tests 3$/m)
  })

  test('the program loads neither oclif, cosmiconfig nor what few runs need for a run', () => {
    const {status, stderr} = spawnSync('node', ['--', `${ROOT}/bin/run.cjs`, '--dry-run', 'run', 'busybox'], {
      encoding: 'utf8',
      env: {...process.env, NODE_DEBUG: 'module'},
    })
    expect(status).toBe(0)
    expect(stderr).toContain('dist/main.cjs')
    expect(stderr).not.toMatch(
      /@oclif|cosmiconfig|dist\/(?:oclif|load-packages|loaders|probes|entries|index|testing)\.cjs|koffi/,
    )
  })

  test('the program has Node load no module of its own that only few runs need', async () => {
    const list = join(await withThisPackage({}), 'list.cjs')
    writeFileSync(list, "process.once('exit', () => console.error(process.moduleLoadList.join('\\n')))")
    const words = ['--require', list, '--', `${ROOT}/bin/run.cjs`, '--dry-run', 'run', 'busybox']
    const {status, stderr} = spawnSync('node', words, {encoding: 'utf8'})
    expect(status).toBe(0)
    const loaded = stderr.split('\n').flatMap((line) => /^NativeModule (.*)/.exec(line)?.[1] ?? [])
    expect(loaded).toContain('net')
    const few =
      /^(?:child_process|crypto|dns|http|https|internal\/fs\/promises|perf_hooks|timers\/promises|tls|tty|v8|zlib)$/
    expect(loaded.filter((name) => few.test(name))).toEqual([])
  })

  test('the bundle has no description of an option of docker run in what a run loads', () => {
    const loaded = readFileSync(`${ROOT}/dist/main.cjs`, 'utf8')
    const descriptions = Object.values(RUN_OPTIONS_HELP).flatMap(Object.values<RunOptionHelp>)
    expect(descriptions.filter(({summary}) => loaded.includes(summary))).toEqual([])
  })

  // V8 keeps a program's text as long as it runs, at two bytes for each character when one of them is not of Latin-1.
  test('the bundle has no character that doubles what its text takes in memory', () => {
    expect(readFileSync(`${ROOT}/dist/main.cjs`, 'utf8')).not.toMatch(/[^\u0000-\u00ff]/)
  })
})
