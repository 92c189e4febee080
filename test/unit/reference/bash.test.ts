import {execFile} from 'node:child_process'
import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises'
import {promisify} from 'node:util'
import {beforeEach, describe, expect, test} from 'vitest'
import {bashCompletion} from '../../../scripts/reference/bash.js'
import {shellWord} from '../../../scripts/reference/shell-word.js'
import {RUN_OPTIONS_HELP} from '../../../src/docker/run-options/help.js'
import {COMMANDS} from '../../../src/oclif.js'
import {BUILT_IN} from '../../../src/plugins/index.js'
import {GLOBAL_OPTIONS} from '../../../src/run/global-options.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const path = useTempDirectory()

/** docker's client with one answer, which notes what it is asked. */
const DOCKER = `#!/bin/sh
printf '%s\\n' "$*" >>"$0.asked"
while IFS= read -r line; do printf '%s\\n' "$line"; done <"$0.answer"
`

/** A completion as bash calls it, but for compopt, which is allowed only there (bash(1), "Programmable Completion"). */
const CALL = `
set -u
PATH=$FOUND_IN
source "$1"
compopt() { printf 'compopt %s\\n' "$*" >&2; }
COMP_LINE=$2 COMP_POINT=\${#2} COMP_WORDS=("\${@:4}") COMP_CWORD=$(($# - 4))
_systemd_docker systemd-docker "$3" ''
((\${#COMPREPLY[@]} == 0)) || printf '%s\\n' "\${COMPREPLY[@]}"
`

beforeEach(async () => {
  await mkdir(path('bin'))
  await writeFile(path('systemd-docker.bash'), await bashCompletion())
  await dockerSays('')
})

async function dockerSays(answer: string): Promise<void> {
  await writeFile(path('bin/docker'), DOCKER)
  await chmod(path('bin/docker'), 0o755)
  await writeFile(path('bin/docker.answer'), answer)
}

async function askedOfDocker(): Promise<string[]> {
  const asked = await readFile(path('bin/docker.asked'), 'utf8').catch(() => '')
  return asked.split('\n').filter((line) => line !== '')
}

/** What bash offers behind `systemd-docker` and a blank, and the options of the completion that it is given. */
async function complete(line: string, foundIn = path('bin')): Promise<{offered: string[]; compopt: string}> {
  const whole = `systemd-docker ${line}`
  const words = whole.split(/ +/).flatMap((word) => word.match(/[=:]+|[^=:]+/g) ?? [''])
  const last = words.at(-1) ?? ''
  // What readline replaces is behind the letters at which it takes words apart.
  const replaced = /^[=:]/.test(last) ? '' : last
  const given = ['--norc', '-c', CALL, 'bash', path('systemd-docker.bash'), whole, replaced, ...words]
  const {stdout, stderr} = await promisify(execFile)('bash', given, {
    env: {...process.env, FOUND_IN: foundIn},
    cwd: path(),
  })
  return {offered: stdout.split('\n').filter((word) => word !== ''), compopt: stderr.trim()}
}

