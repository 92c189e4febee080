import {execFileSync} from 'node:child_process'
import {describe, expect, test} from 'vitest'
import {zshCompletion} from '../../../scripts/reference/zsh.js'
import {CLIENT_OPTIONS} from '../../../src/docker/client/global-options.js'
import {RUN_OPTIONS_HELP} from '../../../src/docker/run-options/help.js'
import {COMMANDS} from '../../../src/oclif.js'
import {BUILT_IN} from '../../../src/plugins/index.js'
import {GLOBAL_OPTIONS} from '../../../src/run/global-options.js'

const COMPLETION = await zshCompletion()

/** The words of a list that is set behind a command, whose quotes are those of every shell. */
function list(name: string, command: string): string[] {
  const label = /^[a-z]+$/.test(command) ? command : `'${command}'`
  const [, part = ''] = new RegExp(`^    ${label}\\)\\n([^]*?)^      ;;$`, 'm').exec(COMPLETION) ?? []
  const [, words = ''] = new RegExp(`^      ${name}=\\(\\n([^]*?)^      \\)$`, 'm').exec(part) ?? []
  return execFileSync('sh', ['-c', `printf '%s\\n' ${words.replaceAll('\n', ' ')}`], {encoding: 'utf8'})
    .split('\n')
    .filter((word) => word !== '')
}

/** The long options among what `_arguments` is told: those that it offers, and those that it only knows. */
function options(command: string): {offered: string[]; known: string[]} {
  const specs = list('options', command)
  const names = (of: RegExp): string[] => specs.flatMap((spec) => of.exec(spec)?.[1] ?? [])
  return {offered: names(/^(?:\*|\([^)]*\))--([\w-]+)(?:=-?)?\[/), known: names(/^!--([\w-]+)/)}
}

describe('the completion of zsh', () => {
  test('it offers every option before `run`, and knows those of docker that may stand there', () => {
    const own = [GLOBAL_OPTIONS, ...BUILT_IN.map((plugin) => plugin.options)].flatMap((some) => Object.keys(some))
    expect(options('')).toEqual({offered: [...own, 'help', 'version'], known: Object.keys(CLIENT_OPTIONS)})
  })

  test('it offers every option of docker run behind `run`, and knows those that are refused', () => {
    const {Refused: refused = {}, ...subjects} = RUN_OPTIONS_HELP
    expect(options('run')).toEqual({
      offered: Object.values(subjects).flatMap((some) => Object.keys(some)),
      known: Object.keys(refused),
    })
  })

  test('it offers every command with its options', () => {
    const ids = Object.keys(COMMANDS).filter((id) => id !== 'run')
    for (const id of ids) {
      const flags = Object.keys({...COMMANDS[id as keyof typeof COMMANDS].flags})
      expect(options(id.replace(':', ' ')).offered, id).toEqual([...flags, 'help'])
    }
    const names = (command: string): string[] => list('subcommands', command).map((word) => word.replace(/:.*$/, ''))
    expect(names('')).toEqual(['run', ...new Set(ids.map((id) => id.replace(/:.*$/, '')))])
    for (const topic of ['plugins', 'config'])
      expect(names(topic)).toEqual(ids.filter((id) => id.startsWith(`${topic}:`)).map((id) => id.replace(/^.*:/, '')))
  })

  test.each([
    ['', '*--unhealthy=', 'ignore|log|stop|watchdog: _systemd-docker-offer ignore log stop watchdog'],
    [
      '',
      '(-l --logs)--logs=-',
      ':stream|journal|native|true|false: _systemd-docker-offer stream journal native true false',
    ],
    ['', '*-p+', 'PATH:_files'],
    [
      '',
      '*--ready=',
      'WHAT: _systemd-docker-offer started container healthy http\\:// tcp\\: unix\\: log\\:/ exec\\: delay\\:',
    ],
    ['run', '*--network=', 'NETWORK: _systemd-docker-value --network'],
    ['run', '*-p+', '[[IP\\:]HOST\\:]CONTAINER[/PROTOCOL]: _systemd-docker-value --publish'],
  ])('behind %j it says what completes %s', (command, start, end) => {
    const specs = list('options', command).filter((spec) => spec.startsWith(`${start}[`))
    expect(specs.map((spec) => spec.slice(spec.indexOf(']:') + 2))).toEqual([end])
  })

  test('what completes arguments is said of run, finish and config check', () => {
    expect(list('arguments', 'run')).toEqual(['1:image:_systemd-docker-images', '*:: : '])
    expect(list('arguments', 'finish')).toEqual(['1:container:_systemd-docker-containers'])
    expect(list('arguments', 'config check')).toEqual(['*:file:_files'])
  })
})
