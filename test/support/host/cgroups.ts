import type {Guest} from '../../../sandbox/guest.js'

/**
 * The cgroups with such names, in any hierarchy, a line each. Those of other units come and go meanwhile, and `find`
 * fails where it is about to look into one.
 */
export async function cgroupsCalled(guest: Guest, ...names: string[]): Promise<string> {
  const found = names.flatMap((name, index) => [...(index === 0 ? [] : ['-o']), '-name', name])
  return (await guest.attempt(['find', '/sys/fs/cgroup', ...found])).stdout.trim()
}
