import {spawn} from 'node:child_process'
import {once} from 'node:events'

/** Processes that do nothing but compute. */
export interface Load {
  readonly pids: readonly number[]
  end(): Promise<void>
}

/** The kernel signals no process whose parent has died before it asked for that (prctl(2), `PR_SET_PDEATHSIG`). */
const COMPUTE = '[ "$PPID" = "$0" ] || exit; while :; do :; done'

/** Starts so many of them. They do not outlive this process, however it ends. */
export function startLoad(processes: number): Load {
  const words = ['--pdeathsig=KILL', 'sh', '-c', COMPUTE, String(process.pid)]
  const children = Array.from({length: processes}, () => spawn('setpriv', words, {stdio: 'ignore'}))
  return {
    pids: children.flatMap(({pid}) => pid ?? []),
    end: async () => {
      const ended = children.map((child) => once(child, 'exit'))
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(ended)
    },
  }
}
