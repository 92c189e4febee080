// The Debian package: the executable, the shim where containerd looks for it, man pages, completions, examples.
import {execFile} from 'node:child_process'
import {chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, utimes, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {promisify} from 'node:util'
import {gzipSync} from 'node:zlib'
import {ROOT} from '../bundle.mjs'
import {DEBIAN_NAMES} from './debian-names.mjs'

const run = promisify(execFile)
const MAINTAINER = 'systemd-docker <systemd-docker@users.noreply.github.com>'
const SCRIPTS = ['postinst', 'prerm', 'postrm']
const DOC = 'usr/share/doc/systemd-docker'

/**
 * Makes the package of an executable.
 *
 * @param {string} arch the machine, as Node calls it
 * @param {string} executable its path; its licenses are beside it
 * @param {string} directory where the package goes
 * @param {number} epoch the time that all files bear, in seconds since 1970
 * @returns {Promise<string>} its path
 */
export async function makeDeb(arch, executable, directory, epoch) {
  const about = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const tree = await mkdtemp(join(directory, 'deb.'))
  try {
    await chmod(tree, 0o755)
    await fill(tree, executable, about, epoch)
    await mkdir(join(tree, 'DEBIAN'))
    for (const script of SCRIPTS)
      await put(tree, `DEBIAN/${script}`, await readFile(join(ROOT, 'packaging/debian', script)), 0o755)
    const kibibytes = await sizeOf(tree)
    await put(tree, 'DEBIAN/control', control(about, DEBIAN_NAMES[arch], kibibytes))
    await setTimes(tree, epoch)
    const deb = join(directory, `systemd-docker_${about.version}_${DEBIAN_NAMES[arch]}.deb`)
    const env = {...process.env, SOURCE_DATE_EPOCH: String(epoch)}
    await run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', tree, `${tree}.deb`], {env})
    await rename(`${tree}.deb`, deb)
    return deb
  } finally {
    await rm(tree, {recursive: true, force: true})
    await rm(`${tree}.deb`, {force: true})
  }
}

async function fill(tree, executable, about, epoch) {
  const dist = join(ROOT, 'dist')
  const debian = join(ROOT, 'packaging/debian')
  const read = (...path) => readFile(join(...path))
  await copy(executable, tree, 'usr/bin/systemd-docker', 0o755)
  const shim = 'containerd-shim-systemd-docker-v1'
  await put(tree, `usr/bin/${shim}`, await read(ROOT, 'bin', shim), 0o755)
  for (const section of [1, 5])
    for (const page of (await readdir(join(dist, 'man'))).filter((name) => name.endsWith(`.${section}`)))
      await put(tree, `usr/share/man/man${section}/${page}.gz`, packed(await read(dist, 'man', page)))
  const completions = {
    'systemd-docker.bash': 'bash-completion/completions/systemd-docker',
    '_systemd-docker': 'zsh/vendor-completions/_systemd-docker',
    'systemd-docker.fish': 'fish/vendor_completions.d/systemd-docker.fish',
  }
  for (const [name, path] of Object.entries(completions))
    await put(tree, `usr/share/${path}`, await read(dist, 'completions', name))
  await put(tree, 'usr/lib/tmpfiles.d/systemd-docker.conf', await read(debian, 'tmpfiles.conf'))
  await put(tree, 'usr/share/lintian/overrides/systemd-docker', await read(debian, 'lintian-overrides'))
  await put(tree, `${DOC}/examples/config.yaml`, await read(debian, 'config.yaml'))
  for (const unit of await readdir(join(ROOT, 'examples/units')))
    await put(tree, `${DOC}/examples/${unit}`, inPackage(await readFile(join(ROOT, 'examples/units', unit), 'utf8')))
  await put(tree, `${DOC}/CHANGELOG.md.gz`, packed(await read(ROOT, 'CHANGELOG.md')))
  await put(tree, `${DOC}/changelog.gz`, packed(debianChangelog(about, epoch)))
  await put(tree, `${DOC}/copyright`, await read(ROOT, 'LICENSE'))
  await put(tree, `${DOC}/LICENSES.gz`, packed(await readFile(`${executable}.LICENSES`)))
}

/** What Debian wants to see of every version (deb-changelog(5)). */
function debianChangelog({version}, epoch) {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000')
  return `systemd-docker (${version}) stable; urgency=medium

  * Version ${version}: see CHANGELOG.md.gz.

 -- ${MAINTAINER}  ${date}
`
}

/** An example unit with the program where the package has it. */
function inPackage(unit) {
  return unit.replaceAll('/opt/bin/systemd-docker', '/usr/bin/systemd-docker')
}

function control({version, homepage}, arch, kibibytes) {
  return `Package: systemd-docker
Version: ${version}
Architecture: ${arch}
Maintainer: ${MAINTAINER}
Installed-Size: ${kibibytes}
Depends: libc6 (>= 2.28), libgcc-s1 (>= 3.0) | libgcc1, libstdc++6 (>= 5), systemd
Recommends: docker.io (>= 20.10) | docker-ce (>= 5:20.10)
Section: admin
Priority: optional
Homepage: ${homepage.replace(/#.*/, '')}
Description: run a Docker container as a systemd service
 With systemd-docker run in place of docker run, a unit is active once its
 container is ready, has the container's processes in its cgroup and its output
 in the journal, and ends with the container's exit status.
`
}

/** As gzip -9n packs it: without a name or a time. */
function packed(text) {
  return gzipSync(text, {level: 9})
}

async function put(tree, path, content, mode = 0o644) {
  await makeParents(tree, path)
  await writeFile(join(tree, path), content, {mode})
  await chmod(join(tree, path), mode)
}

async function copy(source, tree, path, mode) {
  await makeParents(tree, path)
  await copyFile(source, join(tree, path))
  await chmod(join(tree, path), mode)
}

/** Directories that anybody may enter, whatever the umask. */
async function makeParents(tree, path) {
  const parent = dirname(path)
  if (parent === '.') return
  await makeParents(tree, parent)
  await mkdir(join(tree, parent), {recursive: true})
  await chmod(join(tree, parent), 0o755)
}

async function sizeOf(directory) {
  let bytes = 0
  for (const entry of await readdir(directory, {recursive: true, withFileTypes: true}))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
  return Math.ceil(bytes / 1024)
}

async function setTimes(directory, epoch) {
  for (const name of ['.', ...(await readdir(directory, {recursive: true}))])
    await utimes(join(directory, name), epoch, epoch)
}
