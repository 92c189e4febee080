import {reason} from '../errors.js'
import {requireAddon} from './addons.js'

/** A function of the C library. */
export type Foreign = (...values: readonly unknown[]) => number

/** The C library that this process runs with. */
export interface Library {
  func(name: string, result: string, parameters: readonly string[]): Foreign
}

/** What of koffi is used besides. */
export interface Koffi {
  load(path: null): Library
  errno(): number
  address(value: Buffer): bigint
  sizeof(type: string): number
}

/**
 * What is made with calls of the C library, which go through koffi. That is optional.
 *
 * @returns why there is none, where koffi or a function is not there
 */
export function withLibc<Made>(make: (koffi: Koffi, libc: Library) => Made): Made | {readonly why: string} {
  try {
    const koffi = requireAddon('koffi') as Koffi
    return make(koffi, koffi.load(null))
  } catch (error) {
    return {why: reason(error).split('\n')[0] ?? ''}
  }
}
