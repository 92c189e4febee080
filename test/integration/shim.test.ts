import {execFile} from 'node:child_process'
import {chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

describe('the shim, started for a container', () => {
  const ID = '0123456789abcdef'
  const BUNDLE = JSON.stringify({linux: {cgroupsPath: `system.slice:docker:${ID}`}})
  let directory = ''

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'systemd-docker-shim-'))
    await mkdir(join(directory, 'bin'))
    await mkdir(join(directory, 'moby', ID), {recursive: true})
    await writeFile(join(directory, 'moby', ID, 'config.json'), BUNDLE)
    const containerds = join(directory, 'bin', 'containerd-shim-runc-v2')
    await writeFile(containerds, '#!/bin/sh\necho "$*"\ncat\n')
    await chmod(containerds, 0o755)
  })

  afterEach(async () => {
    await rm(directory, {recursive: true})
  })

  /** What containerd's own shim is then given, in words and on standard input, and the container's bundle. */
  async function started(words: readonly string[], cwd = join(directory, 'moby', ID)): Promise<[string, string]> {
    const path = `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`
    const shim = promisify(execFile)(join(PROJECT, 'bin/containerd-shim-systemd-docker-v1'), words, {
      cwd,
      env: {PATH: path},
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
    expect(told).toBe(`${words.join(' ')}\nwhat containerd says`)
    expect(bundle.trimEnd()).toBe(PLACED)
  })

  test('the shim knows the container by where it is really started, through a link of another name', async () => {
    await symlink(join(directory, 'moby', ID), join(directory, 'link'))
    const [, bundle] = await started(['start'], join(directory, 'link'))
    expect(bundle.trimEnd()).toBe(PLACED)
  })

  test('the shim touches nothing when a container is cleared away', async () => {
    expect(await started(['-id', ID, 'delete'])).toEqual([`-id ${ID} delete\nwhat containerd says`, BUNDLE])
  })

  test('the shim fails where neither its words nor its directory tell which container it is', async () => {
    await mkdir(join(directory, 'not an id'))
    await expect(started(['start'], join(directory, 'not an id'))).rejects.toThrow(
      "systemd-docker: 'not an id' is no container's id",
    )
  })
})
