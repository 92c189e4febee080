import {execFile} from 'node:child_process'
import {chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {until} from '../../sandbox/until.js'

/** Within which a process is gone that was killed, in milliseconds. */
const GONE_MS = 10_000
const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** The words that a process was started with; nothing once it has ended. */
async function commandLine(pid: string): Promise<string> {
  return await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
}

describe('the shim, started for a container', () => {
  const ID = '0123456789abcdef'
  const BUNDLE = JSON.stringify({linux: {cgroupsPath: `system.slice:docker:${ID}`}})
  let directory = ''

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'systemd-docker-shim-'))
    await mkdir(join(directory, 'bin'))
    await mkdir(join(directory, 'moby', ID), {recursive: true})
    await writeFile(join(directory, 'moby', ID, 'config.json'), BUNDLE)
    await provide('containerd-shim-runc-v2', 'printf "%s\\0\\n" "$*"\ncat\nexit "${STATUS-0}"\n')
  })

  /** Puts a shell script on the `PATH`. */
  async function provide(name: string, script: string): Promise<void> {
    const path = join(directory, 'bin', name)
    await writeFile(path, `#!/bin/sh\n${script}`)
    await chmod(path, 0o755)
  }

  afterEach(async () => {
    await rm(directory, {recursive: true})
  })

  /** What containerd's own shim is then given, in words and on standard input, and the container's bundle. */
  async function started(
    words: readonly string[],
    cwd = join(directory, 'moby', ID),
    env: NodeJS.ProcessEnv = {},
  ): Promise<[string, string]> {
    const path = `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`
    const shim = promisify(execFile)(join(PROJECT, 'bin/containerd-shim-systemd-docker-v1'), words, {
      cwd,
      env: {PATH: path, ...env},
    })
    // One that refuses to start reads nothing, and may have ended before this is written.
    shim.child.stdin?.on('error', () => undefined).end('what containerd says')
    return [(await shim).stdout, await readFile(join(directory, 'moby', ID, 'config.json'), 'utf8')]
  }

  const PLACED = JSON.stringify({linux: {cgroupsPath: `/docker/${ID}`}})

  test.each([
    ['by its id', ['-namespace', 'moby', '-id', ID, '-address', '/run/containerd/containerd.sock', 'start']],
    ['by its id and an equals sign', [`-id=${ID}`, 'start']],
    ['by nothing but where it is started', ['start']],
    ['by an id that is empty, and where it is started', ['-id', '', 'start']],
  ])('the shim knows the container %s, and hands all on that it was told', async (_, words) => {
    const [told, bundle] = await started(words)
    expect(told).toBe(`${words.join(' ')}\0\nwhat containerd says`)
    expect(bundle.trimEnd()).toBe(PLACED)
  })

  test('the shim knows the container by where it is really started, through a link of another name', async () => {
    await symlink(join(directory, 'moby', ID), join(directory, 'link'))
    const [, bundle] = await started(['start'], join(directory, 'link'))
    expect(bundle.trimEnd()).toBe(PLACED)
  })

  test('the shim touches nothing when a container is cleared away', async () => {
    expect(await started(['-id', ID, 'delete'])).toEqual([`-id ${ID} delete\0\nwhat containerd says`, BUNDLE])
  })

  test("the shim fails with the status of containerd's own", async () => {
    await expect(started(['start'], undefined, {STATUS: '7'})).rejects.toMatchObject({code: 7})
  })

  test("the shim ends what containerd's own has left in the bundle, where the cgroup cannot be written", async () => {
    const stay = join(directory, 'pid')
    // It hears no SIGTERM, as a shim does not that is starting.
    await provide(
      'containerd-shim-runc-v2',
      `sh -c 'trap "" TERM; echo $$ >"$STAY"; exec sleep 1000' >/dev/null 2>&1 &\n`,
    )
    await provide('sed', 'until [ -s "$STAY" ]; do sleep 0.01; done\nexit 4\n')
    await expect(started(['start'], undefined, {STAY: stay})).rejects.toMatchObject({code: 4, stdout: '', stderr: ''})
    const pid = (await readFile(stay, 'utf8')).trim()
    await until(GONE_MS, async () => ((await commandLine(pid)) === '' ? true : undefined))
  })

  test('the shim fails where neither its words nor its directory tell which container it is', async () => {
    await mkdir(join(directory, 'not an id'))
    await expect(started(['start'], join(directory, 'not an id'))).rejects.toThrow(
      "systemd-docker: 'not an id' is no container's id",
    )
  })
})
