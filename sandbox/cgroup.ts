import {mkdir, readFile, readdir, rmdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {output} from './command.js'
import {until} from './until.js'
import {parseMountinfo, type Mounted} from '../src/systemd/mountinfo.js'

/** How long the kernel may take to end the processes that were killed. */
const PATIENCE_MS = 20_000

/** A cgroup of one name in every hierarchy of this machine, so that what a host makes lies below it and goes with it. */
export interface OwnCgroup {
  readonly directories: readonly string[]
  remove(): Promise<void>
}

/** Makes a cgroup in every hierarchy that this machine has mounted. */
export async function makeCgroup(name: string): Promise<OwnCgroup> {
  const directories: string[] = []
  for (const {mountPoint, superOptions} of await hierarchies()) {
    const directory = join(mountPoint, name)
    await mkdir(directory)
    directories.push(directory)
    // A cpuset takes no process before it has CPUs and memory nodes.
    if (superOptions.includes('cpuset'))
      for (const file of ['cpuset.cpus', 'cpuset.mems'])
        await writeFile(join(directory, file), await readFile(join(mountPoint, file), 'utf8'))
  }
  return {
    directories,
    remove: async () => {
      for (const directory of directories) await removeTree(directory)
    },
  }
}

/** Kills what runs in the chosen cgroups right below the root of every hierarchy, and removes them. */
export async function removeCgroups(isChosen: (name: string) => boolean): Promise<void> {
  for (const {mountPoint} of await hierarchies())
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

async function hierarchies(): Promise<Mounted[]> {
  const mounts = parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'))
  return mounts.filter(({type, root}) => (type === 'cgroup' || type === 'cgroup2') && root === '/')
}

async function removeTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, {withFileTypes: true}))
    if (entry.isDirectory()) await removeTree(join(directory, entry.name))
  await rmdir(directory)
}
