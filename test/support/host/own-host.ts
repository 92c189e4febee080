import {afterAll, beforeAll} from 'vitest'
import {boot, type Booted, type Guest} from '../../../sandbox/guest.js'
import {HOST_KINDS, type HostKind} from '../../../sandbox/hosts.js'
import {busybox} from '../../../sandbox/images.js'

const BOOT_TIMEOUT_MS = 120_000

/** A host that is up from the first test on. */
export interface OwnHost {
  readonly name: HostKind['name']
  readonly host: () => Guest
}

/**
 * Hosts of the surrounding tests' own, which boot side by side: for what changes the whole host. Each kind can be there
 * once in a test file.
 */
export function ownHosts(
  names: readonly HostKind['name'][],
  otherwise: Partial<Pick<HostKind, 'daemonJson' | 'isSetUp'>>,
): OwnHost[] {
  const booted: Booted[] = []
  beforeAll(async () => {
    const images = [await busybox()]
    const boots = HOST_KINDS.filter(({name}) => names.includes(name)).map(async (kind) => {
      booted.push(await boot({...kind, ...otherwise}, images))
    })
    for (const settled of await Promise.allSettled(boots)) if (settled.status === 'rejected') throw settled.reason
  }, BOOT_TIMEOUT_MS)
  afterAll(async () => {
    await Promise.all(booted.map((one) => one.shutDown()))
  }, BOOT_TIMEOUT_MS)
  return names.map((name) => ({
    name,
    host: () => {
      const own = booted.find(({guest}) => guest.kind.name === name)
      if (own === undefined) throw new Error(`${name} did not boot`)
      return own.guest
    },
  }))
}
