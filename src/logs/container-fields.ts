import {BadValueError, reason} from '../errors.js'
import {isFieldName} from '../systemd/native-journal.js'
import type {LinearRegex} from './priority/linear-regex.js'
import {parseTag, type Tag, type TaggedContainer} from './tag-template.js'

/** How many bytes the chosen labels and variables of a container may have, as every entry has them all. */
const MOST_BYTES = 32 * 1024
/** How many there may be: an entry of more than 1024 fields is dropped (systemd, src/journal/journald-native.c). */
const MOST_FIELDS = 256
/** The longest name of a label or variable that is looked at. */
const LONGEST_NAME = 256
const SHORT_ID = 12

/** A container as the fields of its entries tell of it. */
export interface DescribedContainer extends TaggedContainer {
  readonly labels: Readonly<Record<string, string>>
  /** `NAME=value`, its image's too. */
  readonly environment: readonly string[]
}

/** What the line says of the fields of a container's entries (Docker, journald logging driver, `--log-opt`). */
export interface FieldWishes {
  readonly tag: Tag | undefined
  readonly isLabelChosen: (name: string) => boolean
  readonly isVariableChosen: (name: string) => boolean
}

/**
 * Reads what the line says by `--log-opt` of `tag`, `labels`, `labels-regex`, `env` and `env-regex`.
 *
 * @throws {BadValueError}
 */
export async function parseFieldWishes(options: Readonly<Record<string, string>>): Promise<FieldWishes> {
  const tag = options['tag'] ?? ''
  return {
    // Docker takes an empty one for none.
    tag: tag === '' ? undefined : parseTag(tag),
    isLabelChosen: await chosenBy(options, 'labels'),
    isVariableChosen: await chosenBy(options, 'env'),
  }
}

/**
 * The fields that each entry of a container has besides its text and priority, as those of Docker's journald driver are
 * called. What a label or variable is called can take the place of none of these, and make no entry that of another
 * unit.
 *
 * @param unit the unit that journald is to show the entries under, in place of that of this process
 * @param leftOut is told the fields of labels and variables that would be too much
 */
export function containerFields(
  container: DescribedContainer,
  {tag, isLabelChosen, isVariableChosen}: FieldWishes,
  unit: string | undefined,
  leftOut: (fields: readonly string[]) => void,
): ReadonlyMap<string, string> {
  const {id, name, imageName, labels, environment} = container
  const variables = environment.map((entry) => {
    const [, variable = entry, value = ''] = /^([^=]*)=(.*)$/s.exec(entry) ?? []
    return [variable, value] as const
  })
  const chosen = [
    ...Object.entries(labels).filter(([label]) => isLabelChosen(label)),
    ...variables.filter(([variable]) => isVariableChosen(variable)),
  ]
  const own = {
    SYSLOG_IDENTIFIER: tag?.(container) ?? name,
    CONTAINER_ID: id.slice(0, SHORT_ID),
    CONTAINER_ID_FULL: id,
    CONTAINER_NAME: name,
    CONTAINER_TAG: tag?.(container) ?? name,
    IMAGE_NAME: imageName,
    ...(unit === undefined ? {} : {OBJECT_SYSTEMD_UNIT: unit}),
  }
  const fields = new Map<string, string>()
  const tooMuch: string[] = []
  let bytes = 0
  for (const [given, value] of chosen) {
    const field = fieldName(given)
    if (!isFieldName(field) || isOurs(field)) continue
    const more = field.length + Buffer.byteLength(value)
    if (bytes + more > MOST_BYTES || fields.size === MOST_FIELDS) {
      tooMuch.push(field)
      continue
    }
    bytes += more
    fields.set(field, value)
  }
  if (tooMuch.length > 0) leftOut(tooMuch)
  for (const [field, value] of Object.entries(own)) fields.set(field, value)
  return fields
}

/** What a label or variable is called as a field: in capitals, with `_` for what a name may not have. */
function fieldName(given: string): string {
  return given
    .replace(/[^A-Za-z0-9]/gu, '_')
    .toUpperCase()
    .replace(/^_+/, '')
}

/** A field that says something about entries to journald, or to those who read them (systemd.journal-fields(7)). */
function isOurs(field: string): boolean {
  return /^(?:MESSAGE|MESSAGE_ID|PRIORITY|OBJECT_.*|COREDUMP_.*|UNIT|USER_UNIT)$/.test(field)
}

/** @throws {BadValueError} */
async function chosenBy(
  options: Readonly<Record<string, string>>,
  option: 'labels' | 'env',
): Promise<(name: string) => boolean> {
  const names = new Set((options[option] ?? '').split(','))
  const pattern = options[`${option}-regex`] ?? ''
  const matches = pattern === '' ? undefined : await parsePattern(`${option}-regex`, pattern)
  return (name) => names.has(name) || (name.length <= LONGEST_NAME && matches?.test(name) === true)
}

/** @throws {BadValueError} */
async function parsePattern(option: string, pattern: string): Promise<LinearRegex> {
  // A big library, which few runs need.
  const {linearRegex} = await import('./priority/linear-regex.js')
  try {
    return linearRegex(pattern, '')
  } catch (error) {
    throw new BadValueError('--log-opt', `${option}=${pattern}`, reason(error))
  }
}
