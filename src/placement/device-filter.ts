import {readdir, stat} from 'node:fs/promises'
import {join} from 'node:path'
import type {DeviceGrants} from '../docker/engine.js'
import {reason} from '../errors.js'

/**
 * What Docker's filter lets every container use besides making device files, as DeviceAllow= has it (runc,
 * libcontainer/specconv `AllowedDevices`; moby, oci/defaults.go): null, zero, full, random, urandom, tty, console,
 * ptmx, the pseudoterminals and, in most releases of runc, tun.
 */
const EVERY_CONTAINERS = [
  ...['1:3', '1:5', '1:7', '1:8', '1:9', '5:0', '5:1', '5:2', '10:200'].map((number) => `/dev/char/${number} rwm`),
  'char-136 rwm',
]

/**
 * What a container may use of the host's devices: all of them, those that DeviceAllow= can list, or what cannot be
 * told.
 */
export type DeviceAccess =
  | {readonly may: 'use all'}
  | {readonly may: 'use some'; readonly allow: readonly string[]}
  | {readonly may: 'not be told'; readonly why: string}

/**
 * What keeps a container from the host's devices on cgroup v2 is a BPF program on the cgroup that Docker made for it,
 * and stays behind there when the processes move. This is what that program lets through, for the unit's own filter.
 */
export async function deviceAccess(grants: DeviceGrants): Promise<DeviceAccess> {
  if (grants.privileged) return {may: 'use all'}
  if (grants.requested) return {may: 'not be told', why: 'it has devices of a driver (--gpus, --runtime nvidia)'}
  const allow = [...EVERY_CONTAINERS]
  for (const rule of grants.rules) {
    const rules = allowedBy(rule)
    if (rules === undefined)
      return {may: 'not be told', why: `systemd has no equivalent of --device-cgroup-rule '${rule}'`}
    allow.push(...rules)
  }
  for (const {pathOnHost, permissions} of grants.mapped) {
    try {
      // DeviceAllow= without permissions means all.
      if (permissions !== '') for (const device of await devicesAt(pathOnHost)) allow.push(`${device} ${permissions}`)
    } catch (error) {
      return {may: 'not be told', why: `--device ${pathOnHost} cannot be examined (${reason(error)})`}
    }
  }
  return {may: 'use some', allow}
}

/**
 * A rule of the kernel's cgroup v1 (kernel, cgroup-v1/devices.rst) for DeviceAllow=, which has none for one minor
 * number of every major.
 */
function allowedBy(rule: string): string[] | undefined {
  const [, type = '', major = '', minor = '', permissions = ''] =
    /^([acb]) (\d+|\*):(\d+|\*) ([rwm]+)$/.exec(rule.trim()) ?? []
  if (type === '' || (major === '*' && minor !== '*')) return undefined
  const kinds = type === 'a' ? ['char', 'block'] : [type === 'c' ? 'char' : 'block']
  return kinds.map((kind) =>
    minor === '*' ? `${kind}-${major} ${permissions}` : `/dev/${kind}/${major}:${minor} ${permissions}`,
  )
}

/** The device at a path, through links, or all those in a directory, as Docker has it. */
async function devicesAt(path: string): Promise<string[]> {
  const stats = await stat(path, {bigint: true})
  if (stats.isDirectory()) {
    const below = await Promise.all((await readdir(path)).map((name) => devicesAt(join(path, name))))
    return below.flat()
  }
  if (!stats.isCharacterDevice() && !stats.isBlockDevice()) return []
  // makedev(3) of glibc.
  const major = ((stats.rdev >> 8n) & 0xfffn) | ((stats.rdev >> 32n) & 0xfffff000n)
  const minor = (stats.rdev & 0xffn) | ((stats.rdev >> 12n) & 0xffffff00n)
  return [`/dev/${stats.isBlockDevice() ? 'block' : 'char'}/${String(major)}:${String(minor)}`]
}
