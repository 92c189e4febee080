// The parts of a line, as the completions of every shell know them.
import manifest from '../../package.json' with {type: 'json'}
import {Run} from '../../src/commands/run.js'
import {CLIENT_OPTIONS} from '../../src/docker/client/global-options.js'
import {
  DOCKER_RUN_OPTIONS,
  OTHER_COMMANDS,
  OWN_OPTIONS,
  REFUSED_OPTIONS,
  type Completion,
  type ReferenceOption,
} from './options.js'

/** What is behind a command on a line, or before any. */
export interface Part {
  /** The command's words, such as `config show`; none before any. */
  readonly command: string
  /** The commands that may stand there, with what they do. */
  readonly commands: Readonly<Record<string, string>>
  /** The options that are offered. */
  readonly options: readonly ReferenceOption[]
  /** The options that may stand there as well. */
  readonly others: readonly Pick<ReferenceOption, 'name' | 'char' | 'takes'>[]
  /** What completes an argument. */
  readonly argument: Completion | 'images' | 'containers'
}

const HELP: ReferenceOption = {
  name: 'help',
  takes: 'nothing',
  text: 'Print a short help text and exit.',
  completion: 'none',
}
const VERSION: ReferenceOption = {
  name: 'version',
  takes: 'nothing',
  text: 'Print a version string and exit.',
  completion: 'none',
}
/** Words that only commands follow. */
const TOPICS: Readonly<Record<string, {readonly description: string}>> = manifest.oclif.topics

/** Every part. */
export const PARTS: readonly Part[] = [
  {
    command: '',
    commands: {run: Run.summary, ...commandsBehind('')},
    options: [...OWN_OPTIONS.flatMap(({options}) => options), HELP, VERSION],
    others: Object.entries(CLIENT_OPTIONS).map(([name, {char, takes}]) => ({
      name,
      ...(char === undefined ? {} : {char}),
      takes,
    })),
    argument: 'none',
  },
  {command: 'run', commands: {}, options: DOCKER_RUN_OPTIONS, others: REFUSED_OPTIONS, argument: 'images'},
  ...Object.keys(TOPICS).map((topic) => partBehind(topic, [], 'none')),
  ...OTHER_COMMANDS.map(({name, options, argument}) => partBehind(name, options, argument)),
]

function partBehind(command: string, options: readonly ReferenceOption[], argument: Part['argument']): Part {
  return {command, commands: commandsBehind(command), options: [...options, HELP], others: [], argument}
}

/** The commands and topics whose words these begin, with what they do. */
function commandsBehind(words: string): Record<string, string> {
  const before = words === '' ? '' : `${words} `
  const all = [
    ...OTHER_COMMANDS.map(({name, summary}) => ({name, summary})),
    ...Object.entries(TOPICS).map(([name, {description: summary}]) => ({name, summary})),
  ]
  return Object.fromEntries(
    all.flatMap(({name, summary}) =>
      name.startsWith(before) && !name.slice(before.length).includes(' ')
        ? [[name.slice(before.length), summary] as const]
        : [],
    ),
  )
}

/** The options of a part that a value follows, as they are spelled, and the letters of the others. */
export function grammarOf({options, others}: Part): {valued: string[]; letters: string[]} {
  const longNames: string[] = []
  const letters = new Map<string, boolean>()
  for (const {name, char, takes} of [...options, ...others]) {
    if (takes === 'value') longNames.push(`--${name}`)
    // A letter that both systemd-docker and docker's client have is the former's.
    if (char !== undefined && !letters.has(`-${char}`)) letters.set(`-${char}`, takes === 'value')
  }
  const those = (takesValue: boolean): string[] =>
    [...letters].flatMap(([letter, takes]) => (takes === takesValue ? [letter] : []))
  return {valued: [...longNames, ...those(true)], letters: those(false)}
}

/** `-p` and `--pid-file`. */
export function spellingsOf({name, char}: ReferenceOption): string[] {
  return [...(char === undefined ? [] : [`-${char}`]), `--${name}`]
}

/** The first words of what an option or a command does, which a shell shows beside it. */
export function brief(text: string): string {
  const [words = ''] = text.replaceAll(/ \([^)]*\)/g, '').split(/[:;] |\.(?: |$)/, 1)
  return words
}
