import type {Script} from 'node:vm'
import {evaluate} from './compile.js'

/** The CommonJS modules that the executable carries, which require each other as files of one directory do. */
export class CarriedModules {
  readonly #loaded: Map<string, unknown>
  readonly #compile: (name: string) => Script

  /**
   * @param compile gives a module's function, by its file's name
   * @param provided what is there already, by the name that it is required by
   */
  constructor(compile: (name: string) => Script, provided: Readonly<Record<string, unknown>>) {
    this.#compile = compile
    this.#loaded = new Map(Object.entries(provided))
  }

  /** What a module exports, by its file's name. */
  require(name: string): unknown {
    if (!this.#loaded.has(name)) {
      const require = (id: string): unknown => (id.startsWith('./') ? this.require(id.slice(2)) : requireOther(id))
      this.#loaded.set(name, evaluate(this.#compile(name), name, require))
    }
    return this.#loaded.get(name)
  }
}

/** A module of Node; another one is looked for from where the executable is. */
function requireOther(id: string): unknown {
  return process.getBuiltinModule(id) ?? process.getBuiltinModule('node:module').createRequire(process.execPath)(id)
}
