import {inject} from 'vitest'
import {Guest} from '../../../sandbox/guest.js'
import {HOST_KINDS, VIRTUAL_MACHINE, type HostKind} from '../../../sandbox/hosts.js'

/** A booted host for `describe.each`, titled by `$name`. */
export interface TestHost {
  readonly name: HostKind['name']
  readonly guest: Guest
}

/** All hosts that the test's project has booted: they differ in how a container can come into its unit's cgroup. */
export const EVERY_HOST: readonly TestHost[] = inject('hosts').map(({name, wayIn}) => {
  const kind = [...HOST_KINDS, VIRTUAL_MACHINE].find((candidate) => candidate.name === name)
  if (kind === undefined) throw new Error(`no kind of host is called ${name}`)
  return {name: kind.name, guest: new Guest(kind, wayIn)}
})

/** The newest host, a current one and the oldest, which has cgroup v1, for what may depend on the cgroup. */
export const HOSTS = hostsNamed('debian-forky', 'debian13-v2', 'debian12-v1')

/**
 * One host of each release of Debian, with what it is now: cgroup v2, and whatever lets a container be born in its
 * unit.
 */
export const RELEASES = ['debian-forky', 'debian13-v2', 'debian12-v2'] as const

/** The hosts of {@link RELEASES}. */
export const EACH_RELEASE = hostsNamed(...RELEASES)

/** The newest host and the oldest with what they are now, for what the Engine alone decides. */
export const NEWEST_AND_OLDEST = hostsNamed('debian-forky', 'debian12-v2')

/** The newest host and the oldest, which has cgroup v1. */
export const BOTH_CGROUPS = hostsNamed('debian-forky', 'debian12-v1')

/** The current host alone, for what is the same on all, or is not on the others. */
export const CURRENT = hostsNamed('debian13-v2')

/** Those of these hosts that are up. */
export function hostsNamed(...names: readonly HostKind['name'][]): readonly TestHost[] {
  return EVERY_HOST.filter(({name}) => names.includes(name))
}
