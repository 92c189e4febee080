import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach} from 'vitest'

/** Gives every test of the file an empty directory of its own; the function returned makes paths in it. */
export function useTempDirectory(): (...names: readonly string[]) => string {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'systemd-docker-unit-'))
  })
  afterEach(async () => {
    await rm(directory, {recursive: true, force: true})
  })
  return (...names) => join(directory, ...names)
}
