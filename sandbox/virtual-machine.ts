import {mkdir, readFile, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {Guest, STATES, sweep, type Booted} from './guest.js'
import {VIRTUAL_MACHINE} from './hosts.js'
import {savedMachine} from './machine.js'
import {ownName} from './own-name.js'
import {makeProjectDrive} from './project-drive.js'
import {resume} from './qemu.js'
import {connect} from './ssh.js'

const CONNECT_TIMEOUT_MS = 120_000

/** Nothing of the drive is remembered from before, when it was another; the machine's clock stood still. */
const ARRIVE = `date --set="@$0" >/dev/null
  blockdev --flushbufs /dev/vdb
  mount -t ext4 -o ro /dev/vdb /opt/systemd-docker`

/**
 * Boots `VIRTUAL_MACHINE` with images: a saved machine goes on. It has what a container of `boot` has, at the same
 * places. What it writes is gone when it is shut down, and it does not outlive this process.
 */
export async function bootVirtualMachine(images: readonly string[]): Promise<Booted> {
  const kind = VIRTUAL_MACHINE
  const machine = await savedMachine(kind, images)
  await sweep()
  const state = join(STATES, ownName(kind.name))
  await mkdir(state, {recursive: true})
  const drives = {project: join(state, 'project'), console: join(state, 'console')}
  await makeProjectDrive(drives.project)
  const qemu = await resume(machine, drives)
  const shutDown = async (): Promise<void> => {
    await qemu.end()
    await rm(state, {recursive: true, force: true})
  }
  try {
    const wayIn = await connect(CONNECT_TIMEOUT_MS, qemu.sshPort, join(machine, 'key'), join(state, 'connection'))
    const guest = new Guest(kind, wayIn)
    await guest.run('sh', '-ec', ARRIVE, String(Date.now() / 1000))
    if (kind.isSetUp) await guest.run('/opt/bin/systemd-docker', 'setup')
    return {guest, shutDown}
  } catch (error) {
    const said = await readFile(drives.console, 'utf8').catch(() => '')
    await shutDown()
    throw new Error(`${kind.name} did not boot: ${said.slice(-2000)}`, {cause: error})
  }
}
