import {execFile} from 'node:child_process'
import {readdir} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {expect, test} from 'vitest'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** POSIX has had `-nt` since its edition of 2024; dash and busybox had it long before. */
const POSIX_2024 = '--exclude=SC3013'

test('what is executed by any sh is shell that shellcheck has nothing to say about', async () => {
  const scripts = (await readdir(`${PROJECT}/scripts`)).filter((name) => name.endsWith('.sh'))
  const files = ['bin/containerd-shim-systemd-docker-v1', ...scripts.map((name) => `scripts/${name}`)]
  const checked = promisify(execFile)('shellcheck', ['--shell=sh', POSIX_2024, '--', ...files], {cwd: PROJECT})
  await expect(checked).resolves.toEqual({stdout: '', stderr: ''})
})
