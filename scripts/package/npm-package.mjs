// Packages of the npm registry that are taken apart rather than installed: those of another machine's kind, and Node.
import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, readFile, rename, rm, stat} from 'node:fs/promises'
import {createHash} from 'node:crypto'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'

const run = promisify(execFile)
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'systemd-docker')

/**
 * The directory that a package is unpacked in, kept for the next time.
 *
 * @param {string} name the package, `NAME@VERSION`
 * @param {string} integrity what its archive must be, as the registry and lock files have it (Subresource Integrity)
 * @returns {Promise<string>}
 */
export async function npmPackage(name, integrity) {
  const directory = join(CACHE, name.replaceAll('/', '+'))
  if (await isThere(directory)) return directory
  await mkdir(CACHE, {recursive: true})
  const work = await mkdtemp(`${directory}.`)
  try {
    const {stdout} = await run('npm', ['pack', '--json', '--pack-destination', work, name])
    const archive = join(work, JSON.parse(stdout)[0].filename.replace('@', '').replace('/', '-'))
    const found = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`
    if (found !== integrity) throw new Error(`${name} is not what it was: ${found}`)
    await mkdir(join(work, 'unpacked'))
    await run('tar', ['--extract', '--file', archive, '--directory', join(work, 'unpacked'), '--strip-components=1'])
    await rename(join(work, 'unpacked'), directory)
  } catch (error) {
    // Another one was faster.
    if (!(await isThere(directory))) throw error
  } finally {
    await rm(work, {recursive: true, force: true})
  }
  return directory
}

async function isThere(path) {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
