import {spawn, spawnSync} from 'node:child_process'
import {constants} from 'node:fs'
import {open, truncate, writeFile, type FileHandle} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'
import {describe, expect, onTestFinished, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import {useTempDirectory} from '../support/temp-directory.js'

const PROGRAM = fileURLToPath(new URL('../../bin/run.cjs', import.meta.url))
const env = {PATH: process.env['PATH'], HOME: '/nowhere', DOCKER_HOST: 'unix:///nowhere/docker.sock'}
const inTemp = useTempDirectory()

/** A FIFO, by its path. */
function fifo(name: string): string {
  spawnSync('mkfifo', [inTemp(name)])
  return inTemp(name)
}

/** A writer of a FIFO, which there is as soon as somebody reads it. */
async function writerOf(path: string): Promise<FileHandle> {
  return await until(10_000, async () => {
    const writer = await open(path, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined)
    if (writer !== undefined)
      onTestFinished(async () => {
        await writer.close()
      })
    return writer
  })
}

/** The environment of the container that a line would make, read by a shell so that it may have redirections in it. */
function environmentOf(line: string): string[] {
  const command = `exec ${PROGRAM} --dry-run --dry-run-values --cgroups none run ${line} image`
  const {stdout, stderr} = spawnSync('bash', ['-c', command], {encoding: 'utf8', env, cwd: inTemp()})
  expect(stderr).toBe('')
  return (JSON.parse(stdout) as {create: {body: {Env: string[]}}}).create.body.Env
}

describe('while a file that the line names gives nothing', () => {
  test.each([['--env-file '], ['--label-file '], ['--security-opt seccomp=']])(
    'a stop is heeded while a file that the line names gives nothing: %sFILE',
    async (option) => {
      const path = fifo('silent')
      const program = spawn(PROGRAM, ['run', ...`${option}${path}`.split(' '), 'image'], {env})
      const ended = new Promise((resolve) => program.once('exit', (_, signal) => resolve(signal)))
      onTestFinished(() => void program.kill('SIGKILL'))
      await writerOf(path)
      program.kill('SIGTERM')
      expect(
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5000, 'alive after SIGTERM'))]),
      ).toBe('SIGTERM')
    },
  )
})

describe('a file that the line names', () => {
  test('a file that the line names may be a FIFO, whose writer comes later', async () => {
    const path = fifo('later')
    const program = spawn(PROGRAM, ['--dry-run', '--dry-run-values', 'run', '--env-file', path, 'image'], {env})
    let said = ''
    program.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const ended = new Promise((resolve) => program.once('close', resolve))
    const writer = await writerOf(path)
    await writer.write('A=1\n')
    await writer.write('B=2\n')
    await writer.close()
    expect(await ended).toBe(0)
    expect(JSON.parse(said)).toMatchObject({create: {body: {Env: ['A=1', 'B=2']}}})
  })

  test.each([
    ["a shell's process substitution", '--env-file <(echo A=1; sleep 0.1; echo B=2)', ['A=1', 'B=2']],
    ["a shell's process substitution that says nothing", '--env-file <(true)', []],
    ['what is piped to it', '--env-file /dev/stdin < <(echo A=1)', ['A=1']],
    ['a file on its standard input', '--env-file /dev/stdin <<< A=1', ['A=1']],
    ['an empty device', '--env-file /dev/null', []],
  ])('a file that the line names may be %s', (_, line, variables) => {
    expect(environmentOf(line)).toEqual(variables)
  })

  test.each([['--env-file '], ['--label-file '], ['--security-opt seccomp=']])(
    'a file that the line names is read to a bound: %sFILE',
    async (option) => {
      const large = inTemp('large')
      await writeFile(large, '')
      await truncate(large, 5_000_000)
      for (const path of [large, '/dev/zero']) {
        const {status, stderr} = spawnSync(PROGRAM, ['run', ...`${option}${path}`.split(' '), 'image'], {
          encoding: 'utf8',
          env,
        })
        expect(stderr).toMatch(
          new RegExp(
            `^systemd-docker: cannot read ${path}, which ${option.split(' ', 1)[0] ?? ''}.* names: it is larger than 4 MiB\n$`,
          ),
        )
        expect(status).toBe(125)
      }
    },
  )
})
