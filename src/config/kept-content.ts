import {isDeepStrictEqual} from 'node:util'
import {keep, readKept} from '../files/kept-file.js'

/** What reads configuration. What was read by another version is not used. */
const LOADERS = 'cosmiconfig 9.0.2, js-yaml 4.3.2, parse-json 5.2.0'
/** The next where the same text is given to them otherwise, or what they make of it is kept otherwise. */
const FORMAT = 1
const MOST_BYTES = 256 * 1024

/** What the text of a file says, and what has read it. */
interface Kept {
  readonly format: number
  readonly loaders: string
  readonly path: string
  readonly text: string
  readonly content: unknown
}

/**
 * What a configuration file of this text says, as an earlier run has read it; nothing where none has. To load what
 * reads YAML, and to read a file by it, takes longer than all else that a run does with its configuration.
 *
 * @param state a directory that its owner alone may use
 */
export function keptContent(state: string, path: string, text: string): {readonly content: unknown} | undefined {
  const kept = readKept(state, nameFor(path), MOST_BYTES)
  if (kept === undefined) return undefined
  try {
    const found = JSON.parse(kept) as Partial<Kept> | null
    if (found?.format !== FORMAT || found.loaders !== LOADERS) return undefined
    const isThis = found.path === path && found.text === text && found.content !== undefined
    return isThis ? {content: found.content} : undefined
  } catch {
    return undefined
  }
}

/** Keeps what the text of a configuration file says, unless JSON has no words for it, such as for a date. */
export function keepContent(state: string, path: string, text: string, content: unknown): void {
  if (text.length > MOST_BYTES) return
  try {
    const kept = JSON.stringify({format: FORMAT, loaders: LOADERS, path, text, content} satisfies Kept)
    if (Buffer.byteLength(kept) > MOST_BYTES) return
    if (isDeepStrictEqual((JSON.parse(kept) as Kept).content, content)) keep(state, nameFor(path), kept)
  } catch {
    // A mapping that contains itself.
  }
}

/** Of two paths that come to one name, the one that was read last is kept. */
function nameFor(path: string): string {
  return `config${path.replaceAll('/', '-')}.json`
}
