import type {Guest} from '../../../sandbox/guest.js'

/** All that `find` fails with where the cgroup of another unit is gone that it is about to look into. */
const GONE = /^(?:find: .\/sys\/fs\/cgroup\/.*: No such file or directory\n?)+$/

/** The cgroups with such names, in any hierarchy, a line each, while those of other units come and go. */
export async function cgroupsCalled(guest: Guest, ...names: string[]): Promise<string> {
  const found = names.flatMap((name, index) => [...(index === 0 ? [] : ['-o']), '-name', name])
  const {status, stdout, stderr} = await guest.attempt(['find', '/sys/fs/cgroup', ...found])
  if (status !== 0 && !GONE.test(stderr)) throw new Error(`find ended with ${String(status)}: ${stderr}`)
  return stdout.trim()
}
