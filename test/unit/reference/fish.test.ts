import {describe, expect, test} from 'vitest'
import {fishCompletion} from '../../../scripts/reference/fish.js'
import {CLIENT_OPTIONS} from '../../../src/docker/client/global-options.js'
import {RUN_OPTIONS_HELP} from '../../../src/docker/run-options/help.js'
import {COMMANDS} from '../../../src/oclif.js'
import type {OptionDeclaration} from '../../../src/options/option.js'
import {BUILT_IN} from '../../../src/plugins/index.js'
import {GLOBAL_OPTIONS} from '../../../src/run/global-options.js'

const COMPLETION = await fishCompletion()

/** A word of fish: letters, what a backslash makes a letter, and what stands in single quotes (fish-language(1)). */
const WORD = /(?:[^\s'\\]|\\.|'(?:[^'\\]|\\.)*')+/g

/** The words of each call of complete(1), as fish would read them. */
const CALLS = COMPLETION.split('\n')
  .filter((line) => line.startsWith('complete '))
  .map((line) => {
    const words = line.match(WORD) ?? []
    // What is no word would be a quote that is not closed.
    expect(words.join(' ')).toBe(line)
    return words.map((word) => word.replaceAll(/'((?:[^'\\]|\\.)*)'/g, '$1').replaceAll(/\\(.)/g, '$1'))
  })

/** What stands behind an option of complete(1) in its calls with a condition. */
function behind(condition: string, option: string): string[] {
  return CALLS.filter((words) => words[words.indexOf('-n') + 1] === condition).flatMap((words) =>
    words.includes(option) ? [words[words.indexOf(option) + 1] ?? ''] : [],
  )
}

function at(command: string): string {
  return `__systemd_docker_behind ${/^[a-z]+$/.test(command) ? command : `'${command}'`}`
}

describe('the completion of fish', () => {
  test('it offers every option before `run`, with its letter', () => {
    const own = [GLOBAL_OPTIONS, ...BUILT_IN.map(({options}) => options)].flatMap((options) =>
      Object.entries<OptionDeclaration>(options),
    )
    expect(behind(at(''), '-l')).toEqual([...own.map(([name]) => name), 'help', 'version'])
    expect(behind(at(''), '-s')).toEqual(own.flatMap(([, {char}]) => char ?? []))
  })

  test('it offers every option of docker run behind `run`, but none that is refused', () => {
    const subjects = Object.entries(RUN_OPTIONS_HELP).filter(([subject]) => subject !== 'Refused')
    expect(behind(at('run'), '-l')).toEqual(subjects.flatMap(([, options]) => Object.keys(options)))
  })

  test('it knows behind which options a value follows, of those too that it does not offer', () => {
    const [, before = ''] = /case ''\n[^]*?set valued (.*)/.exec(COMPLETION) ?? []
    for (const [name, {takes}] of Object.entries(CLIENT_OPTIONS))
      expect(before.split(' ').includes(`--${name}`), name).toBe(takes === 'value')
    const [, run = ''] = /case run\n[^]*?set valued (.*)/.exec(COMPLETION) ?? []
    const all = Object.entries(
      Object.assign({}, ...Object.values(RUN_OPTIONS_HELP)) as Record<string, {value?: string}>,
    )
    for (const [name, {value}] of all) expect(run.split(' ').includes(`--${name}`), name).toBe(value !== undefined)
  })

  test('it offers every command with its options', () => {
    const ids = Object.keys(COMMANDS).filter((id) => id !== 'run')
    for (const id of ids) {
      const flags = Object.keys({...COMMANDS[id as keyof typeof COMMANDS].flags})
      expect(behind(at(id.replace(':', ' ')), '-l'), id).toEqual([...flags, 'help'])
    }
    expect(behind(at(''), '-a').slice(0, 1)).toEqual(['run'])
    expect(behind('__systemd_docker_first', '-a')).toEqual([...new Set(ids.map((id) => id.replace(/:.*$/, '')))])
    expect(behind(at('config'), '-a')).toEqual(ids.flatMap((id) => /^config:(.*)$/.exec(id)?.[1] ?? []))
  })

  test.each([
    ['', 'unhealthy', ['-x', '-a', 'ignore log stop watchdog']],
    ['', 'logs', ['-a', 'stream journal native true false']],
    ['', 'env', []],
    ['', 'pid-file', ['-r', '-F']],
    ['run', 'pull', ['-x', '-a', 'missing always never']],
    ['run', 'network', ['-x', '-a', '(__systemd_docker_ask __completeNoDesc run --network "")']],
  ])('behind %j it says what completes --%s', (command, name, expected) => {
    const [call = []] = CALLS.filter((words) => words.includes(at(command)) && words[words.indexOf('-l') + 1] === name)
    expect(call.slice(call.indexOf('-l') + 2, call.indexOf('-d'))).toEqual(expected)
  })

  test('it offers images behind run, containers behind finish, and files behind config check', () => {
    expect(behind(at('run'), '-a').at(-1)).toBe('(__systemd_docker_ask image ls --format "{{.Repository}}:{{.Tag}}")')
    expect(behind(at('finish'), '-a')).toEqual(['(__systemd_docker_ask container ls --all --format "{{.Names}}")'])
    expect(CALLS).toContainEqual(['complete', '-c', 'systemd-docker', '-n', at('config check'), '-F'])
  })
})
