import {resolve} from 'node:path'
import {MissingImageError, RefusedOptionError} from '../errors.js'
import {CLIENT_OPTIONS, SHARED_LETTERS} from '../docker/client/global-options.js'
import type {RunRequest, OptionContext} from '../docker/run-options/draft.js'
import {PODMAN_OPTIONS} from '../docker/run-options/podman.js'
import {RUN_OPTIONS} from '../docker/run-options/table.js'
import {translate} from '../docker/run-options/translate.js'
import type {OptionDeclarations} from '../options/option.js'
import {misplaced, parseWords, type Elsewhere, type GivenOption, type WordRule} from '../options/words.js'

/** A line of ours, taken apart at its borders: the wrapper's words, the command, and whatever follows it. */
export interface CommandLine {
  readonly given: readonly GivenOption[]
  /** What stands among the wrapper's words and is for docker's client. */
  readonly client: readonly GivenOption[]
  readonly command: string | undefined
  readonly rest: readonly string[]
}

/**
 * Takes the wrapper's options off a line, and those that docker's client has there, as far as none of the wrapper's has
 * their name; the first word that is none is the command. `docker run` is also called `docker container run`.
 */
export function parseCommandLine(words: readonly string[], declarations: OptionDeclarations): CommandLine {
  const ours = Object.fromEntries(
    Object.entries(rulesOf(declarations)).map(([name, rule]) => [name, {...rule, ...orByLetter(name)}]),
  )
  const clients = Object.entries(CLIENT_OPTIONS).filter(([name]) => !Object.hasOwn(ours, name))
  const elsewhere = misplaced(RUN_OPTIONS, 'which is an option of docker run and belongs after `run`')
  // A letter that both have is ours, which comes later.
  const {given, rest} = parseWords(words, {...Object.fromEntries(clients), ...ours}, elsewhere)
  const isOurs = ({name}: GivenOption): boolean => Object.hasOwn(ours, name)
  const [command, ...behind] = rest[0] === 'container' && rest[1] === 'run' ? rest.slice(1) : rest
  return {given: given.filter(isOurs), client: given.filter((one) => !isOurs(one)), command, rest: behind}
}

function orByLetter(name: string): Pick<WordRule, 'orByLetter'> {
  const other = Object.hasOwn(SHARED_LETTERS, name) ? SHARED_LETTERS[name] : undefined
  return other === undefined ? {} : {orByLetter: other}
}

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
  const {request, pull, quiet, cidFile, needs, sigProxy, pending} = await translate(given, image, command, around)
  // Relative to the directory that we were started in, as every path of the line is.
  return {
    request,
    pull,
    needs,
    ...(quiet ? {quiet} : {}),
    ...(pending.detached ? {detached: true} : {}),
    ...(request.body.HostConfig.AutoRemove ? {rm: true} : {}),
    ...(sigProxy === undefined ? {} : {sigProxy}),
    ...(cidFile ? {cidFile: resolve(around.cwd, cidFile)} : {}),
  }
}

function parseRunWords(words: readonly string[], declarations: OptionDeclarations): ReturnType<typeof parseWords> {
  const ours = misplaced(rulesOf(declarations), 'which is an option of systemd-docker and belongs before `run`')
  return parseWords(words, RUN_OPTIONS, (spelled, value) => ofPodman(spelled, value) ?? ours(spelled, value))
}

const ofPodman: Elsewhere = (spelled, value) => {
  const name = spelled.replace(/^--/, '')
  const option = Object.hasOwn(PODMAN_OPTIONS, name) ? PODMAN_OPTIONS[name] : undefined
  if (option === undefined || !(option.values?.has(value ?? '') ?? true)) return undefined
  return new RefusedOptionError(spelled, `only podman has it; ${option.instead}`)
}

/**
 * The words' rules of declared options.
 *
 * @internal
 */
export function rulesOf(declarations: OptionDeclarations): Record<string, WordRule> {
  return Object.fromEntries(
    Object.entries(declarations).map(([name, {kind, char, modes}]) => [
      name,
      {
        takes: kind === 'boolean' ? 'nothing' : 'value',
        ...(char === undefined ? {} : {char}),
        ...(modes === undefined ? {} : {modes}),
      },
    ]),
  )
}
