import {priorityOfLevel} from './level-names.js'
import {LEVEL_FIELDS, lastPart, type LevelReader} from './level-reader.js'

/** How much of an entry is looked at, in bytes: its level stands near its beginning. */
const MOST_BYTES = 4096
/** A key, and its value in quotes or bare. Every byte is passed over twice at most. */
const PAIR = /\s*([^\s="]+|["=])(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?/gy
const KNOWN = new Set(LEVEL_FIELDS)

/** Reads the level out of pairs such as `level=info msg="it runs"`: out of the first of {@link LEVEL_FIELDS} there. */
export const logfmtLevel: LevelReader = (text) => {
  for (const [, key = '', quoted, bare = ''] of text.toString('utf8', 0, MOST_BYTES).matchAll(PAIR)) {
    const field = key.toLowerCase()
    const priority = KNOWN.has(field) ? priorityOfLevel(quoted ?? bare, lastPart(field)) : undefined
    if (priority !== undefined) return priority
  }
  return undefined
}
