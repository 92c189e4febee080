import {chmod, chown, copyFile, readFile, realpath, rename, rm, stat, writeFile} from 'node:fs/promises'
import {SetupError, hasErrorCode, reason} from '../errors.js'

/** Where dockerd reads its configuration (dockerd(8), `--config-file`). */
export const DAEMON_JSON = '/etc/docker/daemon.json'

const NEW_FILE_MODE = 0o644

interface DaemonJson {
  readonly text: string | undefined
  readonly content: Record<string, unknown>
}

/** The program that the file gives the runtime `name`, or nothing. @throws {SetupError} when it is no JSON object */
export async function registeredRuntime(file: string, name: string): Promise<string | undefined> {
  const runtime = runtimesIn(await read(file))[name]
  const path = isObject(runtime) ? runtime['path'] : undefined
  return typeof path === 'string' ? path : undefined
}

/**
 * Gives the runtime `name` to the Engine. Everything else in the file stays, and its owner and mode; the file before is
 * kept beside it.
 *
 * @returns where it is kept, or nothing when there was no file
 * @throws {SetupError} when it is no JSON object
 */
export async function registerRuntime(file: string, name: string, program: string): Promise<string | undefined> {
  const before = await read(file)
  const kept = before.text === undefined ? undefined : `${file}.before-systemd-docker`
  if (kept !== undefined) await copyFile(file, kept).catch(refuseToWrite(kept))
  await write(file, before, {...before.content, runtimes: {...runtimesIn(before), [name]: {path: program}}})
  return kept
}

/**
 * Takes the runtime `name` away from the Engine. `runtimes` stays, even empty, because on a reload the Engine keeps
 * what the file does not speak of: see {@link dropEmptyRuntimes}.
 *
 * @throws {SetupError} when it is no JSON object
 */
export async function unregisterRuntime(file: string, name: string): Promise<void> {
  const before = await read(file)
  const others = Object.entries(runtimesIn(before)).filter(([other]) => other !== name)
  await write(file, before, {...before.content, runtimes: Object.fromEntries(others)})
}

/** Takes an empty `runtimes` out of the file. @throws {SetupError} */
export async function dropEmptyRuntimes(file: string): Promise<void> {
  const before = await read(file)
  if (Object.keys(runtimesIn(before)).length > 0) return
  await write(file, before, Object.fromEntries(Object.entries(before.content).filter(([key]) => key !== 'runtimes')))
}

async function write(file: string, {text}: DaemonJson, content: Record<string, unknown>): Promise<void> {
  const target = await realpath(file).catch(() => file)
  await replace(target, `${JSON.stringify(content, null, indentOf(text))}\n`).catch(refuseToWrite(file))
}

function refuseToWrite(file: string): (error: unknown) => never {
  return (error) => {
    throw new SetupError(`cannot write ${file}`, reason(error), error)
  }
}

async function read(file: string): Promise<DaemonJson> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return {text: undefined, content: {}}
    throw new SetupError(`cannot read ${file}`, reason(error), error)
  }
  try {
    const content: unknown = text.trim() === '' ? {} : JSON.parse(text)
    if (isObject(content) && (content['runtimes'] === undefined || isObject(content['runtimes'])))
      return {text, content}
  } catch (error) {
    throw new SetupError(`${file} is left as it is`, `it is not valid JSON: ${reason(error)}`, error)
  }
  throw new SetupError(`${file} is left as it is`, 'it is not a JSON object that the Engine accepts')
}

async function replace(file: string, text: string): Promise<void> {
  const unfinished = `${file}.new`
  const stats = await stat(file).catch(() => undefined)
  try {
    await rm(unfinished, {force: true})
    await writeFile(unfinished, text, {flag: 'wx', mode: NEW_FILE_MODE})
    if (stats !== undefined) {
      await chown(unfinished, stats.uid, stats.gid)
      await chmod(unfinished, stats.mode & 0o7777)
    }
    await rename(unfinished, file)
  } catch (error) {
    await rm(unfinished, {force: true})
    throw error
  }
}

function runtimesIn({content}: DaemonJson): Record<string, unknown> {
  return isObject(content['runtimes']) ? content['runtimes'] : {}
}

/** How the file is indented, so that a diff of it shows what has changed. */
function indentOf(text: string | undefined): string {
  return /\n([ \t]+)"/.exec(text ?? '')?.[1] ?? '  '
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
