import type {Guest} from '../../../sandbox/guest.js'
import {BOTH_CGROUPS} from './hosts.js'
import {ownHosts} from './own-host.js'

/** A host by its name and the store that its Engine keeps images in. */
export interface ImageStore {
  readonly name: string
  readonly host: () => Guest
}

/** A host of the test file's own, whose Engine keeps images in containerd's store. */
export function containerdStore(): ImageStore {
  const config = {'storage-driver': undefined, features: {'containerd-snapshotter': true}}
  const [own] = ownHosts(['debian-forky'], {daemonJson: config})
  if (own === undefined) throw new Error('there is no such host')
  return {name: `${own.name} with containerd's store`, host: own.host}
}

/** The newest and the oldest Engine with a store of their own, and one with containerd's. */
export function imageStores(): ImageStore[] {
  return [...BOTH_CGROUPS.map(({name, guest}) => ({name, host: () => guest})), containerdStore()]
}
