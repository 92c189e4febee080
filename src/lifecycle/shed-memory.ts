import type * as V8 from 'node:v8'
import {SHED_MEMORY_MS} from '../limits.js'

/** What `--expose-gc` gives a program: a collection of all, or as V8 makes it when nothing else helps. */
type Collect = (how?: {type: 'major'; execution: 'sync'; flavor: 'last-resort'}) => void

/**
 * Has V8 give back what only the start of this process needed, a while after it: 3.5 MiB of a unit. V8 collects that by
 * itself, some ten seconds later, if the start has taken just enough memory (V8, src/heap/memory-reducer.h), and else
 * when it is short of it, which a process that sleeps never is. It is also to forget what it has made of a function
 * that was not called between two collections, rather than six: most of the start's code. Left to itself, it keeps the
 * machine code of a function for ever, and with that its bytecode.
 *
 * @returns has it keep all
 */
export function shedMemoryLater(): () => void {
  // The same names in Node 20 to 26 (`node --v8-options`).
  v8().setFlagsFromString('--bytecode-old-age=1')
  v8().setFlagsFromString('--flush-baseline-code')
  const garbage = new WeakRef({})
  const timer = setTimeout(() => {
    if (garbage.deref() !== undefined) collect()
  }, SHED_MEMORY_MS).unref()
  return () => {
    clearTimeout(timer)
  }
}

/** Lends this one call what `--expose-gc` gives a whole program. */
function collect(): void {
  v8().setFlagsFromString('--expose-gc')
  const gc = process.getBuiltinModule('node:vm').runInNewContext('gc') as Collect
  v8().setFlagsFromString('--no-expose-gc')
  gc()
  // In Node 20 this collects no more than what is new.
  gc({type: 'major', execution: 'sync', flavor: 'last-resort'})
}

/** Loaded once the container runs. */
function v8(): typeof V8 {
  return process.getBuiltinModule('node:v8')
}
