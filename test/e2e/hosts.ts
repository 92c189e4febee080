import type {TestProject} from 'vitest/node'
import {boot, type Booted} from '../../sandbox/guest.js'
import {HOST_KINDS} from '../../sandbox/hosts.js'
import {busybox, nginx} from '../../sandbox/images.js'
import type {WayIn} from '../../sandbox/way-in.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The hosts that are up: their kind's name, and the way into them. */
    hosts: readonly {readonly name: string; readonly wayIn: WayIn}[]
  }
}

/** Boots every kind of host once for all test files, and shuts them down after the last. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const images = [await busybox(), await nginx()]
  const booted: Booted[] = []
  const shutDown = async (): Promise<void> => {
    await Promise.all(booted.map((host) => host.shutDown()))
  }
  try {
    console.error(`sandbox: booting ${HOST_KINDS.map(({name}) => name).join(', ')} …`)
    const boots = HOST_KINDS.map(async (kind) => {
      booted.push(await boot(kind, images))
    })
    for (const boot of await Promise.allSettled(boots)) if (boot.status === 'rejected') throw boot.reason
  } catch (error) {
    await shutDown()
    throw error
  }
  project.provide(
    'hosts',
    booted.map(({guest}) => ({name: guest.kind.name, wayIn: guest.wayIn})),
  )
  return shutDown
}
