import {fstatSync} from 'node:fs'
import type {Writable} from 'node:stream'
import type {CreatedContainer, RunContext, RunHooks} from '../pipeline/contract.js'

/** Where a container's output goes; both are one where they come to one place in which a line is an entry. */
export interface Outlet {
  readonly stdout: Writable
  readonly stderr: Writable
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
 * Our own outputs. Both go to the one socket of the journal, behind sudo, too, by one stream, as what one of two had to
 * queue would come after what the other could write, in the middle of a line as well. Elsewhere bytes are bytes, and
 * come in the order that the container has given them; a socket that is our input as well is a client's.
 */
export function ownOutputs(): Outlet {
  const {stdout, stderr} = process
  return {stdout, stderr: isOneSocket(1, 2) && !isOneSocket(0, 1) ? stdout : stderr}
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
