import {createRequire} from 'node:module'

/**
 * A package of npm that has a native addon. All of them are optional.
 *
 * @throws what loading it does, also where it is not there
 */
export function requireAddon(name: 'koffi' | 'sd-notify'): unknown {
  return createRequire(__filename)(name)
}
