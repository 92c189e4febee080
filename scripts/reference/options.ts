// The commands and options of the program as its man page describes them and shells complete them, from the
// declarations that it parses a line by and that its help is made of.
import type {Interfaces} from '@oclif/core'
import {RUN_OPTIONS_HELP} from '../../src/docker/run-options/help.js'
import {RUN_OPTIONS} from '../../src/docker/run-options/table.js'
import {PRIORITY_NAMES} from '../../src/logs/priority/level-names.js'
import {COMMANDS} from '../../src/oclif.js'
import type {OptionDeclaration, OptionDeclarations} from '../../src/options/option.js'
import {BUILT_IN} from '../../src/plugins/index.js'
import {GLOBAL_OPTIONS} from '../../src/run/global-options.js'

/** What completes a value: nothing, files, an answer of docker's client, or these words. */
export type Completion = 'none' | 'files' | 'docker' | readonly string[]

/** An option, by its long name without dashes. */
export interface ReferenceOption {
  readonly name: string
  readonly char?: string
  /** What may stand behind it: nothing, a value in the same word (`--logs=stream`), or a value. */
  readonly takes: 'nothing' | 'attached' | 'value'
  /** What stands for the value in the man page. */
  readonly value?: string
  /** Whole sentences. */
  readonly text: string
  readonly completion: Completion
}

/** Options under a heading of their own. */
export interface OptionGroup {
  readonly heading: string
  readonly options: readonly ReferenceOption[]
}

/** A command other than `run`. */
export interface ReferenceCommand {
  /** Its words, such as `config show`. */
  readonly name: string
  /** What stands for its arguments. */
  readonly usage: string
  readonly summary: string
  readonly text: string
  readonly options: readonly ReferenceOption[]
  /** What completes its arguments. */
  readonly argument: Completion | 'containers'
}

/** Files complete what has one of these for its value. */
const FILES: readonly string[] = ['FILE', 'PATH', '[SOURCE:]TARGET[:MODES]', 'HOST[:CONTAINER][:MODES]']
const PLUGIN_NAMES = BUILT_IN.map(({name}) => name)
/** What a value may be or begin with, where its declaration does not list that. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  cgroups: ['all', 'none'],
  disable: PLUGIN_NAMES,
  enable: PLUGIN_NAMES,
  ready: ['started', 'container', 'healthy', 'http://', 'tcp:', 'unix:', 'log:/', 'exec:', 'delay:'],
  'stderr-priority': PRIORITY_NAMES,
}
const ARGUMENTS: Readonly<Record<string, ReferenceCommand['argument']>> = {
  finish: 'containers',
  'config check': 'files',
}

/** The options before `run`: the run's own, then each plugin's. */
export const OWN_OPTIONS: readonly OptionGroup[] = [
  {heading: 'Options of the run', options: declared(GLOBAL_OPTIONS)},
  ...BUILT_IN.map(({name, options}) => ({heading: `Options of ${name}`, options: declared(options)})),
]

const {Refused: REFUSED = {}, ...ACCEPTED} = RUN_OPTIONS_HELP

/** The options of docker run that may stand on a line. */
export const DOCKER_RUN_OPTIONS: readonly ReferenceOption[] = Object.values(ACCEPTED).flatMap(dockerOptions)

/** The options of docker run that are refused, and why. */
export const REFUSED_OPTIONS: readonly ReferenceOption[] = dockerOptions(REFUSED)

/** Every command but `run`. */
export const OTHER_COMMANDS: readonly ReferenceCommand[] = Object.entries(COMMANDS)
  .filter(([id]) => id !== 'run')
  .map(([id, command]) => ofCommand(id.replace(':', ' '), command))

/** What oclif knows of a command. */
interface CommandClass {
  readonly summary?: string | undefined
  readonly description?: string | undefined
  readonly strict?: boolean
  readonly flags?: Interfaces.FlagInput
  readonly args?: Interfaces.ArgInput
}