describe('the completion of bash', () => {
  test('it offers every option before `run`, and none of docker run', async () => {
    const own = [GLOBAL_OPTIONS, ...BUILT_IN.map(({options}) => options)].flatMap((options) => Object.keys(options))
    const {offered} = await complete('-')
    expect(offered).toEqual([...own, 'help', 'version'].map((name) => `--${name}`))
  })

  test('it offers every option of docker run behind `run`, but none that is refused', async () => {
    const subjects = Object.entries(RUN_OPTIONS_HELP).filter(([subject]) => subject !== 'Refused')
    const {offered} = await complete('--logs run --rm -')
    expect(offered).toEqual(subjects.flatMap(([, options]) => Object.keys(options).map((name) => `--${name}`)))
  })

  test.each(Object.keys(COMMANDS).filter((id) => id !== 'run'))(
    'it offers the command %s and its options',
    async (id) => {
      const [topic = '', command = ''] = id.split(':')
      expect((await complete(topic.slice(0, 2))).offered).toEqual([topic])
      if (command !== '') expect((await complete(`${topic} ${command.slice(0, 2)}`)).offered).toContain(command)
      const options = Object.keys({...COMMANDS[id as keyof typeof COMMANDS].flags}).map((name) => `--${name}`)
      expect((await complete(`${topic} ${command}${command === '' ? '' : ' '}-`)).offered).toEqual([
        ...options,
        '--help',
      ])
    },
  )

  test.each([
    ['an empty line', '', ['run', 'finish', 'setup', 'plugins', 'config']],
    ['an option', '--env ', ['run']],
    ['an option with a value', '--enable pid-file ', ['run']],
    ['letters, the last of which takes a value', '-ep /run/x.pid ', ['run']],
    ['a letter with its value', '-p/run/x.pid ', ['run']],
    ["an option of docker's client", '-H unix:///run/docker.sock ', ['run']],
    ['container', 'container ', ['run']],
    ['a word that is no command', 'rnu ', []],
  ])('it offers commands behind %s', async (_, line, commands) => {
    expect((await complete(line)).offered).toEqual(commands)
  })

  test.each([
    ['--unhealthy ', ['ignore', 'log', 'stop', 'watchdog']],
    ['--unhealthy=', ['ignore', 'log', 'stop', 'watchdog']],
    ['--logs=', ['stream', 'journal', 'native', 'true', 'false']],
    ['--notify=r', ['relay', 'raw']],
    ['--credentials=f', ['false']],
    ['--on-drift a', ['adopt']],
    ['--disable pid', ['pid-file']],
    ['--stderr-priority w', ['warning']],
    ['--ready=t', ['tcp:']],
    ['run --pull ', ['missing', 'always', 'never']],
    ['run --cgroupns=', ['private', 'host']],
  ])('it offers the values of an option behind %j', async (line, values) => {
    expect((await complete(line)).offered).toEqual(values)
  })

  test.each([
    '--config ',
    '--config=/etc/',
    '-p ',
    'run --env-file ',
    'run -v /srv',
    'setup --daemon-json ',
    'config check ',
    'config check a.yaml ',
  ])('it leaves files to bash behind %j', async (line) => {
    expect(await complete(line)).toEqual({offered: [], compopt: 'compopt -o default'})
  })

  test("it offers the host's images, as docker's client lists them, and what bash takes apart at a colon is whole", async () => {
    await dockerSays('nginx:latest\nlocalhost:5000/web/app:1.2\n<none>:<none>\n')
    expect((await complete('run --rm -p 80:80 ')).offered).toEqual(['nginx:latest', 'localhost:5000/web/app:1.2'])
    expect((await complete('container run localhost:5000/w')).offered).toEqual(['5000/web/app:1.2'])
    expect((await complete('run nginx:')).offered).toEqual(['latest'])
    expect(new Set(await askedOfDocker())).toEqual(new Set(['image ls --format {{.Repository}}:{{.Tag}}']))
  })

  test("it offers what docker's client says of its own options, and goes on behind an equals sign", async () => {
    await dockerSays('max-size=\nmax-file=\nmode=\n:2\n')
    expect(await complete('run --log-opt max')).toEqual({offered: ['max-size=', 'max-file='], compopt: ''})
    expect(await complete('run --log-opt=mode')).toEqual({offered: ['mode='], compopt: 'compopt -o nospace'})
    expect(await askedOfDocker()).toEqual(Array(2).fill('__completeNoDesc run --log-opt '))
  })

  test('it offers containers behind finish', async () => {
    await dockerSays('web.service\ndb\n')
    expect((await complete('finish w')).offered).toEqual(['web.service'])
    expect(await askedOfDocker()).toEqual(['container ls --all --format {{.Names}}'])
  })

  test.each([
    'run nginx ',
    'run --rm nginx --',
    'run -it nginx sh -',
    'run -- nginx -',
    'finish web.service --no',
    'rnu -',
  ])('it offers nothing behind %j, and docker is not asked', async (line) => {
    await dockerSays('nginx:latest\n')
    expect(await complete(line)).toEqual({offered: [], compopt: ''})
    expect(await askedOfDocker()).toEqual([])
  })

  test('no name of an image or a container that means something to a shell is offered', async () => {
    const names = [
      'x$(touch${IFS}pwned)',
      'x`touch pwned`',
      'x;touch pwned',
      'x|y',
      "x'y",
      'x"y',
      'x\\y',
      'x y',
      'x\ty',
      'x*',
      'x{a,b}',
      '~x',
      '-x',
      '=x',
      'x\u001b[2J',
      'x!y',
      'x&y',
      'x>y',
    ]
    await dockerSays(`${names.join('\n')}\nx:1\n`)
    expect((await complete('run ')).offered).toEqual(['x:1'])
    expect((await complete('finish ')).offered).toEqual(['x:1'])
    expect((await complete('run --network ')).offered).toEqual(['x:1'])
    await expect(readFile(path('pwned'))).rejects.toThrow('ENOENT')
  })

  test('no word of the line is executed, or given to docker', async () => {
    await dockerSays('nginx:latest\n')
    for (const line of [
      'run -e $(touch${IFS}pwned) ngi',
      'run --network=$(touch${IFS}pwned)',
      '--x[$(touch${IFS}pwned)]=',
      '-x[$(touch${IFS}pwned)] r',
      'run --name `touch${IFS}pwned` ngi',
      '$(touch${IFS}pwned)',
    ])
      await complete(line)
    await expect(readFile(path('pwned'))).rejects.toThrow('ENOENT')
    expect((await askedOfDocker()).join()).not.toContain('pwned')
  })

  test("without docker's client, and any other program, it offers the rest and says nothing", async () => {
    expect(await complete('run --network ', path('nowhere'))).toEqual({offered: [], compopt: ''})
    expect(await complete('run --pull n', path('nowhere'))).toEqual({offered: ['never'], compopt: ''})
  })
})

test.each(["it's", '$(x)', '"', '\\', '', 'a b', 'plain-word', '*', '!x', 'ä'])(
  'a shell reads %j as it was',
  async (text) => {
    const {stdout} = await promisify(execFile)('bash', ['-c', `printf %s ${shellWord(text)}`])
    expect(stdout).toBe(text)
  },
)
