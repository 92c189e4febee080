import type {HeapSpaceInfo} from 'node:v8'
import {SHED_MEMORY_MS} from '../limits.js'

/** How full the space for what is new is when V8 collects that, in percent, left to itself (`node --v8-options`). */
const TRIGGER_PERCENT = 80
/** How large that space is to begin with, left to itself, in bytes. */
const NEW_SPACE_BYTES = 2 ** 20

/** What `--expose-gc` gives a program: a collection of all, or as V8 makes it when nothing else helps. */
type Collect = (how?: {type: 'major'; execution: 'sync'; flavor: 'last-resort'}) => void

/**
 * Has V8 give back what only the start of this process needed, a while after it: 3.5 MiB of a unit. V8 collects by
 * itself when it is short of memory, which a process that sleeps never is. It is also to forget from then on what it
 * has made of a function that was not called between two collections, rather than six: most of the start's code. Left
 * to itself, it keeps the machine code of a function for ever, and with that its bytecode.
 *
 * @returns has it keep all
 */
export function shedMemoryLater(): () => void {
  const timer = setTimeout(shedMemory, SHED_MEMORY_MS).unref()
  return () => {
    clearTimeout(timer)
  }
}

function shedMemory(): void {
  // A start would wait for this module, and a run that is over sooner has no use for it.
  const v8 = process.getBuiltinModule('node:v8')
  // The same names in Node 20 to 26 (`node --v8-options`).
  v8.setFlagsFromString('--bytecode-old-age=1')
  v8.setFlagsFromString('--flush-baseline-code')
  // Lends this one call what `--expose-gc` gives a whole program.
  v8.setFlagsFromString('--expose-gc')
  const gc = process.getBuiltinModule('node:vm').runInNewContext('gc') as Collect
  v8.setFlagsFromString('--no-expose-gc')
  gc()
  v8.setFlagsFromString(`--minor-gc-task-trigger=${String(triggerIn(v8.getHeapSpaceStatistics()))}`)
  // In Node 20 this collects no more than what is new.
  gc({type: 'major', execution: 'sync', flavor: 'last-resort'})
}

/**
 * How full V8's space for what is new is to be when that is collected, in percent: as full as one is that V8 has made
 * as large as it likes. The executable has it make a larger one, which saves a start some collections (scripts/package/
 * executable.mjs), and which a unit with much to say would else fill each time.
 */
function triggerIn(spaces: readonly HeapSpaceInfo[]): number {
  const space = spaces.find(({space_name}) => space_name === 'new_space')
  const capacity = space === undefined ? 0 : space.space_used_size + space.space_available_size
  return Math.round(TRIGGER_PERCENT * Math.min(1, NEW_SPACE_BYTES / capacity))
}
