import {describe, expect, test} from 'vitest'
import {RUN_OPTIONS} from '../../src/docker/run-options/table.js'
import {TOLD, both, requestsOf} from './both.js'
import {VALUES, networkWords, pickBy, type Pick} from './values.js'

/** How many lines are made; `npm run test:options -- --seeds 5000` makes more. */
const SEEDS = Number(process.env['OPTION_SEEDS'] ?? '150')

/**
 * Options that go with anything else; those of networks come together, and the health check's are there or refused as a
 * whole.
 */
const FREE = Object.keys(VALUES).filter(
  (name) =>
    !/^(?:net|network|net-alias|network-alias|ip|ip6|mac-address|link-local-ip|cidfile|detach-keys)$/.test(name),
)
const SWITCHES = [
  'init',
  'interactive',
  'oom-kill-disable',
  'privileged',
  'publish-all',
  'quiet',
  'read-only',
  'rm',
  'tty',
]

/** A line that docker takes, made by chance. */
function lineOf(seed: number): string[] {
  const pick = pickBy(seed)
  const hasHealthcheck = pick([true, true, false])
  const names = Array.from({length: pick([1, 2, 3, 5, 8, 13, 21])}, () => pick([...FREE, ...SWITCHES]))
  const words = names
    .filter((name) => hasHealthcheck || !name.startsWith('health-'))
    .flatMap((name) => spelled(name, pick))
  const at = pick([0, words.length])
  const others = [...networkWords(pick), ...(hasHealthcheck ? [] : ['--no-healthcheck'])]
  const line = at === 0 ? [...others, ...words] : [...words, ...others]
  return [...line, ...pick([[], ['--']]), 'image', ...pick([[], ['sh', '-c', 'exit 0'], ['--rm', '-v']])]
}

function spelled(name: string, pick: Pick): string[] {
  const row = RUN_OPTIONS[name]
  if (row?.takes === 'nothing') {
    const short = row.char === undefined ? [] : [`-${row.char}`, `-${row.char}=false`, `-it${row.char}`]
    return [pick([`--${name}`, `--${name}=true`, `--${name}=0`, ...short])]
  }
  const value = VALUES[name]?.(pick) ?? ''
  const long = [[`--${name}`, value], [`--${name}=${value}`]]
  if (row?.char === undefined) return pick(long)
  const joined = value === '' || value.startsWith('=') ? [] : [[`-${row.char}${value}`], [`-${row.char}=${value}`]]
  return pick([...long, [`-${row.char}`, value], [`-it${row.char}`, value], ...joined])
}

const lines = Array.from({length: SEEDS}, (_, seed) => lineOf(seed + 1))
const half = Math.ceil(SEEDS / 2)
const pairs = [...(await both(lines.slice(0, half))), ...(await both(lines.slice(half), TOLD))]

describe('a line made by chance', () => {
  test.each(pairs.map((pair, index) => [index + 1, pair.line, pair] as const))(
    'a line made by chance asks the Engine for what docker asks for: seed %i: %s',
    (_, __, pair) => {
      const {docker, ours} = requestsOf(pair)
      expect(ours).toEqual(docker)
    },
  )
})
