import {createRequire} from 'node:module'
import type * as Koffi from 'koffi'

/** The C library, through koffi. */
export interface Libc {
  readonly koffi: typeof Koffi
  /** A function of it by its name and its types in C, which throws where it returns less than 0. */
  readonly func: (
    name: string,
    parameters: readonly string[],
    result?: string,
  ) => (...values: readonly unknown[]) => number
}

/** Loads it. */
export function loadLibc(): Libc {
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
  const libc = koffi.load(null)
  return {
    koffi,
    func: (name, parameters, result = 'int') => {
      const call = libc.func(name, result, [...parameters]) as (...values: readonly unknown[]) => number
      return (...values) => {
        const answer = call(...values)
        if (answer < 0) throw new Error(`${name}: errno ${String(koffi.errno())}`)
        return answer
      }
    },
  }
}
