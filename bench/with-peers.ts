import {copyFile, mkdtemp, rm} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {boot, type Guest} from '../sandbox/guest.js'
import {WITH_PODMAN} from '../sandbox/hosts.js'
import {busybox} from '../sandbox/images.js'
import {ROOT} from '../scripts/bundle.mjs'
import {nodeFor} from '../scripts/package/executable.mjs'
import {workWith} from './command-line.js'
import {definePeers, PEERS, prepare} from './peers.js'

/** Works with a host that has all peers, whose units are defined. */
export async function withPeers<Answer>(work: (guest: Guest) => Promise<Answer>): Promise<Answer> {
  return await workWith(
    () => mkdtemp(join(ROOT, 'node_modules', '.bench-')),
    (directory) => rm(directory, {recursive: true}),
    async (directory) => {
      await copyFile(join(await nodeFor(process.arch), 'bin/node'), join(directory, 'node'))
      return await workWith(
        async () => await boot(WITH_PODMAN, [await busybox()], 'disk'),
        (host) => host.shutDown(),
        async ({guest}) => {
          await prepare(guest, `/opt/systemd-docker/node_modules/${basename(directory)}/node`)
          await definePeers(guest, PEERS)
          return await work(guest)
        },
      )
    },
  )
}

/** What the measurements of a host were made on, in a sentence. */
export async function machineOf(guest: Guest): Promise<string> {
  const version = async (...command: string[]): Promise<string> => (await guest.run(...command)).split('\n')[0] ?? ''
  const engine = await version('docker', 'version', '--format', '{{.Server.Version}}')
  const systemd = (await version('systemctl', '--version')).split(' ')[1] ?? ''
  const podman = await version('podman', 'version', '--format', '{{.Client.Version}}')
  const cpu = await guest.run('sed', '-n', 's/^model name\\s*: //p', '/proc/cpuinfo')
  const cpus = cpu.split('\n')
  return `${guest.kind.name}: systemd ${systemd}, Docker ${engine}, podman ${podman}, ${String(cpus.length)} × ${cpus[0] ?? ''}`
}
