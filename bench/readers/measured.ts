import {writeSync} from 'node:fs'
import {Socket} from 'node:net'
import type {Readable} from 'node:stream'

/** Where the program that started a reader expects its measures. */
export const MEASURES_FD = 3

/** What reading a stream to its end took. */
export interface Measures {
  readonly seconds: number
  /** Of both processor time in user mode and in the kernel. */
  readonly cpuSeconds: number
  readonly peakRssKiB: number
}

/**
 * Has standard input read, and writes what that took. What was done before, as loading this program, counts for the
 * memory alone.
 */
export async function measured(read: (stream: Readable) => Promise<void>): Promise<void> {
  const stream = new Socket({fd: 0, readable: true, writable: false})
  const begun = performance.now()
  const cpuBegun = process.cpuUsage()
  await read(stream)
  const {user, system} = process.cpuUsage(cpuBegun)
  const measures: Measures = {
    seconds: (performance.now() - begun) / 1e3,
    cpuSeconds: (user + system) / 1e6,
    peakRssKiB: process.resourceUsage().maxRSS,
  }
  writeSync(MEASURES_FD, JSON.stringify(measures))
}
