import {spawnSync} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {describe, expect, test} from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Runs the built program with an Engine that is not there. */
function program(...words: string[]): {status: number | null; stdout: string; stderr: string} {
  return spawnSync(`${ROOT}/bin/run.cjs`, words, {
    encoding: 'utf8',
    env: {PATH: process.env['PATH'], DOCKER_HOST: 'unix:///nowhere/docker.sock', GREETING: 'hello', COLUMNS: '160'},
  })
}

describe('the built program', () => {
  test.each([[['--help']], [['help']], [[]], [['-h']]])('shows how a line looks with %j', (words) => {
    const {status, stdout} = program(...words)
    expect(status).toBe(0)
    expect(stdout).toContain('$ systemd-docker [OPTIONS] run [DOCKER RUN OPTIONS] IMAGE [COMMAND] [ARG...]')
    expect(stdout).toContain('run  Run a container as the process of this systemd unit.')
  })

  test.each([[['run', '--help']], [['help', 'run']], [['--logs', 'run', '--rm', '--help', 'busybox']]])(
    'shows the options of run, by plugin, with %j',
    (words) => {
      const {status, stdout} = program(...words)
      expect(status).toBe(0)
      expect(stdout).toMatch(/PID-FILE FLAGS\n {2}-p, --pid-file=PATH {2}write the PID/)
      expect(stdout).toContain('DOCKER RUN OPTIONS')
    },
  )

  test('leaves --help behind the image to the container', () => {
    const {status, stdout} = program('--dry-run', 'run', 'busybox', '--help')
    expect(status).toBe(0)
    expect((JSON.parse(stdout) as {create: {body: {Cmd: string[]}}}).create.body.Cmd).toEqual(['--help'])
  })

  test('says its version', () => {
    expect(program('--version').stdout).toMatch(/^systemd-docker\/\d+\.\d+\.\d+ linux-/)
  })

  test.each([
    [
      'a command that nobody knows',
      ['rnu', 'busybox'],
      "systemd-docker: unknown command 'rnu', did you mean 'run'? (see systemd-docker --help)\n",
    ],
    [
      'options and no command',
      ['--logs'],
      'systemd-docker: no command given: say `systemd-docker run [docker run options] IMAGE`, or --help\n',
    ],
    ['an option without its value', ['--pid-file'], 'systemd-docker: option --pid-file needs a value\n'],
  ])('refuses %s in one line with 125', (_, words, said) => {
    expect(program(...words)).toMatchObject({status: 125, stdout: '', stderr: said})
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
      'x',
      'nginx',
    )
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      create: {
        name: 'x',
        body: {
          Image: 'nginx',
          Env: expect.arrayContaining(['GREETING=hello']) as unknown,
          HostConfig: {AutoRemove: true},
        },
      },
      pull: 'missing',
      host: expect.arrayContaining(["pid-file: write the PID of the container's init to /run/x.pid"]) as unknown,
      resident: [
        "log-forwarding: it forwards the container's output",
        'rm-reconcile: it sees to it that the container is removed',
      ],
    })
  })

  test('loads neither oclif nor cosmiconfig for a run', () => {
    const {status, stderr} = spawnSync('node', ['--', `${ROOT}/bin/run.cjs`, '--dry-run', 'run', 'busybox'], {
      encoding: 'utf8',
      env: {...process.env, NODE_DEBUG: 'module'},
    })
    expect(status).toBe(0)
    expect(stderr).toContain('dist/main.cjs')
    expect(stderr).not.toMatch(/@oclif|cosmiconfig|dist\/oclif\.cjs/)
  })
})
