import {createHash} from 'node:crypto'
import {existsSync} from 'node:fs'
import {mkdir, rename, rm} from 'node:fs/promises'
import {join} from 'node:path'

/** Where root file systems and images are kept between runs, outside of the checkout. */
export const CACHE = process.env['SANDBOX_CACHE'] ?? '/var/cache/systemd-docker-sandbox'

const beingMade = new Map<string, Promise<string>>()

/**
 * The path of a cached file or directory, made by `make` when there is none for this `recipe` yet. It appears whole or
 * not at all, so that a build that was broken off is begun anew, and two that want it at once make it once.
 */
export async function cached(
  name: string,
  recipe: readonly string[],
  make: (path: string) => Promise<void>,
): Promise<string> {
  const path = join(CACHE, `${name}-${createHash('sha256').update(recipe.join('\n')).digest('hex').slice(0, 12)}`)
  if (existsSync(path)) return path
  const making = beingMade.get(path) ?? makeOnce(name, path, make)
  beingMade.set(path, making)
  return await making
}

async function makeOnce(name: string, path: string, make: (path: string) => Promise<void>): Promise<string> {
  await mkdir(CACHE, {recursive: true, mode: 0o700})
  const unfinished = `${path}.unfinished-${String(process.pid)}`
  console.error(`sandbox: making ${name}, once …`)
  const begun = performance.now()
  try {
    await make(unfinished)
    // Another process may have been as fast.
    if (!existsSync(path)) await rename(unfinished, path)
  } finally {
    await rm(unfinished, {recursive: true, force: true})
  }
  console.error(`sandbox: ${name} made in ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  return path
}
