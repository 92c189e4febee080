import {Script, constants} from 'node:vm'

/**
 * A CommonJS module's function, not called yet.
 *
 * @param source it, as Node's own loader puts it around a module
 * @param cachedData what V8 has made of it before; what is of another V8 is left out of account
 */
export function compile(name: string, source: string, cachedData?: Buffer): Script {
  return new Script(source, {
    filename: name,
    ...(cachedData === undefined ? {} : {cachedData}),
    // So that a site's plugins can be imported from where they are.
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
}

/** Calls a module's function, as Node's own loader does. */
export function evaluate(script: Script, name: string, require: (id: string) => unknown): unknown {
  const module = {exports: {}}
  const evaluated = script.runInThisContext() as (...words: readonly unknown[]) => void
  evaluated(module.exports, require, module, name, '.')
  return module.exports
}
