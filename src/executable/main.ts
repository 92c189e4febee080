import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Script} from 'node:vm'
import {stateDirectory} from '../files/state-directory.js'
import type * as program from '../main.js'
import {carried, carriedAligned} from './carried.js'
import {compile} from './compile.js'
import {Compilers} from './compilers.js'
import {CarriedModules} from './modules.js'
import {ProgramDirectory, type ProgramFile} from './program-directory.js'

/** What the build says of itself: a name of its own, and the modes of the files to write out by their paths. */
interface Build {
  readonly id: string
  readonly files: Readonly<Record<string, number>>
}

const build = JSON.parse(carried('build.json').toString()) as Build
const files = Object.entries(build.files).map(([path, mode]): ProgramFile => ({path, mode, read: () => carried(path)}))
const directory = new ProgramDirectory(files, build.id, {
  state: stateDirectory(process.env),
  // In memory, and there to be written to in units that may write nowhere else.
  temporary: [tmpdir(), '/dev/shm'],
})
const compilers = new Compilers()
const modules = new CarriedModules((name) => compilers.during(() => compileCarried(name)), {
  'addons.cjs': {requireAddon},
})
const release = (): void => {
  directory.release()
}

/** A module with what the build has had V8 make of it, if anything. */
function compileCarried(name: string): Script {
  return compile(name, carried(name).toString('latin1'), carriedAligned(`${name}.cache`))
}

/** The addon itself exports what its package does, as far as it is asked for here. */
function requireAddon(name: string): unknown {
  const addon = {exports: {}}
  process.dlopen(addon, join(directory.path, 'addons', `${name}.node`))
  return addon.exports
}

// What oclif looks for in a file is among the modules.
Object.defineProperty(globalThis, Symbol.for('systemd-docker'), {value: modules})
// Where this process ends of itself.
process.once('exit', release)

const {main} = modules.require('main.cjs') as typeof program
compilers.withhold()
const resumeCompilers = (): void => {
  compilers.resume()
}
void main({directory: () => directory.path, release, resumeCompilers})
