import {mkdir, readFile, readdir, rmdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {output} from './command.js'
import {until} from './until.js'
import {OF_CGROUPS, parseMountinfo, type MountPoint} from '../src/kernel/mountinfo.js'

/** Where a machine's file systems are told, and where its own mounts of the hierarchies are. */
interface Mounts {
  readonly mountinfo: string
  readonly own: string
}

const THIS_MACHINE: Mounts = {mountinfo: '/proc/self/mountinfo', own: '/sys/fs/cgroup'}
/** How long the kernel may take to end the processes that were killed. */
const PATIENCE_MS = 20_000

/**
 * A cgroup of one name in every hierarchy of this machine, so that what a host makes lies below it and goes with it.
 */
export interface OwnCgroup {
  readonly directories: readonly string[]
  remove(): Promise<void>
}

/** Makes a cgroup in every hierarchy that this machine has mounted. */
export async function makeCgroup(name: string, mounts = THIS_MACHINE): Promise<OwnCgroup> {
  const directories: string[] = []
  const remove = async (): Promise<void> => {
    for (const directory of directories) await removeTree(directory)
  }
  try {
    for (const {mountPoint, superOptions} of await hierarchies(mounts)) {
      const directory = join(mountPoint, name)
      await mkdir(directory)
      directories.push(directory)
      // A cpuset takes no process before it has CPUs and memory nodes.
      if (superOptions.includes('cpuset'))
        for (const file of ['cpuset.cpus', 'cpuset.mems'])
          await writeFile(join(directory, file), await readFile(join(mountPoint, file), 'utf8'))
    }
  } catch (error) {
    await remove()
    throw error
  }
  return {directories, remove}
}

/** Kills what runs in the chosen cgroups right below the root of every hierarchy, and removes them. */
export async function removeCgroups(isChosen: (name: string) => boolean): Promise<void> {
  for (const {mountPoint} of await hierarchies(THIS_MACHINE))
    for (const name of await readdir(mountPoint)) {
      if (!isChosen(name)) continue
      const directory = join(mountPoint, name)
      await until(PATIENCE_MS, async () => {
        await killTree(directory)
        return await removeTree(directory).then(
          () => true,
          () => undefined,
        )
      })
    }
}

async function killTree(directory: string): Promise<void> {
  for (const pid of (await readFile(join(directory, 'cgroup.procs'), 'utf8')).split('\n'))
    if (pid !== '') await output(['sh', '-c', 'kill -KILL "$0" 2>&- || :', pid])
  for (const entry of await readdir(directory, {withFileTypes: true}))
    if (entry.isDirectory()) await killTree(join(directory, entry.name))
}

/**
 * One mount of each hierarchy, as what is made in one is in all of them: the machine's own, as another may be gone at
 * any time.
 */
async function hierarchies({mountinfo, own}: Mounts): Promise<MountPoint[]> {
  const mounts = parseMountinfo(await readFile(mountinfo, 'utf8'), OF_CGROUPS)
  const found = new Map<string, MountPoint>()
  for (const mount of mounts.filter(({type, root}) => (type === 'cgroup' || type === 'cgroup2') && root === '/')) {
    // There is one hierarchy of cgroup v2; those of v1 are told apart by their controllers, or their name (cgroups(7)).
    const hierarchy = mount.type === 'cgroup2' ? '' : mount.superOptions.join(',')
    if (!found.has(hierarchy) || mount.mountPoint.startsWith(own)) found.set(hierarchy, mount)
  }
  return [...found.values()]
}

async function removeTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, {withFileTypes: true}))
    if (entry.isDirectory()) await removeTree(join(directory, entry.name))
  await rmdir(directory)
}
