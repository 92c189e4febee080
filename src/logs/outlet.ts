import {fstatSync} from 'node:fs'
import type {Writable} from 'node:stream'
import type {CreatedContainer, RunContext, RunHooks} from '../pipeline/contract.js'

/** Where a container's output goes. */
export interface Outlet {
  readonly stdout: Writable
  readonly stderr: Writable
  /** Whether both come to one place where a line is an entry. */
  readonly byLine: boolean
  /** Whether it is the journal, wherever our own outputs go. */
  readonly isNative?: boolean
  /** Resolves when also what it holds of a line was written, or can't be. */
  readonly flush?: () => Promise<void>
  /** Drops what it has not written, and takes no more: what was given to it does not stay as it is any longer. */
  readonly giveUp?: () => void
}

/** Who makes an outlet for the output of a container. */
export interface OutletMaker {
  /** Refuses what the line says wrong before anything is made. */
  readonly resolve: RunHooks['resolve']
  readonly open: (container: CreatedContainer, context: Pick<RunContext, 'signal' | 'defer'>) => Promise<Outlet>
  /** What it does, for `--dry-run`. */
  readonly what: string
}

/**
 * Our own outputs. Both go to the one socket of the journal, behind sudo, too. Elsewhere bytes are bytes, and come in
 * the order that the container has given them; a socket that is our input as well is a client's.
 */
export function ownOutputs(): Outlet {
  const byLine = isOneSocket(1, 2) && !isOneSocket(0, 1)
  return {stdout: process.stdout, stderr: process.stderr, byLine}
}

/** Whether two descriptors of this process are the same socket. */
function isOneSocket(one: number, other: number): boolean {
  try {
    const [a, b] = [fstatSync(one), fstatSync(other)]
    return a.isSocket() && a.dev === b.dev && a.ino === b.ino
  } catch {
    // One is closed.
    return false
  }
}
