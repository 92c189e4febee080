import type {Guest} from '../sandbox/guest.js'

/** This machine's Node, in a host. */
export const NODE = '/usr/local/bin/node'

/** Runs in the host, so that the way into it is not measured. */
const STOPWATCH = `
  const {spawnSync} = require('node:child_process')
  const [program, ...words] = process.argv.slice(1)
  const at = performance.timeOrigin + performance.now()
  const {status, stdout, stderr} = spawnSync(program, words, {stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8'})
  const milliseconds = performance.timeOrigin + performance.now() - at
  if (status !== 0) throw new Error(program + ' ended with ' + status + ': ' + stderr)
  console.log(JSON.stringify({at, milliseconds, said: stdout.trim()}))`

/** What a command that was timed took, and said. */
export interface Timed {
  /** When it began, in milliseconds since 1970. */
  readonly at: number
  readonly milliseconds: number
  readonly said: string
}

/** Times a command in a host. */
export async function time(guest: Guest, ...command: string[]): Promise<Timed> {
  return JSON.parse(await guest.run(NODE, '-e', STOPWATCH, '--', ...command)) as Timed
}
