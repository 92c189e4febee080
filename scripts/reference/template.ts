import {readFile} from 'node:fs/promises'
import manifest from '../../package.json' with {type: 'json'}

/** A comment of roff or of a shell, alone on its line, that names what comes in its place. */
const PLACE = /^( *)(?:#|\.\\") @([A-Z]+)@$/gm

/**
 * A file of the checkout with its places filled: `@VERSION@` by the program's version, and each comment `@NAME@` by
 * lines, as far to the right as it stands.
 *
 * @throws {Error} where a place has no lines
 */
export async function fillTemplate(path: string, places: Readonly<Record<string, readonly string[]>>): Promise<string> {
  const template = await readFile(new URL(`../../${path}`, import.meta.url), 'utf8')
  return template.replaceAll('@VERSION@', manifest.version).replaceAll(PLACE, (_, indent: string, name: string) => {
    const lines = places[name]
    if (lines === undefined) throw new Error(`${path} has a place @${name}@ that nothing fills`)
    return lines.map((line) => indent + line).join('\n')
  })
}
