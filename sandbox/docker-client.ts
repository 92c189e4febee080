import {copyFile, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {cached} from './cache.js'
import {output} from './command.js'
import {requireVersion} from './installed.js'
import {debian} from './rootfs.js'

const SUITE = 'forky'
const PACKAGE = 'docker-cli'
/** The version that docs/options.md names. */
export const OLDEST_CLIENT = '28.5.2'

/** Docker's own client. */
export interface DockerClient {
  readonly path: string
  readonly version: string
}

/**
 * Docker's own client, from Debian's package, which runs on Debian 12 and later. It is unpacked into the cache and
 * installed nowhere.
 *
 * @throws when it is older than docs/options.md says
 */
export async function dockerClient(): Promise<DockerClient> {
  const path = await cached('docker-client', [SUITE, PACKAGE, OLDEST_CLIENT], async (client) => {
    const tree = await mkdtemp(join(tmpdir(), 'docker-client-'))
    try {
      await debian(SUITE, [PACKAGE], tree, 'extract')
      await copyFile(join(tree, 'usr/bin/docker'), client)
    } finally {
      await rm(tree, {recursive: true, force: true})
    }
  })
  const [, version = ''] = / version ([^,\s]+)/.exec(await output([path, '--version'])) ?? []
  await requireVersion("docker's client", version, OLDEST_CLIENT)
  return {path, version}
}
