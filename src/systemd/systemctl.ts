import type {ExecFileException} from 'node:child_process'
import type {UnitName} from './unit.js'
import {SYSTEMCTL_ANSWER_MS} from '../limits.js'

/**
 * A systemctl that is started as a stop begins is ended by systemd's own signal to all processes of the unit
 * (systemd.kill(5), `KillMode=control-group`), and by a second one if systemd has not yet seen all of them.
 */
const ATTEMPTS = 5

/**
 * Where distributions have systemd's programs: a unit's `PATH` is set for what the unit runs, and may be without them.
 */
export const SYSTEMD_PATH = '/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin'

/**
 * What systemctl prints when the unit's manager is asked for something. `undefined` is no answer: systemctl is not
 * there, fails, takes longer than `patience`, or `signal` aborts. It must not be taken for any answer.
 *
 * @param patience in milliseconds
 */
export async function systemctl(
  {manager}: Pick<UnitName, 'manager'>,
  words: readonly string[],
  signal: AbortSignal,
  patience = SYSTEMCTL_ANSWER_MS,
): Promise<string | undefined> {
  try {
    return await executeSystemctl([...(manager === 'user' ? ['--user'] : []), ...words], signal, patience)
  } catch {
    return undefined
  }
}

/**
 * What systemctl prints. Settles when its process has ended: one that outlived this process would be in the unit's
 * cgroup when systemd looks whether anything is.
 *
 * @param timeout in milliseconds; 0 for none
 * @throws where it is not there, fails, takes longer than `timeout`, or `signal` aborts
 */
export async function executeSystemctl(words: readonly string[], signal: AbortSignal, timeout = 0): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await execute(words, signal, timeout)
    } catch (error) {
      if (attempt === ATTEMPTS || !isEndedByOthers(error)) throw error
    }
  }
}

async function execute(words: readonly string[], signal: AbortSignal, timeout: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    // Few runs need the program, and what it takes to start a program is 120 KB in every unit that has it loaded.
    const {execFile} = process.getBuiltinModule('node:child_process')
    // systemctl would tell systemd its own exit status, as if it were the unit's.
    const env = {...process.env, PATH: SYSTEMD_PATH, NOTIFY_SOCKET: undefined}
    const options = {signal, timeout, killSignal: 'SIGKILL', env} as const
    const child = execFile('systemctl', words, options, (error: Error | null, stdout) => {
      const settle = (): void => {
        if (error === null) resolve(stdout)
        else reject(error)
      }
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) settle()
      else child.once('exit', settle)
    })
  })
}

function isEndedByOthers(error: unknown): boolean {
  const {killed, signal} = error as Partial<ExecFileException>
  return killed === false && typeof signal === 'string'
}
