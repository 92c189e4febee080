import {execFile} from 'node:child_process'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {beforeAll} from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** Node is fetched the first time. */
const PACKAGE_TIMEOUT_MS = 300_000

/**
 * Has `npm run package` make the single executable, and what is made of it, before the tests of this file.
 *
 * @returns its path here, and in every host, and the directory where all of it is in every host
 */
export function executable(): {readonly here: string; readonly inHost: string; readonly directory: string} {
  const path = `release/systemd-docker-linux-${process.arch}`
  const script = join(ROOT, 'scripts/package.mjs')
  beforeAll(async () => {
    await promisify(execFile)(process.execPath, [script], {cwd: dirname(script)})
  }, PACKAGE_TIMEOUT_MS)
  return {here: join(ROOT, path), inHost: `/opt/systemd-docker/${path}`, directory: '/opt/systemd-docker/release'}
}
