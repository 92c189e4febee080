import {MissingImageError, RefusedOptionError} from '../errors.js'
import {RUN_OPTIONS, type Draft, type Effect, type PullPolicy, type Surroundings} from '../docker/run-options.js'
import {emptyCreateRequest, type CreateRequest} from '../docker/create-request.js'
import type {OptionDeclarations} from '../options/option.js'
import {parseWords, type Given, type WordRule} from '../options/words.js'

/** A line of ours, taken apart at its borders: the wrapper's words, the command, and whatever follows it. */
export interface Line {
  readonly given: readonly Given[]
  readonly command: string | undefined
  readonly rest: readonly string[]
}

/** What the words after `run` ask for. */
export interface RunOrder {
  readonly request: CreateRequest
  readonly pull: PullPolicy
}

/** Takes the wrapper's options off a line; the first word that is none is the command. */
export function parseLine(words: readonly string[], declarations: OptionDeclarations): Line {
  const {given, rest} = parseWords(words, rulesOf(declarations))
  return {given, command: rest[0], rest: rest.slice(1)}
}

/** The file that `--config` names before the command, which must be known before any other option can be. */
export function configWord(words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === 'run' || word === '--') return undefined
    if (word === '--config') return words[index + 1]
    if (word.startsWith('--config=')) return word.slice('--config='.length)
  }
  return undefined
}

const RUN_RULES: Readonly<Record<string, WordRule>> = Object.fromEntries(
  Object.entries(RUN_OPTIONS).map(([name, {char, takes}]) => [
    name,
    {takesValue: takes === 'value', ...(char === undefined ? {} : {char})},
  ]),
)

/** Whether the words after `run` ask for help, as docker run does: with `--help` before the image. */
export function asksForHelp(words: readonly string[]): boolean {
  return parseWords(words, RUN_RULES).given.some(({name, value}) => name === 'help' && value === 'true')
}

/**
 * Translates the words after `run` into a create request. The image is the first word that is no option and no option's value; what follows it
 * is the container's and is not looked at.
 *
 * @throws {MissingImageError} {@link RefusedOptionError} and the errors of the options' values
 */
export async function parseRun(words: readonly string[], around: Surroundings): Promise<RunOrder> {
  const {given, rest} = parseWords(words, RUN_RULES)
  const effects = given.map((option) => ({...option, effect: effectOf(option)}))
  const [image, ...command] = rest
  if (image === undefined || image === '') throw new MissingImageError()
  const draft: Draft = {request: emptyCreateRequest(image, command), pull: 'missing'}
  for (const {name, value, effect} of filesFirst(effects)) await effect(draft, value, `--${name}`, around)
  return draft
}

function effectOf({name}: Given): Effect {
  const effect = RUN_OPTIONS[name]?.effect
  if (effect === undefined)
    throw new RefusedOptionError(`--${name}`, 'this version of systemd-docker does not support it')
  return effect
}

/** What `--env` says wins over what a file says, wherever they stand. */
function filesFirst<T extends Given>(options: readonly T[]): T[] {
  const isFile = ({name}: T): boolean => name === 'env-file'
  return [...options.filter(isFile), ...options.filter((option) => !isFile(option))]
}

/** The words' rules of declared options. */
export function rulesOf(declarations: OptionDeclarations): Record<string, WordRule> {
  return Object.fromEntries(
    Object.entries(declarations).map(([name, {kind, char}]) => [
      name,
      {takesValue: kind !== 'boolean', ...(char === undefined ? {} : {char})},
    ]),
  )
}
