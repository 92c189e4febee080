// `npm run test:e2e -- --load N FILE -t NAME`: the end-to-end tests, beside N processes that do nothing but compute.
// What is not --load is vitest's.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {startLoad} from '../sandbox/load.js'

const words = process.argv.slice(2)
const load = startLoad(takeLoad(words))
try {
  const tests = spawn('vitest', ['run', '--project', 'e2e', ...words], {stdio: 'inherit'})
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => tests.kill(signal))
  const [status] = (await once(tests, 'exit')) as [number | null]
  process.exitCode = status ?? 1
} finally {
  await load.end()
}

/** Takes `--load N` or `--load=N` out of the words: how many processes; 0 when it is not said. */
function takeLoad(words: string[]): number {
  const at = words.findIndex((word) => /^--load(?:=|$)/.test(word))
  if (at === -1) return 0
  const [option = '', next = ''] = words.slice(at, at + 2)
  const [, joined] = /^--load=(.*)$/.exec(option) ?? []
  words.splice(at, joined === undefined ? 2 : 1)
  const value = joined ?? next
  if (!/^[1-9]\d{0,2}$/.test(value)) throw new Error(`--load must be a number from 1 to 999, not '${value}'`)
  return Number(value)
}
