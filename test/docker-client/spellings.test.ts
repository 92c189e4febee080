import {describe, expect, test} from 'vitest'
import {RUN_OPTIONS, type RunOption} from '../../src/docker/run-options/table.js'
import {both, refusalOf, requestsOf} from './both.js'
import {SINCE_29, VALUES, pickBy} from './values.js'

/** What has to stand beside an option for docker to take it. */
const BESIDE: Readonly<Record<string, string[]>> = {
  'net-alias': ['--network', 'mine'],
  'network-alias': ['--network', 'mine'],
}
/** Each is a word of its own in docker's help; the value is what docker takes and we take too. */
const SWITCHED: Readonly<Record<string, string>> = {'use-api-socket': 'false', 'disable-content-trust': 'true'}
const OF_WINDOWS = Object.entries(RUN_OPTIONS).flatMap(([name, row]) => ('refused' in row ? [name] : []))

function spellingsOf(name: string, {char, takes}: RunOption): string[][] {
  const pick = pickBy(name.length * 31 + name.charCodeAt(0))
  if (takes === 'nothing') {
    const value = SWITCHED[name]
    if (value !== undefined) return [[`--${name}=${value}`]]
    const long = [[`--${name}`], ...['true', 'false', '1', 'F', 'T'].map((on) => [`--${name}=${on}`])]
    const short = char === undefined ? [] : [[`-${char}`], [`-${char}=false`], [`-${char}i`], [`-i${char}=1`]]
    return [...long, [`--${name}`, `--${name}=false`], [`--${name}=false`, `--${name}`], ...short]
  }
  const value = (): string => VALUES[name]?.(pick) ?? ''
  // A network cannot be named twice.
  const again = /^net(?:work)?$/.test(name)
    ? [['--net', 'mine', '--network', 'other']]
    : [[`--${name}`, value(), `--${name}=${value()}`]]
  const long = Array.from({length: 2}, () => [[`--${name}`, value()], [`--${name}=${value()}`]]).flat()
  const letter =
    char === undefined
      ? []
      : [[`-${char}`, value()], [`-${char}${value() || 'x'}`], [`-${char}=${value()}`], [`-it${char}`, value()]]
  return [...long, ...again, ...letter]
}

const LINES = Object.entries(RUN_OPTIONS)
  .filter(([name]) => name !== 'help' && !OF_WINDOWS.includes(name) && !SINCE_29.includes(name))
  .flatMap(([name, row]) =>
    spellingsOf(name, row).map((words) => [...(BESIDE[name] ?? []), ...words, 'image', 'word', '--rm']),
  )

const pairs = await both(LINES)

describe('every option of docker run', () => {
  test.each(pairs.map((pair) => [pair.line, pair] as const))(
    'an option of docker run asks the Engine for what docker asks for: %s',
    (_, pair) => {
      const {docker, ours} = requestsOf(pair)
      expect(ours).toEqual(docker)
    },
  )
})

const windows = await both(OF_WINDOWS.map((name) => [`--${name}=5`, 'image']))

describe('an option for Windows', () => {
  test.each(windows.map((pair) => [pair.line, pair] as const))(
    'an option for Windows is refused by docker and by us: %s',
    (line, pair) => {
      expect(pair.docker.create).toBeUndefined()
      expect(refusalOf(pair)).toMatch(`REFUSED_OPTION: option ${line.replace(/=.*/, '')} `)
    },
  )
})
