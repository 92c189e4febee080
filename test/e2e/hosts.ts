import type {TestProject} from 'vitest/node'
import {boot, type Booted} from '../../sandbox/guest.js'
import {HOST_KINDS, type HostKind} from '../../sandbox/hosts.js'
import {busybox, nginx} from '../../sandbox/images.js'
import {installed} from '../../sandbox/installed.js'
import type {WayIn} from '../../sandbox/way-in.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The hosts that are up: their kind's name, and the way into them. */
    hosts: readonly {readonly name: string; readonly wayIn: WayIn}[]
  }
}

/** Boots the kinds of host that are wanted once for all test files, and shuts them down after the last. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const kinds = wantedKinds(process.env['SANDBOX_HOSTS'])
  const images = [await busybox(), await nginx()]
  const booted: Booted[] = []
  const shutDown = async (): Promise<void> => {
    await Promise.all(booted.map((host) => host.shutDown()))
  }
  try {
    for (const kind of kinds) console.error(`sandbox: ${kind.name}: ${await installed(kind)}`)
    console.error('sandbox: booting them …')
    const boots = kinds.map(async (kind) => {
      booted.push(await boot(kind, images))
    })
    for (const boot of await Promise.allSettled(boots)) if (boot.status === 'rejected') throw boot.reason
  } catch (error) {
    await shutDown()
    throw error
  }
  project.provide(
    'hosts',
    // In the order of their kinds, and not in which they came up.
    booted
      .toSorted((one, other) => kinds.indexOf(one.guest.kind) - kinds.indexOf(other.guest.kind))
      .map(({guest}) => ({name: guest.kind.name, wayIn: guest.wayIn})),
  )
  return shutDown
}

/** Every kind; or, to try a test, only those that `SANDBOX_HOSTS` lists by their names, with commas between. */
function wantedKinds(list: string | undefined): readonly HostKind[] {
  if (list === undefined) return HOST_KINDS
  return list.split(',').map((wanted) => {
    const kind = HOST_KINDS.find(({name}) => name === wanted)
    if (kind === undefined)
      throw new Error(
        `SANDBOX_HOSTS: no kind of host is called ${wanted}: ${HOST_KINDS.map(({name}) => name).join(', ')}`,
      )
    return kind
  })
}
