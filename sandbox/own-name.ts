import {randomBytes} from 'node:crypto'
import {existsSync} from 'node:fs'

/** A name for what this process makes on the machine: nobody has it yet, and it ends in whose it is, by the PID. */
export function ownName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}-${String(process.pid)}`
}

/** Whether what has such a name is left of a process that was killed before it could remove it. */
export function isLeft(name: string): boolean {
  return !existsSync(`/proc/${name.slice(name.lastIndexOf('-') + 1)}`)
}
