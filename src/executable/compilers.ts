/** Those that are on in the version of Node that the executable is made of (`node --v8-options`). */
const COMPILERS = ['sparkplug', 'maglev', 'turbofan'] as const

/**
 * V8's compilers to machine code. What they make of a start's code, on threads of their own, takes a tenth of the
 * processor time of that start, which is over before it pays.
 *
 * Node warns of flags that are set while V8 runs. These decide no more than whether a function that has been called
 * often is compiled (V8, src/execution/tiering-manager.cc), and the executable has one version of V8 alone.
 */
export class Compilers {
  #areWithheld = false

  /** Has what is called from now on interpreted. */
  withhold(): void {
    this.#areWithheld = true
    set(false)
  }

  /** Has it compiled again. */
  resume(): void {
    if (!this.#areWithheld) return
    this.#areWithheld = false
    set(true)
  }

  /** Does something as if they had not been withheld: V8 takes no code from a cache that other flags have made. */
  during<T>(act: () => T): T {
    if (!this.#areWithheld) return act()
    set(true)
    try {
      return act()
    } finally {
      set(false)
    }
  }
}

function set(on: boolean): void {
  const v8 = process.getBuiltinModule('node:v8')
  for (const compiler of COMPILERS) v8.setFlagsFromString(on ? `--${compiler}` : `--no-${compiler}`)
}
