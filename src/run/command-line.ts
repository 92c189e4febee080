import {resolve} from 'node:path'
import {MissingImageError} from '../errors.js'
import type {RunRequest, OptionContext} from '../docker/run-options/draft.js'
import {RUN_OPTIONS} from '../docker/run-options/table.js'
import {translate} from '../docker/run-options/translate.js'
import type {OptionDeclarations} from '../options/option.js'
import {parseWords, type GivenOption, type WordRule} from '../options/words.js'

/** A line of ours, taken apart at its borders: the wrapper's words, the command, and whatever follows it. */
export interface CommandLine {
  readonly given: readonly GivenOption[]
  readonly command: string | undefined
  readonly rest: readonly string[]
}

/** Takes the wrapper's options off a line; the first word that is none is the command. */
export function parseCommandLine(words: readonly string[], declarations: OptionDeclarations): CommandLine {
  const docker = {rules: RUN_RULES, hint: 'which is an option of docker run and belongs after `run`'}
  const {given, rest} = parseWords(words, rulesOf(declarations), docker)
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
export function asksForHelp(words: readonly string[], declarations: OptionDeclarations): boolean {
  return parseRunWords(words, declarations).given.some(({name, value}) => name === 'help' && value === 'true')
}

/**
 * Translates the words after `run` into a create request. The image is the first word that is no option and no option's
 * value; what follows it is the container's and is not looked at.
 *
 * @param declarations the options that stand before `run`, for a hint where one stands here
 * @throws {MissingImageError} and the errors of the options' values
 */
export async function parseRunRequest(
  words: readonly string[],
  around: OptionContext,
  declarations: OptionDeclarations,
): Promise<RunRequest> {
  const {given, rest} = parseRunWords(words, declarations)
  const [image, ...command] = rest
  if (image === undefined || image === '') throw new MissingImageError()
  const {request, pull, quiet, cidFile, needs, sigProxy} = await translate(given, image, command, around)
  // Relative to the directory that we were started in, as every path of the line is.
  return {
    request,
    pull,
    needs,
    ...(quiet ? {quiet} : {}),
    ...(request.body.HostConfig.AutoRemove ? {rm: true} : {}),
    ...(sigProxy === undefined ? {} : {sigProxy}),
    ...(cidFile ? {cidFile: resolve(around.cwd, cidFile)} : {}),
  }
}

function parseRunWords(words: readonly string[], declarations: OptionDeclarations): ReturnType<typeof parseWords> {
  const ours = {rules: rulesOf(declarations), hint: 'which is an option of systemd-docker and belongs before `run`'}
  return parseWords(words, RUN_RULES, ours)
}

/**
 * The words' rules of declared options.
 *
 * @internal
 */
export function rulesOf(declarations: OptionDeclarations): Record<string, WordRule> {
  return Object.fromEntries(
    Object.entries(declarations).map(([name, {kind, char}]) => [
      name,
      {takesValue: kind !== 'boolean', ...(char === undefined ? {} : {char})},
    ]),
  )
}
