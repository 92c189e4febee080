import {mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {StateError, hasErrorCode, reason} from '../errors.js'
import {makePrivate} from '../files/private-directory.js'

/** What of the program must be a file, by its path in the program's directory, and its mode. */
export interface ProgramFile {
  readonly path: string
  readonly mode: number
  readonly read: () => Buffer
}

/** Where the directory may be. */
export interface Places {
  /** The state directory of this user. */
  readonly state: string | undefined
  /** Where else files may be put for a while, best first. */
  readonly temporary: readonly string[]
}

/**
 * The directory where those files of the program are that must be files: what oclif looks for, what other programs run
 * and what the dynamic linker loads. It is made when it is first asked for, in the state directory for all runs of the
 * same build; where that cannot be, for this process alone.
 */
export class ProgramDirectory {
  readonly #files: readonly ProgramFile[]
  readonly #build: string
  readonly #places: Places
  #path: string | undefined
  #isOwn = false

  /** @param build tells this build of the program from any other */
  constructor(files: readonly ProgramFile[], build: string, places: Places) {
    this.#files = files
    this.#build = build
    this.#places = places
  }

  /** @throws {StateError} where there is no place for it */
  get path(): string {
    return (this.#path ??= this.#shared() ?? this.#own())
  }

  /** Removes it where it is for this process alone. */
  release(): void {
    if (this.#isOwn && this.#path !== undefined) rmSync(this.#path, {recursive: true, force: true})
    this.#path = undefined
  }

  #shared(): string | undefined {
    const {state} = this.#places
    if (state === undefined) return undefined
    const path = join(state, `program-${this.#build}`)
    try {
      makePrivate(state)
      if (isThere(path)) return path
      const unfinished = mkdtempSync(`${path}.`)
      try {
        this.#write(unfinished)
        renameSync(unfinished, path)
      } catch (error) {
        rmSync(unfinished, {recursive: true, force: true})
        // Another run was faster.
        if (!hasErrorCode(error, 'ENOTEMPTY', 'EEXIST')) throw error
      }
      return path
    } catch {
      return undefined
    }
  }

  #own(): string {
    let failure: unknown
    for (const place of this.#places.temporary) {
      try {
        const path = mkdtempSync(join(place, 'systemd-docker-'))
        this.#path = path
        this.#isOwn = true
        this.#write(path)
        return path
      } catch (error) {
        this.release()
        failure = error
      }
    }
    throw new StateError(this.#places.temporary.join(' or '), reason(failure), failure)
  }

  #write(directory: string): void {
    for (const {path, mode, read} of this.#files) {
      mkdirSync(dirname(join(directory, path)), {recursive: true, mode: 0o700})
      writeFileSync(join(directory, path), read(), {mode, flag: 'wx'})
    }
  }
}

/** What is in the state directory its owner alone has put there. */
function isThere(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() === true
}
