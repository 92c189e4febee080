// The installer image: what packaging/image/Dockerfile makes, without a registry.
import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {ROOT} from '../bundle.mjs'
import {DEBIAN_NAMES} from './debian-names.mjs'

const run = promisify(execFile)
/** What the installer calls of busybox. */
const APPLETS = ['sh', 'chmod', 'cmp', 'cp', 'head', 'mv', 'rm']

/**
 * Makes an archive that `docker load` takes.
 *
 * @param {string} arch the machine, as Node calls it
 * @param {string} executable the path of the program for it
 * @param {string} directory where the archive goes
 * @param {number} epoch the time that all files bear, in seconds since 1970
 * @returns {Promise<string>} its path
 */
export async function makeImage(arch, executable, directory, epoch) {
  const work = await mkdtemp(join(directory, 'image.'))
  try {
    const tree = join(work, 'tree')
    const parts = join(work, 'parts')
    for (const one of [tree, parts]) await mkdir(one)
    await fill(tree, work, arch, executable)
    await pack(join(parts, 'layer.tar'), tree, ['.'], epoch)
    const config = {
      architecture: DEBIAN_NAMES[arch],
      os: 'linux',
      created: new Date(epoch * 1000).toISOString(),
      config: {Entrypoint: ['/install']},
      rootfs: {type: 'layers', diff_ids: [`sha256:${await sha256(join(parts, 'layer.tar'))}`]},
    }
    await writeFile(join(parts, 'config.json'), JSON.stringify(config))
    const manifest = [{Config: 'config.json', RepoTags: ['systemd-docker:latest'], Layers: ['layer.tar']}]
    await writeFile(join(parts, 'manifest.json'), JSON.stringify(manifest))
    const archive = join(work, 'image.tar')
    await pack(archive, parts, ['manifest.json', 'config.json', 'layer.tar'], epoch)
    await run('gzip', ['--no-name', '-1', archive])
    const image = join(directory, `systemd-docker-image-${DEBIAN_NAMES[arch]}.tar.gz`)
    await rename(`${archive}.gz`, image)
    return image
  } finally {
    await rm(work, {recursive: true, force: true})
  }
}

async function fill(tree, work, arch, executable) {
  await mkdir(join(tree, 'bin'))
  await copyFile(await busybox(work, arch), join(tree, 'bin/busybox'))
  for (const applet of APPLETS) await symlink('busybox', join(tree, 'bin', applet))
  await copyFile(join(ROOT, 'packaging/image/install.sh'), join(tree, 'install'))
  await copyFile(executable, join(tree, 'systemd-docker'))
  for (const name of ['bin/busybox', 'install', 'systemd-docker']) await chmod(join(tree, name), 0o755)
}

/** Debian's, which needs no library. */
async function busybox(work, arch) {
  const packages = join(work, 'packages')
  await mkdir(packages)
  const options = await listsOf(DEBIAN_NAMES[arch], work)
  await run('apt-get', [...options, '--quiet', 'download', 'busybox-static'], {cwd: packages})
  const [name = ''] = await readdir(packages)
  await run('dpkg-deb', ['--extract', join(packages, name), join(work, 'busybox')])
  const found = await run('find', [join(work, 'busybox'), '-name', 'busybox', '-type', 'f', '-perm', '/111'])
  return found.stdout.trim()
}

/** The options with which apt knows the packages of an architecture, whatever this machine's own apt knows. */
async function listsOf(architecture, work) {
  const state = join(work, 'apt')
  await mkdir(join(state, 'lists/partial'), {recursive: true})
  await writeFile(join(state, 'status'), '')
  const own = [`Dir::State=${state}`, `Dir::State::status=${join(state, 'status')}`, `Dir::Cache=${state}`]
  const options = [...own, `APT::Architecture=${architecture}`, `APT::Architectures=${architecture}`].map(
    (one) => `-o${one}`,
  )
  await run('apt-get', [...options, '--quiet', 'update'])
  return options
}

async function pack(archive, directory, names, epoch) {
  const same = ['--sort=name', `--mtime=@${epoch}`, '--owner=0', '--group=0', '--numeric-owner', '--format=gnu']
  await run('tar', ['--create', ...same, `--file=${archive}`, `--directory=${directory}`, ...names])
}

async function sha256(path) {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}
