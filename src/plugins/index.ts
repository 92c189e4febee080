import type {RunPlugin} from '../pipeline/contract.js'
import {cgroupTransfer} from './cgroup-transfer.js'
import {credentials} from './credentials.js'
import {envInjection} from './env-injection.js'
import {logForwarding} from './log-forwarding.js'
import {notifyDelegation} from './notify-delegation.js'
import {pidFile} from './pid-file.js'
import {rmReconcile} from './rm-reconcile.js'

/**
 * The plugins that come with the product, in the order they act in: the environment is known before anything adds to
 * it; processes are in their place before anybody is told of their PID; at the end, which runs backwards, the container
 * is gone before its output is let go of.
 */
export const BUILT_IN: readonly RunPlugin[] = [
  envInjection,
  credentials,
  notifyDelegation,
  logForwarding,
  cgroupTransfer,
  pidFile,
  rmReconcile,
]
