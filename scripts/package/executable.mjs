// The single executable: Node's official build with this program in it (Node's documentation, "Single executable
// applications").
import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import {chmod, copyFile, cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {build} from 'esbuild'
import {inject} from 'postject'
import {ROOT, executableOptions} from '../bundle.mjs'
import {licensesOf, packagesOf} from '../licenses.mjs'
import {align, refuseUnaligned, withRoom} from './alignment.mjs'
import {billOfMaterials} from './bill-of-materials.mjs'
import {npmPackage} from './npm-package.mjs'

const run = promisify(execFile)

/** Node's official builds in the npm registry (`node-linux-ARCH`), which run with glibc 2.28 and newer. */
const NODE_VERSION = '24.21.0'
const NODE_INTEGRITY = {
  x64: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  arm64: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
}
/** The machines that there is an executable for, as Node calls them. */
export const ARCHITECTURES = Object.keys(NODE_INTEGRITY)

/** What Node replaces in itself where it carries a program. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
/** Where V8 keeps the hash of its flags in what it has compiled (src/snapshot/code-serializer.h). */
const FLAG_HASH_BEGIN = 12
const FLAG_HASH_END = 16
const SHIM = 'bin/containerd-shim-systemd-docker-v1'
/** A run as most are, which the code that V8 has compiled for it is kept of. */
const USUAL_LINE = ['run', '--rm', '--name', 'web', '-p', '80:80', '-v', '/srv:/srv', '-e', 'A=b', 'nginx']
/** What systemd sets for it (systemd.exec(5), "Environment Variables in Spawned Processes"). */
const UNIT_ENVIRONMENT = {
  PATH: '/usr/bin',
  HOME: '/root',
  INVOCATION_ID: '0'.repeat(32),
  NOTIFY_SOCKET: '/run/systemd/notify',
}
/** How long that may take. */
const RUN_MOST_MS = 60_000

/**
 * Makes the executable for one kind of machine.
 *
 * @param {string} arch as Node calls it
 * @param {string} output the path of the file
 */
export async function makeExecutable(arch, output) {
  const work = await mkdtemp(`${output}.`)
  try {
    const node = await nodeFor(arch)
    const ownNode = await nodeFor(process.arch)
    const modules = join(work, 'modules')
    const {metafile} = await build({...executableOptions(modules), metafile: true})
    const parts = await partsOf(Object.keys(metafile.inputs), node)
    await writeFile(`${output}.LICENSES`, licensesOf(parts))
    await writeFile(`${output}.cdx.json`, await billOfMaterials(parts))
    await build({...scriptOptions('src/executable/main.ts'), outfile: join(work, 'main.cjs')})
    const names = await readdir(modules)
    if (arch === process.arch) await makeCodeCache(join(ownNode, 'bin/node'), work, modules, names)
    else for (const name of names) await writeFile(join(modules, `${name}.cache`), '')

    const rooms = await giveRoom(names.map((name) => join(modules, `${name}.cache`)))

    const assets = {}
    for (const name of await readdir(modules)) assets[name] = join(modules, name)
    const files = await programFiles(arch, node, work)
    for (const {path, source} of files) assets[path] = source
    assets['build.json'] = join(work, 'build.json')
    await writeFile(assets['build.json'], JSON.stringify(await describeBuild(files, names, modules)))

    const config = {
      // Its path is in the blob.
      main: 'main.cjs',
      output: 'blob',
      disableExperimentalSEAWarning: true,
      // With these V8 still takes the code that Node has cached of its own modules, as it does not with every flag.
      execArgv: [
        // How the carried modules import a site's plugins is experimental in this version of Node.
        '--disable-warning=ExperimentalWarning',
        // V8 would collect all garbage eight seconds after a start, when others of a host's units start, and
        // shed-memory.ts does that later.
        '--no-memory-reducer',
        // Each thread that works for V8 has a stack and a heap of its own in every unit, 100 KB of them.
        '--v8-pool-size=1',
        // SIGUSR1 is for the container. Node would open a port to a debugger, for which a thread of its own waits.
        '--disable-sigusr1',
        // In the megabyte that V8 begins with for what is new, it collects that twice in a start, of which nearly all
        // is in use: a tenth of the start's processor time.
        '--min-semi-space-size=4',
        // Where its heap may grow to 2 GiB, V8 has its builtins beside the code that it makes, for shorter calls. It
        // shares them with other processes only where /proc/PID/maps and stat(2) say the same of the executable, which
        // they do not on an overlay: there they are 2 MiB of each unit's own.
        '--max-old-space-size=1024',
      ],
      // NODE_OPTIONS= in a unit is for its container.
      execArgvExtension: 'none',
      assets,
    }
    await writeFile(join(work, 'sea.json'), JSON.stringify(config))
    await run(join(ownNode, 'bin/node'), ['--experimental-sea-config', 'sea.json'], {cwd: work, env: {}})
    const blob = await readFile(join(work, 'blob'))
    align(blob, rooms)
    const program = join(work, 'program')
    await copyFile(join(node, 'bin/node'), program)
    if (arch === process.arch) await run('strip', [program])
    await inject(program, 'NODE_SEA_BLOB', blob, {sentinelFuse: FUSE})
    refuseUnaligned(await readFile(program), rooms)
    await chmod(program, 0o755)
    await rename(program, output)
  } finally {
    await rm(work, {recursive: true, force: true})
  }
}

/**
 * The directory of the package with Node for one kind of machine.
 *
 * @param {string} arch as Node calls it
 */
export async function nodeFor(arch) {
  return await npmPackage(`node-linux-${arch}@${NODE_VERSION}`, NODE_INTEGRITY[arch])
}

/** What is in the executable besides this program: packages, addons, and Node with all that is in it. */
async function partsOf(inputs, node) {
  const addons = ['koffi', 'sd-notify'].map((name) => `node_modules/${name}/package.json`)
  const text = await readFile(join(node, 'LICENSE'), 'utf8')
  return [...(await packagesOf([...inputs, ...addons])), {name: 'node', version: NODE_VERSION, license: 'MIT', text}]
}

/** How a script that is no part of dist is bundled. */
function scriptOptions(entryPoint) {
  return {
    absWorkingDir: ROOT,
    entryPoints: [entryPoint],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'warning',
  }
}

/**
 * Strings are hashed with a seed of each process's own, so that no two builds would be the same. With a given seed they
 * are, and V8 hashes them anew when it loads them; but it takes only what was made with its own flags.
 */
async function makeCodeCache(node, work, modules, names) {
  const script = join(work, 'code-cache.cjs')
  await build({...scriptOptions('scripts/package/code-cache.ts'), outfile: script})
  // The path of a socket has to be short (unix(7), `sun_path`).
  const host = await mkdtemp(join(tmpdir(), 'systemd-docker-'))
  try {
    const words = ['--hash-seed=1', '--', script, 'write', modules, names.join(','), host, ...USUAL_LINE]
    await run(node, words, {env: UNIT_ENVIRONMENT, timeout: RUN_MOST_MS, killSignal: 'SIGKILL'})
  } finally {
    await rm(host, {recursive: true, force: true})
  }
  const print = 'process.stdout.write(new vm.Script("").createCachedData())'
  const {stdout: plain} = await run(node, ['--eval', print], {env: {}, encoding: 'buffer'})
  for (const name of names) {
    const path = join(modules, `${name}.cache`)
    const cache = await readFile(path)
    plain.copy(cache, FLAG_HASH_BEGIN, FLAG_HASH_BEGIN, FLAG_HASH_END)
    await writeFile(path, cache)
  }
  await run(node, ['--', script, 'check', modules, names.join(',')], {env: {}})
}

/** Gives what is in files the room to be aligned, and returns those that have something in them. */
async function giveRoom(paths) {
  const rooms = await Promise.all(paths.map(async (path) => withRoom(await readFile(path))))
  await Promise.all(paths.map(async (path, index) => await writeFile(path, rooms[index])))
  return rooms.filter(({length}) => length > 0)
}

/** The files that the program writes out: those that oclif, other programs and the dynamic linker look for. */
async function programFiles(arch, node, work) {
  const {name, version, description, oclif} = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const made = {
    'package.json': JSON.stringify({name, version, description, oclif}),
    'dist/oclif.cjs': "module.exports = globalThis[Symbol.for('systemd-docker')].require('oclif.cjs')\n",
  }
  const files = [
    {path: 'oclif.manifest.json', source: join(ROOT, 'oclif.manifest.json'), mode: 0o600},
    {path: SHIM, source: join(ROOT, SHIM), mode: 0o755},
    ...(await addons(arch, node, work)),
  ]
  for (const [path, text] of Object.entries(made)) {
    const source = join(work, path.replaceAll('/', '-'))
    await writeFile(source, text)
    files.push({path, source, mode: 0o600})
  }
  return files
}

async function addons(arch, node, work) {
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'))
  const koffi = `@koromix/koffi-linux-${arch}`
  const {version, integrity} = lock.packages[`node_modules/${koffi}`]
  const unpacked = await npmPackage(`${koffi}@${version}`, integrity)
  const found = [{path: 'addons/koffi.node', source: join(unpacked, `linux_${arch}/koffi.node`), mode: 0o600}]
  // sd-notify is built where it runs. Without it the program systemd-notify sends.
  if (arch === process.arch)
    found.push({path: 'addons/sd-notify.node', source: await buildSdNotify(node, work), mode: 0o600})
  return found
}

/** sd-notify's addon is bound to a version of V8. */
async function buildSdNotify(node, work) {
  const project = join(work, 'sd-notify')
  await mkdir(join(project, 'node_modules'), {recursive: true})
  for (const name of ['sd-notify', 'bindings', 'file-uri-to-path'])
    await cp(join(ROOT, 'node_modules', name), join(project, 'node_modules', name), {recursive: true})
  await rm(join(project, 'node_modules/sd-notify/build'), {recursive: true, force: true})
  await writeFile(join(project, 'package.json'), JSON.stringify({dependencies: {'sd-notify': '*'}}))
  const {PATH, HOME} = process.env
  const env = {PATH, HOME, npm_config_nodedir: node}
  await run('npm', ['rebuild', 'sd-notify', '--foreground-scripts', '--ignore-scripts=false'], {cwd: project, env})
  const addon = join(project, 'node_modules/sd-notify/build/Release/notify.node')
  await run('strip', ['--strip-unneeded', addon])
  return addon
}

async function describeBuild(files, names, modules) {
  const hash = createHash('sha256')
  for (const source of [...names.map((name) => join(modules, name)), ...files.map((file) => file.source)])
    hash.update(await readFile(source))
  return {
    id: hash.digest('hex').slice(0, 16),
    files: Object.fromEntries(files.map(({path, mode}) => [path, mode])),
  }
}
