import type {TestProject} from 'vitest/node'
import {busybox} from '../../sandbox/images.js'
import {bootVirtualMachine} from '../../sandbox/virtual-machine.js'

/** Boots the virtual machine once for all test files, and ends it after the last. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  console.error('sandbox: booting a virtual machine …')
  const {guest, shutDown} = await bootVirtualMachine([await busybox()])
  project.provide('hosts', [{name: guest.kind.name, wayIn: guest.wayIn}])
  return shutDown
}
