// Runs in the Node that the executable is made of.
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {Script} from 'node:vm'
import type * as program from '../../src/main.js'
import {socketPath} from '../../src/docker/client/endpoint.js'
import {compile} from '../../src/executable/compile.js'
import {CarriedModules} from '../../src/executable/modules.js'
import {startStandInEngine} from './stand-in-engine.js'

/**
 * Writes what V8 makes of the modules in a directory, beside each of them, when this process ends. What a run of the
 * program calls is compiled as well, from its line to the end of its container, with a stand-in for the Engine of
 * `DOCKER_HOST`.
 */
async function writeCaches(directory: string, names: readonly string[], line: readonly string[]): Promise<void> {
  const engine = await startStandInEngine(socketPath(process.env))
  const scripts = new Map<string, Script>()
  const compileFile = (name: string): Script => {
    const script = compile(name, readFileSync(join(directory, name), 'latin1'))
    scripts.set(name, script)
    return script
  }
  const requireAddon = (name: string): unknown => {
    if (name !== 'sd-notify') throw new Error(`there is no ${name}`)
    return {
      sendState(state: string) {
        if (state.includes('READY=1')) engine.endContainer()
      },
    }
  }
  const modules = new CarriedModules(compileFile, {'addons.cjs': {requireAddon}})
  for (const name of names) modules.require(name)
  process.once('exit', () => {
    for (const [name, script] of scripts) writeFileSync(join(directory, `${name}.cache`), script.createCachedData())
  })
  process.argv.splice(2, Infinity, ...line)
  const {main} = modules.require('main.cjs') as typeof program
  void main({directory: () => directory, release: () => undefined})
}

/** @throws where V8 does not take what it has made of a module */
function refuseRejected(directory: string, names: readonly string[]): void {
  for (const name of names) {
    const cache = readFileSync(join(directory, `${name}.cache`))
    const {cachedDataRejected} = compile(name, readFileSync(join(directory, name), 'latin1'), cache)
    if (cachedDataRejected !== false) throw new Error(`V8 does not take what it has made of ${name}`)
  }
}

const [what = '', directory = '', names = '', ...line] = process.argv.slice(2)
if (what === 'write') void writeCaches(directory, names.split(','), line)
else refuseRejected(directory, names.split(','))
