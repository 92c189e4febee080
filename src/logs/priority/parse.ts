import {BadValueError, reason} from '../../errors.js'
import {jsonLevel} from './json-level.js'
import {PRIORITY_NAMES, priorityOfLevel} from './level-names.js'
import {firstLineOrAll, type LevelReader} from './level-reader.js'
import type {LinearRegex} from './linear-regex.js'
import {logfmtLevel} from './logfmt-level.js'

/** How much of a line or an entry a regular expression is tried on, in bytes. */
const MOST_BYTES = 4096
const SYNTAX = 'the syntax is that of RE2, without look-around and back references'

/** What a line says of priorities and of entries, as it says it. */
export interface EntryWords {
  readonly stderrPriority: string | undefined
  readonly levelFrom: string | undefined
  readonly multiline: string | undefined
}

/** How the lines of a container's output become entries. */
export interface EntryRules {
  /** The priority of what is said on standard error, and says none itself. */
  readonly stderrPriority: number
  /** Reads the priority that an entry says itself; absent where its text is not looked at. */
  readonly readLevel: LevelReader | undefined
  /** Whether an entry begins with a line; absent where each line is one. */
  readonly beginsEntry: ((line: Buffer) => boolean) | undefined
}

/** What they come to. @throws {BadValueError} */
export async function parseEntryRules({stderrPriority, levelFrom, multiline}: EntryWords): Promise<EntryRules> {
  return {
    stderrPriority: parsePriority(stderrPriority ?? 'info'),
    readLevel: levelFrom === undefined ? undefined : firstLineOrAll(await parseLevelSource(levelFrom)),
    beginsEntry: multiline === undefined ? undefined : await parseFirstLine(multiline),
  }
}

function parsePriority(value: string): number {
  const priority = /^[0-7]$/.test(value) ? Number(value) : PRIORITY_NAMES.findIndex((name) => name === value)
  if (priority !== -1) return priority
  const meant = priorityOfLevel(value)
  const name = meant === undefined ? undefined : PRIORITY_NAMES[meant]
  throw new BadValueError(
    '--stderr-priority',
    value,
    `use ${PRIORITY_NAMES.slice(0, -1).join(', ')} or debug, or 0 to 7${name === undefined ? '' : `; did you mean ${name}?`}`,
  )
}

async function parseLevelSource(value: string): Promise<LevelReader> {
  if (value === 'json') return jsonLevel(undefined)
  if (value === 'logfmt') return logfmtLevel
  const option = '--log-level-from'
  const [, kind, rest = ''] = /^(json|regex):(.*)$/s.exec(value) ?? []
  if (kind === 'json') {
    if (rest.split('.').includes(''))
      throw new BadValueError(option, value, 'name the field, as in json:level, or json:log.level for one in an object')
    return jsonLevel(rest)
  }
  if (kind !== 'regex') throw new BadValueError(option, value, 'use json, json:FIELD, logfmt or regex:/REGEX/')
  const regex = await parseRegex(option, value, rest, String.raw`regex:/^\[(\w+)\]/`)
  if (regex.groups === 0)
    throw new BadValueError(option, value, String.raw`put the level in a group, as in regex:/^\[(\w+)\]/`)
  return (text) => priorityOfLevel(regex.level(beginning(text)) ?? '')
}

async function parseFirstLine(value: string): Promise<(line: Buffer) => boolean> {
  const regex = await parseRegex('--multiline', value, value, String.raw`/^\S/`)
  return (line) => regex.test(beginning(line))
}

async function parseRegex(option: string, value: string, rest: string, example: string): Promise<LinearRegex> {
  const [, source, flags = ''] = /^\/(.+)\/([ims]*)$/s.exec(rest) ?? []
  if (source === undefined)
    throw new BadValueError(
      option,
      value,
      `use a regular expression between slashes, such as ${example}, with i, m or s behind it where needed`,
    )
  // A big library, which few runs need.
  const {linearRegex} = await import('./linear-regex.js')
  try {
    return linearRegex(source, flags)
  } catch (error) {
    throw new BadValueError(option, value, `${reason(error).replace(/^error parsing regexp: /, '')}; ${SYNTAX}`)
  }
}

function beginning(text: Buffer): string {
  const said = text.toString('utf8', 0, MOST_BYTES)
  // A terminal ends its lines with it.
  return said.endsWith('\r') ? said.slice(0, -1) : said
}
