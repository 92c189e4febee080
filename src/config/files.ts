import {readdirSync} from 'node:fs'
import {extname, join} from 'node:path'
import {ConfigurationError, IrregularFileError, hasErrorCode, reason} from '../errors.js'
import {keepContent, keptContent} from './kept-content.js'
import {readTrusted, trustedProgram} from './trust.js'

/** Where the host's configuration is. */
const HOST_DIRECTORY = '/etc/systemd-docker'
const MAIN_FILES = ['config.yaml', 'config.yml', 'config.json', 'config.js', 'config.mjs']
const DROP_INS = 'config.d'
const DROP_IN = /\.(?:yaml|yml|json|js|mjs)$/

/** A configuration file and what is in it. */
export interface ConfigFile {
  readonly path: string
  readonly content: unknown
  /** Its words, where they can be pointed into. */
  readonly text: string
}

/**
 * The directories that configuration is looked for in, the one that wins last: the host's, and for a user's own units
 * also `$XDG_CONFIG_HOME/systemd-docker`.
 */
export function configDirectories(env: Readonly<NodeJS.ProcessEnv>, uid = process.geteuid?.() ?? 0): string[] {
  if (uid === 0) return [HOST_DIRECTORY]
  const home = env['XDG_CONFIG_HOME'] ?? (env['HOME'] === undefined ? undefined : join(env['HOME'], '.config'))
  return home === undefined ? [HOST_DIRECTORY] : [HOST_DIRECTORY, join(home, 'systemd-docker')]
}

/** The configuration files of a directory that are there: `config.…`, then the drop-ins of `config.d` by name. */
export function configPaths(directory: string): string[] {
  const names = list(directory)
  const main = MAIN_FILES.find((name) => names.includes(name))
  const dropIns = names.includes(DROP_INS) ? list(join(directory, DROP_INS)) : []
  return [
    ...(main === undefined ? [] : [join(directory, main)]),
    ...dropIns.filter((name) => DROP_IN.test(name)).map((name) => join(directory, DROP_INS, name)),
  ]
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory).sort()
  } catch {
    return []
  }
}

/** The kinds of files that may be named; what has no ending is YAML. */
const KINDS = ['.yaml', '.yml', '.json', '.js', '.cjs', '.mjs', ''] as const
type Kind = (typeof KINDS)[number]
const PROGRAMS: readonly string[] = ['.js', '.cjs', '.mjs']
const MISSING = "it does not exist; where it is to be the directory of docker's client, leave --config out"
/** The most bytes that a file may have. */
const LIMIT = 1024 * 1024

/**
 * Reads configuration files, by cosmiconfig's loaders, which are loaded for a file that no run has read yet. An empty
 * file says nothing.
 *
 * @param state where what files say is kept from one run to the next, as a directory that its owner alone may use
 * @throws {ConfigurationError} that names the file, also when others could have written it
 */
export async function readConfigFiles(paths: readonly string[], state?: string): Promise<ConfigFile[]> {
  return await Promise.all(
    paths.map(async (path) => {
      try {
        const kind = KINDS.find((ending) => ending === extname(path))
        if (kind === undefined) throw new Error(`its name must end in one of ${KINDS.join(' ').trimEnd()}`)
        const text = await readTrusted(path, LIMIT)
        return {path, content: text.trim() === '' ? {} : await contentOf(path, kind, text, state), text}
      } catch (error) {
        if (error instanceof ConfigurationError) throw error
        const why = error instanceof IrregularFileError ? error.why : reason(error)
        throw new ConfigurationError(path, hasErrorCode(error, 'ENOENT') ? MISSING : why, error)
      }
    }),
  )
}

/** What a file says. A program is run each time: it may say something else. */
async function contentOf(path: string, kind: Kind, text: string, state: string | undefined): Promise<unknown> {
  const isProgram = PROGRAMS.includes(kind)
  const keptIn = isProgram ? undefined : state
  const kept = keptIn === undefined ? undefined : keptContent(keptIn, path, text)
  if (kept !== undefined) return kept.content
  const {defaultLoaders} = await import('./loaders.js')
  const loaded = isProgram ? await trustedProgram(path) : path
  const content: unknown = (await defaultLoaders[kind === '' ? 'noExt' : kind](loaded, text)) ?? {}
  if (keptIn !== undefined) keepContent(keptIn, path, text, content)
  return content
}
