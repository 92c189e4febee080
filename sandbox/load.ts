import {spawn} from 'node:child_process'
import {once} from 'node:events'

/** Processes that do nothing but compute. */
export interface Load {
  readonly pids: readonly number[]
  end(): Promise<void>
}

/** Starts so many of them. They do not outlive this process, however it ends. */
export function startLoad(processes: number): Load {
  const children = Array.from({length: processes}, () =>
    spawn('setpriv', ['--pdeathsig=KILL', 'sh', '-c', 'while :; do :; done'], {stdio: 'ignore'}),
  )
  return {
    pids: children.flatMap(({pid}) => pid ?? []),
    end: async () => {
      const ended = children.map((child) => once(child, 'exit'))
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(ended)
    },
  }
}
