import {mkdir, readdir, symlink, writeFile} from 'node:fs/promises'
import {expect, test} from 'vitest'
import {makeCgroup} from '../../../sandbox/cgroup.js'
import {ownName} from '../../../sandbox/own-name.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()

/**
 * Writes a mountinfo file (proc(5)) of file systems that are directories here, by their mount points below the test's
 * own directory.
 */
async function mountsOf(mounts: Readonly<Record<string, string>>): Promise<{mountinfo: string; own: string}> {
  const lines = Object.entries(mounts).map(([path, rest]) => `31 23 0:28 / ${inTemp(path)} rw,relatime - ${rest}`)
  await writeFile(inTemp('mountinfo'), `${lines.join('\n')}\n`)
  return {mountinfo: inTemp('mountinfo'), own: inTemp('sys/fs/cgroup')}
}

test("a hierarchy that is mounted twice gets one cgroup, where the machine's own mount of it is", async () => {
  await mkdir(inTemp('sys/fs/cgroup/unified'), {recursive: true})
  await mkdir(inTemp('sys/fs/cgroup/pids'))
  await symlink(inTemp('sys/fs/cgroup/unified'), inTemp('elsewhere'))
  await symlink(inTemp('sys/fs/cgroup/unified'), inTemp('later'))
  const mounts = await mountsOf({
    elsewhere: 'cgroup2 none rw',
    'sys/fs/cgroup/pids': 'cgroup cgroup rw,pids',
    'sys/fs/cgroup/unified': 'cgroup2 cgroup2 rw',
    later: 'cgroup2 none rw',
  })
  const cgroup = await makeCgroup('sandbox-x', mounts)
  expect(cgroup.directories.toSorted()).toEqual([
    inTemp('sys/fs/cgroup/pids/sandbox-x'),
    inTemp('sys/fs/cgroup/unified/sandbox-x'),
  ])
  await cgroup.remove()
  expect(await readdir(inTemp('sys/fs/cgroup/unified'))).toEqual([])
})

test('a hierarchy that is mounted elsewhere alone has one too', async () => {
  await mkdir(inTemp('elsewhere'))
  const {directories} = await makeCgroup('sandbox-x', await mountsOf({elsewhere: 'cgroup2 none rw'}))
  expect(directories).toEqual([inTemp('elsewhere/sandbox-x')])
})

test("what a killed run of the same PID left is in nobody's way", async () => {
  await mkdir(inTemp(`cgroup/sandbox-x-${String(process.pid)}/system.slice`), {recursive: true})
  const mounts = await mountsOf({cgroup: 'cgroup2 none rw'})
  const made = [await makeCgroup(ownName('sandbox-x'), mounts), await makeCgroup(ownName('sandbox-x'), mounts)]
  const [first, second] = made.flatMap(({directories}) => directories)
  expect(first).not.toBe(second)
  for (const directory of [first, second]) expect(await readdir(directory ?? '')).toEqual([])
})

test('a failure in one hierarchy leaves no cgroup in the others', async () => {
  await mkdir(inTemp('pids'))
  const mounts = await mountsOf({pids: 'cgroup cgroup rw,pids', missing: 'cgroup cgroup rw,memory'})
  await expect(makeCgroup('sandbox-x', mounts)).rejects.toThrow('ENOENT')
  expect(await readdir(inTemp('pids'))).toEqual([])
})
