import {cp, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {onTestFinished} from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * A directory of its own in which this package is installed, as `npm link` installs it, with some files and copies of
 * what is in the project, both by their paths there.
 */
export async function withThisPackage(
  files: Readonly<Record<string, string>>,
  copies: Readonly<Record<string, string>> = {},
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'plugin-packages-'))
  onTestFinished(() => rm(directory, {recursive: true}))
  await mkdir(join(directory, 'node_modules'))
  await symlink(ROOT, join(directory, 'node_modules', 'systemd-docker'))
  for (const [name, source] of Object.entries(copies))
    await cp(join(ROOT, source), join(directory, name), {recursive: true})
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), {recursive: true})
    await writeFile(join(directory, name), content)
  }
  return directory
}
