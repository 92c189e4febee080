import {createRequire} from 'node:module'
import {carried} from './carried.js'
import {compile, evaluate} from './compile.js'

/** The CommonJS modules that the executable carries, which require each other as files of one directory do. */
export class CarriedModules {
  readonly #loaded = new Map<string, unknown>()
  readonly #requireOther = createRequire(process.execPath)

  /** @param provided what is there already, by the name that it is required by */
  constructor(provided: Readonly<Record<string, unknown>>) {
    for (const [name, exports] of Object.entries(provided)) this.#loaded.set(name, exports)
  }

  /** What a module exports, by its file's name. */
  require(name: string): unknown {
    if (!this.#loaded.has(name)) this.#loaded.set(name, this.#load(name))
    return this.#loaded.get(name)
  }

  #load(name: string): unknown {
    const cache = carried(`${name}.cache`)
    const script = compile(name, carried(name).toString('latin1'), cache.length === 0 ? undefined : cache)
    return evaluate(script, name, (id) => (id.startsWith('./') ? this.require(id.slice(2)) : this.#requireOther(id)))
  }
}
