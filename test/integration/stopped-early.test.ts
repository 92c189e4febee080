import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {describe, expect, onTestFinished, test} from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** A program that never comes to its end, and says when it has begun. */
const ENDLESS = `process.stderr.write('begun\\n'); await new Promise(() => setInterval(() => undefined, 1e9))\nexport default {}`

/**
 * Starts the built program with a configuration that never comes to its end, and sends it a signal when it has begun.
 */
async function stopped(
  words: readonly string[],
  signal: NodeJS.Signals,
  config = 'config.mjs',
): Promise<{status: number | null; signal: NodeJS.Signals | null; stderr: string}> {
  const directory = await mkdtemp(join(tmpdir(), 'stopped-early-'))
  onTestFinished(() => rm(directory, {recursive: true}))
  await writeFile(join(directory, 'config.mjs'), ENDLESS)
  await writeFile(
    join(directory, 'plugin.json'),
    JSON.stringify({plugins: {endless: {from: `${directory}/config.mjs`}}}),
  )
  const child = spawn(`${ROOT}/bin/run.cjs`, words, {
    env: {PATH: process.env['PATH'], SYSTEMD_DOCKER_CONFIG: join(directory, config)},
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    const hadBegun = stderr.includes('begun\n')
    stderr += String(chunk)
    if (!hadBegun && stderr.includes('begun\n')) child.kill(signal)
  })
  const [status, by] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return {status, signal: by, stderr}
}

describe('a stop while what the host has set up is still being read', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('a stop by %s ends a run by that signal, at once', async (signal) => {
    expect(await stopped(['run', 'busybox'], signal)).toEqual({
      status: null,
      signal,
      stderr: `begun\nsystemd-docker: stopped by ${signal} before the container was ready\n`,
    })
  })

  test('a stop ends a run also when it is a plugin that does not come to its end', async () => {
    expect(await stopped(['run', 'busybox'], 'SIGTERM', 'plugin.json')).toMatchObject({signal: 'SIGTERM'})
  })

  test('a stop by a signal that is meant for the container fails the run', async () => {
    expect(await stopped(['run', 'busybox'], 'SIGHUP')).toMatchObject({status: 125, signal: null})
  })

  test.each([[['config', 'show']], [['plugins']], [['config', 'schema']]])(
    'a stop ends %j by that signal, too',
    async (words) => {
      expect(await stopped(words, 'SIGINT')).toEqual({status: null, signal: 'SIGINT', stderr: 'begun\n'})
    },
  )
})
