import {setFlagsFromString} from 'node:v8'
import {withLibc} from '../systemd/libc.js'

/**
 * What V8 may be told while it runs (`node --v8-options`; the same names in Node 20 to 26): to collect what is new in
 * as much memory as it began with, and to have less in hand while it optimizes a function.
 */
const FLAGS = ['--semi-space-growth-factor=1', '--max-inlined-bytecode-size-cumulative=200']

/** How much freed memory malloc keeps at the end of the heap, and takes in advance there, in bytes. */
const KEPT_BYTES = 64 * 1024
/** Parameters of mallopt(3) (glibc, malloc.h). */
const [M_TRIM_THRESHOLD, M_TOP_PAD, M_ARENA_MAX] = [-1, -2, -8]
/** All threads use one heap, and it gives back what is freed. */
const MALLOC = [
  [M_ARENA_MAX, 1],
  [M_TRIM_THRESHOLD, KEPT_BYTES],
  [M_TOP_PAD, KEPT_BYTES],
] as const

/**
 * Keeps the heap of a process small that makes entries of a container's output: each leaves objects behind, for which
 * V8 would take some 2 MiB more, and have them until the unit ends, for no more speed.
 */
export function keepHeapSmall(): void {
  for (const flag of FLAGS) setFlagsFromString(flag)
}

/** The same of malloc, for a process that has koffi loaded: 1 to 2 MiB. */
export function keepMallocSmall(): void {
  // A C library that has no such function needs none.
  withLibc((_, libc) => {
    const mallopt = libc.func('mallopt', 'int', ['int', 'int'])
    for (const [parameter, value] of MALLOC) mallopt(parameter, value)
  })
}