/** A line of help as a sentence. */
export function sentence(line: string): string {
  const capital = line.slice(0, 1).toUpperCase() + line.slice(1)
  return capital.endsWith('.') ? capital : `${capital}.`
}

function ofCommand(
  name: string,
  {summary, description, strict, flags = {}, args = {}}: CommandClass,
): ReferenceCommand {
  const usage = Object.keys(args).map((argument) => argument.toUpperCase() + (strict === false ? '...' : ''))
  return {
    name,
    usage: usage.join(' '),
    summary: summary ?? '',
    text: [summary, description].filter((part) => part !== undefined).join(' '),
    options: Object.entries(flags).map(([flag, declaration]) => ofFlag(flag, declaration)),
    argument: ARGUMENTS[name] ?? 'none',
  }
}

function declared(declarations: OptionDeclarations): ReferenceOption[] {
  return Object.entries(declarations).map(([name, declaration]) => ofDeclaration(name, declaration))
}

function ofDeclaration(
  name: string,
  {kind, char, modes, valueName, summary, ...rest}: OptionDeclaration,
): ReferenceOption {
  const repeated = kind === 'list' ? ['May be repeated.'] : []
  const text = [sentence(summary), ...defaultOf(rest.default), ...repeated].join(' ')
  const common = {name, ...(char === undefined ? {} : {char}), text}
  if (kind !== 'boolean') {
    const value = valueName ?? 'VALUE'
    return {...common, takes: 'value', value, completion: completionOf(name, value)}
  }
  if (modes === undefined && rest.default !== true) return {...common, takes: 'nothing', completion: 'none'}
  const completion = [...(modes ?? []), 'true', 'false']
  return {...common, takes: 'attached', value: completion.join('|'), completion}
}

function defaultOf(value: OptionDeclaration['default']): string[] {
  return value === undefined ? [] : [`Defaults to ${Array.isArray(value) ? value.join(', ') : String(value)}.`]
}

function dockerOptions(helps: (typeof RUN_OPTIONS_HELP)[string]): ReferenceOption[] {
  return Object.entries(helps).map(([name, {value, summary}]) => {
    const {char} = RUN_OPTIONS[name] ?? {}
    const common = {name, ...(char === undefined ? {} : {char}), text: sentence(summary)}
    if (value === undefined) return {...common, takes: 'nothing', completion: 'none'}
    return {...common, takes: 'value', value, completion: completionByDocker(value)}
  })
}

function ofFlag(name: string, flag: Interfaces.FlagInput[string]): ReferenceOption {
  const common = {name, ...(flag.char === undefined ? {} : {char: flag.char}), text: sentence(flag.summary ?? '')}
  if (flag.type === 'boolean') return {...common, takes: 'nothing', completion: 'none'}
  const value = String(flag.helpValue ?? 'VALUE')
  const text = [common.text, ...defaultOf(typeof flag.default === 'string' ? flag.default : undefined)].join(' ')
  return {...common, text, takes: 'value', value, completion: completionOf(name, value)}
}

/** What completes a value of an option before `run`, or of another command: the words that can be named. */
function completionOf(name: string, value: string): Completion {
  if (FILES.includes(value)) return 'files'
  const words = WORDS[name] ?? wordsOf(value).filter(isPlain)
  return words.length === 0 ? 'none' : words
}

/** What completes a value of docker run: docker's client, unless there are no more words than these. */
function completionByDocker(value: string): Completion {
  if (FILES.includes(value)) return 'files'
  return wordsOf(value).every(isPlain) ? wordsOf(value) : 'docker'
}

/** The alternatives of what stands for a value, as in `json[:FIELD]|logfmt`, without what may follow them. */
function wordsOf(value: string): string[] {
  return value.split('|').map((word) => word.replace(/\[.*\]$/, ''))
}

function isPlain(word: string): boolean {
  return /^[a-z]+$/.test(word)
}
