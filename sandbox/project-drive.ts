import {existsSync} from 'node:fs'
import {cp, mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {output} from './command.js'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const PARTS = ['bin', 'dist', 'docs', 'examples', 'test/fixtures', 'package.json', 'oclif.manifest.json', 'README.md']
const SIZE = 64 * 1024 * 1024

/** A drive of the right size with nothing on it. */
export async function makeEmptyDrive(path: string): Promise<void> {
  await output(['truncate', `--size=${String(SIZE)}`, path])
}

/**
 * Makes a drive with the project as it is now on an ext4 file system: what is shipped, what that loads, and what the
 * tests copy.
 */
export async function makeProjectDrive(path: string): Promise<void> {
  const tree = await mkdtemp(join(tmpdir(), 'project-'))
  try {
    for (const part of [...PARTS, ...(await runtimePackages())])
      await cp(join(PROJECT, part), join(tree, part), {recursive: true, verbatimSymlinks: true})
    await makeEmptyDrive(path)
    await output(['mke2fs', '-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-E', 'root_owner=0:0', '-d', tree, path])
  } finally {
    await rm(tree, {recursive: true, force: true})
  }
}

/** The directories of node_modules that npm would install beside the package, going by npm's own record. */
async function runtimePackages(): Promise<string[]> {
  const record = JSON.parse(await readFile(join(PROJECT, 'node_modules/.package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, {readonly dev?: boolean; readonly devOptional?: boolean}>>
  }
  return Object.entries(record.packages)
    .filter(([path, {dev, devOptional}]) => dev !== true && devOptional !== true && existsSync(join(PROJECT, path)))
    .map(([path]) => path)
}
