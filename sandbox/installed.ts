import {attempt, output} from './command.js'
import type {HostKind} from './hosts.js'
import {rootFileSystem} from './rootfs.js'

/**
 * Which versions a kind of host has, of what matters there: `systemd 262-1, docker.io 28.5.2+dfsg4-5`.
 *
 * @throws when one is older than the documents say
 */
export async function installed(kind: HostKind): Promise<string> {
  const database = `${await rootFileSystem(kind)}/var/lib/dpkg`
  const found = Object.entries(kind.oldest).map(async ([name, oldest]) => {
    const version = await output(['dpkg-query', `--admindir=${database}`, '--show', '--showformat=${Version}', name])
    await requireVersion(`${kind.name}: ${name}`, version, oldest)
    return `${name} ${version}`
  })
  return (await Promise.all(found)).join(', ')
}

/** @throws when a version is older than one, as Debian orders them (deb-version(7)) */
export async function requireVersion(what: string, version: string, oldest: string): Promise<void> {
  if ((await attempt(['dpkg', '--compare-versions', version, 'ge', oldest])).status !== 0)
    throw new Error(`${what} is of version ${version}, which is older than the ${oldest} that the documents name`)
}
