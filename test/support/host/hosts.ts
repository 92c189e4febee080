import {inject} from 'vitest'
import {Guest} from '../../../sandbox/guest.js'
import {HOST_KINDS, VIRTUAL_MACHINE} from '../../../sandbox/hosts.js'

/** A booted host for `describe.each`, titled by `$name`. */
export interface TestHost {
  readonly name: string
  readonly guest: Guest
}

/** All hosts that the test's project has booted: they differ in how a container can come into its unit's cgroup. */
export const EVERY_HOST: readonly TestHost[] = inject('hosts').map(({name, wayIn}) => {
  const kind = [...HOST_KINDS, VIRTUAL_MACHINE].find((candidate) => candidate.name === name)
  if (kind === undefined) throw new Error(`no kind of host is called ${name}`)
  return {name, guest: new Guest(kind, wayIn)}
})

/** The newest host, a current one and the oldest, for what has nothing to do with placement. */
export const HOSTS: readonly TestHost[] = EVERY_HOST.filter(({name}) =>
  ['debian-forky', 'debian13-v2', 'debian12-v1'].includes(name),
)
