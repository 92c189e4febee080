// Runs in the Node that the executable is made of.
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {Script} from 'node:vm'
import type * as program from '../../src/main.js'
import {DEFAULT_SOCKET} from '../../src/docker/client/endpoint.js'
import {readInfo} from '../../src/docker/answers.js'
import {readJson} from '../../src/docker/reading.js'
import {keepInfo, lifeOf} from '../../src/early-engine/kept-info.js'
import {compile} from '../../src/executable/compile.js'
import {CarriedModules} from '../../src/executable/modules.js'
import {API_VERSION, INFO, startStandInEngine} from './stand-in-engine.js'
import {INIT, makeHost, moveInto} from './stand-in-host.js'

/** How long after the container is ready all is done that a run does then, in milliseconds. */
const SETTLED_MS = 200

/**
 * Writes what V8 makes of the modules in a directory, beside each of them. What a run of the program calls until its
 * container runs is compiled as well, in a unit of a host that is made in a directory, `host`. What ends a run is not:
 * it would be in the memory of each.
 */
async function writeCaches(
  directory: string,
  names: readonly string[],
  host: string,
  line: readonly string[],
): Promise<void> {
  makeHost(host)
  const engine = await startStandInEngine(join(host, DEFAULT_SOCKET), INIT)
  const journal = await moveInto(host)
  keepAnswer()
  const scripts = new Map<string, Script>()
  const compileFile = (name: string): Script => {
    const script = compile(name, readFileSync(join(directory, name), 'latin1'))
    scripts.set(name, script)
    return script
  }
  const writeAll = (): void => {
    for (const [name, script] of scripts) writeFileSync(join(directory, `${name}.cache`), script.createCachedData())
  }
  const requireAddon = (name: string): unknown => {
    if (name !== 'sd-notify') throw new Error(`there is no ${name}`)
    return {
      sendState(state: string) {
        if (!state.includes('READY=1')) return
        setTimeout(() => {
          if (!journal().includes('the container was born in')) {
            // What is thrown here is the run's own to tell, in that journal.
            console.error(`the run was not as most are: ${journal()}`)
            process.exit(1)
          }
          writeAll()
          engine.endContainer()
        }, SETTLED_MS)
      },
    }
  }
  const modules = new CarriedModules(compileFile, {'addons.cjs': {requireAddon}})
  for (const name of names) modules.require(name)
  process.argv.splice(2, Infinity, ...line)
  const {main} = modules.require('main.cjs') as typeof program
  void main({directory: () => directory, release: () => undefined})
}

/** Keeps what the Engine has said of itself, as a start before has on a host. */
function keepAnswer(): void {
  const asked = Date.now()
  const life = lifeOf(DEFAULT_SOCKET, asked)
  if (life === undefined) throw new Error('the Engine of the host that was made is not taken for its own')
  keepInfo(DEFAULT_SOCKET, {asked, life}, {info: readInfo(readJson(JSON.stringify(INFO))), spoken: API_VERSION})
}

/** @throws where V8 does not take what it has made of a module */
function refuseRejected(directory: string, names: readonly string[]): void {
  for (const name of names) {
    const cache = readFileSync(join(directory, `${name}.cache`))
    const {cachedDataRejected} = compile(name, readFileSync(join(directory, name), 'latin1'), cache)
    if (cachedDataRejected !== false) throw new Error(`V8 does not take what it has made of ${name}`)
  }
}

const [what = '', directory = '', names = '', host = '', ...line] = process.argv.slice(2)
if (what === 'write') void writeCaches(directory, names.split(','), host, line)
else refuseRejected(directory, names.split(','))
