import {execFile} from 'node:child_process'
import type {UnitCgroup} from './unit.js'

const PATIENCE_MS = 5000

/**
 * Whether the unit says `Delegate=yes`, or a list of controllers (systemd.resource-control(5)), so that systemd leaves alone what is made
 * below the unit's cgroup. A unit that systemd does not answer for is taken for one that does not.
 */
export async function delegates({name, manager}: UnitCgroup, signal: AbortSignal): Promise<boolean> {
  const words = [...(manager === 'user' ? ['--user'] : []), 'show', '--property=Delegate', '--value', '--', name]
  return await new Promise((resolve) => {
    execFile('systemctl', words, {signal, timeout: PATIENCE_MS}, (error, stdout) => {
      resolve(error === null && stdout.trim() === 'yes')
    })
  })
}
