import {readFile} from 'node:fs/promises'

/** The bit of CAP_SYS_ADMIN (capabilities(7); linux/capability.h). */
const CAP_SYS_ADMIN = 21n

/** What the users of the host's own namespace are mapped to: themselves (user_namespaces(7)). */
const OWN_USERS = /^\s*0\s+0\s+4294967295\s*$/

/**
 * Whether this process may send messages in the name of another process (unix(7), `SCM_CREDENTIALS`): root, with
 * CAP_SYS_ADMIN in the user namespace that the host's PIDs belong to, which `CapabilityBoundingSet=` and
 * `PrivateUsers=` take away (systemd.exec(5)).
 */
export async function mayClaimPids(procRoot = '/proc'): Promise<boolean> {
  if (process.geteuid?.() !== 0) return false
  const [status, users] = await Promise.all(
    ['status', 'uid_map'].map((name) => readFile(`${procRoot}/self/${name}`, 'utf8').catch(() => '')),
  )
  const [, effective = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status ?? '') ?? []
  return ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n && OWN_USERS.test(users ?? '')
}
