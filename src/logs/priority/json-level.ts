import {priorityOfLevel} from './level-names.js'
import {LEVEL_FIELDS, lastPart, type LevelReader} from './level-reader.js'

/** How much is parsed, in bytes: as much as an entry may hold. */
const MOST_BYTES = 48 * 1024
const OPENING_BRACE = 0x7b
const KNOWN = new Set(LEVEL_FIELDS)
const NESTED = LEVEL_FIELDS.filter((field) => field.includes('.'))

/**
 * Reads the level out of a JSON object (RFC 8259): out of this field, or out of the first of {@link LEVEL_FIELDS} that
 * says one, whatever its case.
 *
 * @param field a name, or names of objects within one another with dots between them
 */
export function jsonLevel(field: string | undefined): LevelReader {
  return (text) => {
    const object = objectIn(text)
    if (object === undefined) return undefined
    return field === undefined ? usualLevel(object) : priorityOfValue(valueAt(object, field), field)
  }
}

function objectIn(text: Buffer): object | undefined {
  // Most of what is no object is told by its first byte, and a failure to parse is dear.
  if (text[0] !== OPENING_BRACE || text.length > MOST_BYTES) return undefined
  try {
    return JSON.parse(text.toString()) as object
  } catch {
    return undefined
  }
}

function usualLevel(object: object): number | undefined {
  const found = new Map<string, unknown>()
  for (const [key, value] of Object.entries(object)) {
    const field = key.toLowerCase()
    if (KNOWN.has(field)) found.set(field, value)
  }
  for (const field of NESTED) if (!found.has(field)) found.set(field, valueAt(object, field))
  for (const field of LEVEL_FIELDS) {
    const priority = priorityOfValue(found.get(field), field)
    if (priority !== undefined) return priority
  }
  return undefined
}

/** What is in a field of this name, or else in the objects that its parts name. */
function valueAt(object: object, field: string): unknown {
  if (Object.hasOwn(object, field)) return (object as Record<string, unknown>)[field]
  let value: unknown = object
  for (const part of field.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}

function priorityOfValue(value: unknown, field: string): number | undefined {
  return typeof value === 'string' || typeof value === 'number' ? priorityOfLevel(value, lastPart(field)) : undefined
}
