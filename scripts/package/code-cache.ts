// Runs in the Node that the executable is made of.
import {readFileSync, writeFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {join} from 'node:path'
import type {Script} from 'node:vm'
import type * as program from '../../src/main.js'
import {compile, evaluate} from '../../src/executable/compile.js'

/**
 * Writes what V8 makes of the modules in a directory, beside each of them, when this process ends. What a line of the
 * program calls is compiled as well.
 */
function writeCaches(directory: string, names: readonly string[], line: readonly string[]): void {
  const scripts = new Map<string, Script>()
  const loaded = new Map<string, unknown>()
  const requireOther = createRequire(process.execPath)
  const load = (name: string): unknown => {
    if (!loaded.has(name)) {
      const script = compile(name, readFileSync(join(directory, name), 'latin1'))
      scripts.set(name, script)
      const require = (id: string): unknown => (id.startsWith('./') ? load(id.slice(2)) : requireOther(id))
      loaded.set(name, evaluate(script, name, require))
    }
    return loaded.get(name)
  }
  loaded.set('addons.cjs', {
    requireAddon: () => {
      throw new Error('there are no addons')
    },
  })
  for (const name of names) load(name)
  process.once('exit', () => {
    for (const [name, script] of scripts) writeFileSync(join(directory, `${name}.cache`), script.createCachedData())
  })
  process.argv.splice(2, Infinity, ...line)
  const {main} = load('main.cjs') as typeof program
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
if (what === 'write') writeCaches(directory, names.split(','), line)
else refuseRejected(directory, names.split(','))
