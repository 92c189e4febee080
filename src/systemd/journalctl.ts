import {JOURNAL_ANSWER_MS} from '../limits.js'
import {SYSTEMD_PATH} from './systemctl.js'

/** How many bytes of an answer are read. */
const MOST_BYTES = 1024 * 1024

/** Has entries printed in the Journal Export Format, without a word besides. */
export const EXPORT = ['--quiet', '--no-pager', '--output=export'] as const

/**
 * What journalctl prints, up to a bound. Settles when its process has ended, as with systemctl.
 *
 * @param timeout in milliseconds; 0 for none
 * @throws where it is not there, fails, takes longer than `timeout`, or `signal` aborts
 */
export async function journalctl(
  words: readonly string[],
  signal: AbortSignal,
  timeout = JOURNAL_ANSWER_MS,
): Promise<{readonly bytes: Buffer; readonly isWhole: boolean}> {
  const {spawn} = process.getBuiltinModule('node:child_process')
  const child = spawn('journalctl', words, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {...process.env, PATH: SYSTEMD_PATH},
    signal,
    timeout,
    killSignal: 'SIGKILL',
  })
  const chunks: Buffer[] = []
  let length = 0
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (length >= MOST_BYTES) child.kill('SIGKILL')
  })
  const status = await new Promise<number | null>((resolve, reject) => {
    let failure: Error | undefined
    child.on('error', (error) => {
      failure = error
    })
    child.on('close', (code) => {
      if (failure === undefined) resolve(code)
      else reject(failure)
    })
  })
  const isWhole = status === 0
  if (!isWhole && length < MOST_BYTES) throw new Error(`journalctl ended with ${String(status)}`)
  return {bytes: Buffer.concat(chunks), isWhole}
}
