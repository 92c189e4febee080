import {inject} from 'vitest'
import {Guest} from '../../sandbox/guest.js'
import {HOST_KINDS, VIRTUAL_MACHINE} from '../../sandbox/hosts.js'

/** A booted host for `describe.each`, titled by `$name`. */
export interface TestHost {
  readonly name: string
  readonly guest: Guest
}

/** The hosts that the test's project has booted. */
export const HOSTS: readonly TestHost[] = inject('hosts').map(({name, wayIn}) => {
  const kind = [...HOST_KINDS, VIRTUAL_MACHINE].find((candidate) => candidate.name === name)
  if (kind === undefined) throw new Error(`no kind of host is called ${name}`)
  return {name, guest: new Guest(kind, wayIn)}
})
