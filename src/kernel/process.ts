import {readFile} from 'node:fs/promises'
import {hasErrorCode} from '../errors.js'
import {kernelText} from './kernel-text.js'
import {signalNumber, type SignalName} from './signal-names.js'

/** A process of this host that is not our child, told from one that has its PID later. */
export interface HostProcess {
  readonly pid: number
  isThere(): Promise<boolean>
  /** Sends it a signal; nothing happens when it has ended. @throws where this user may not */
  signal(name: SignalName): Promise<void>
}

/** The 22nd field of /proc/PID/stat (proc_pid_stat(5)) counted from behind the name, which may have blanks in it. */
const START_TIME = 19
/** Of its unit there are 100 a second on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

/** The process with this PID, as it is now. */
export function findProcess(pid: number, procRoot = '/proc'): HostProcess {
  const begun = startTicks(pid, procRoot)
  const isThere = (): Promise<boolean> => Promise.resolve(begun !== undefined && startTicks(pid, procRoot) === begun)
  return {
    pid,
    isThere,
    async signal(name) {
      try {
        if (await isThere()) process.kill(pid, signalNumber(name))
      } catch (error) {
        if (!hasErrorCode(error, 'ESRCH')) throw error
      }
    },
  }
}

/**
 * When the process began, in ticks since the host's boot; nothing where there is none, or only what its parent has not
 * yet asked for.
 */
export function startTicks(pid: number, procRoot = '/proc'): string | undefined {
  const fields = statFields(pid, procRoot)
  return fields[0] === 'Z' ? undefined : fields[START_TIME]
}

/** How long ago the process with this PID began, in milliseconds; nothing where that is not known. */
export function ageOf(pid: number | string, procRoot = '/proc'): number | undefined {
  const uptime = Number.parseFloat(kernelText(`${procRoot}/uptime`))
  const age = (uptime - Number(statFields(pid, procRoot)[START_TIME]) / TICKS_PER_SECOND) * 1000
  return Number.isFinite(age) ? age : undefined
}

/** Its fields from the third on, which is its state. */
function statFields(pid: number | string, procRoot: string): string[] {
  const stat = kernelText(`${procRoot}/${String(pid)}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/**
 * Whether this process is the first of a PID namespace of its own, as with `PrivatePIDs=` (systemd.exec(5), from
 * systemd 257 on): then /proc has not the container's processes, and what it has under their PIDs are others.
 */
export function hasOwnPids(): boolean {
  return process.pid === 1
}

/**
 * Whether a process has a handler for a signal (proc_pid_status(5), `SigCgt`): one that has none dies of it, or ignores
 * it. `undefined` where there is no such process.
 */
export async function handlesSignal(pid: number, name: SignalName, procRoot = '/proc'): Promise<boolean | undefined> {
  const status = await readFile(`${procRoot}/${String(pid)}/status`, 'utf8').catch(() => '')
  const [, caught] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status) ?? []
  return caught === undefined ? undefined : ((BigInt(`0x${caught}`) >> BigInt(signalNumber(name) - 1)) & 1n) === 1n
}
