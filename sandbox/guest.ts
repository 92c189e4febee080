import {spawn, type ChildProcess} from 'node:child_process'
import {createReadStream} from 'node:fs'
import {mkdir, readFile, readdir, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {CACHE} from './cache.js'
import {makeCgroup, removeCgroups} from './cgroup.js'
import {attempt, output, type CommandOptions, type Result} from './command.js'
import type {HostKind} from './hosts.js'
import {isLeft, ownName} from './own-name.js'
import {rootFileSystem} from './rootfs.js'
import {until} from './until.js'
import {enter, type WayIn} from './way-in.js'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
/** What a host has on this machine while it is up, in a directory that is called as `ownName` says. */
export const STATES = join(CACHE, 'state')
const CGROUP_PREFIX = 'sandbox-'
const COMMAND_TIMEOUT_MS = 60_000
const BOOT_TIMEOUT_MS = 60_000
/** How long the kernel may take to end all processes of a host whose PID 1 is gone. */
const SHUTDOWN_TIMEOUT_MS = 20_000
/** The controllers of cgroup v1 that Docker and systemd write to; systemd-nspawn mounts them read-only. */
const V1_CONTROLLERS = ['blkio', 'cpu', 'cpuacct', 'cpuset', 'devices', 'freezer', 'memory', 'pids']
/** What every host's Engine is configured with. */
export const DAEMON_JSON = {'storage-driver': 'overlay2', iptables: false, ip6tables: false}

/** A booted host. */
export class Guest {
  constructor(
    readonly kind: HostKind,
    readonly wayIn: WayIn,
  ) {}

  /** Runs a command in the host and returns what it left, whatever its status. */
  async attempt(command: readonly string[], options?: CommandOptions): Promise<Result> {
    return await attempt(enter(this.wayIn, command), {...this.#defaults(), ...options, env: GUEST_ENV})
  }

  /** Runs a command in the host that must succeed, and returns its output without the last newline. */
  async run(...command: string[]): Promise<string> {
    return (await output(enter(this.wayIn, command), this.#defaults())).trimEnd()
  }

  /** Writes a file in the host. */
  async write(path: string, content: string): Promise<void> {
    await output(enter(this.wayIn, ['sh', '-c', 'cat >"$0"', path]), {...this.#defaults(), input: content})
  }

  /** Gives the host's Engine an image from an archive of this machine. */
  async load(archive: string): Promise<void> {
    const [program = '', ...words] = enter(this.wayIn, ['docker', 'load', '--quiet'])
    const child = spawn(program, words, {env: GUEST_ENV, stdio: ['pipe', 'ignore', 'inherit']})
    createReadStream(archive)
      .pipe(child.stdin)
      .on('error', () => undefined)
    const [status] = await once(child)
    if (status !== 0) throw new Error(`docker load ${archive} ended with ${String(status)}`)
  }

  #defaults(): CommandOptions {
    return {env: GUEST_ENV, timeout: COMMAND_TIMEOUT_MS * this.kind.slowness}
  }
}

/** How a host that is up goes down: in order, or as when its power fails. */
export type GoingDown = 'orderly' | 'power-failure'

/** A host that this process has booted, and must shut down. */
export interface Booted {
  readonly guest: Guest
  readonly shutDown: () => Promise<void>
}

/** A host that can be booted again. */
export interface Rebootable extends Booted {
  /**
   * Boots it again. /var/lib/docker, /var/lib/containerd, /etc/docker and the units in /usr/local/lib/systemd/system
   * are still there then, and the project is; all else is as when it was booted first. For hosts with cgroup v2.
   */
  readonly reboot: (goingDown: GoingDown) => Promise<Guest>
}

const GUEST_ENV = {PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', TERM: 'dumb'}

/** What outlives a reboot of a host, by where it is in the host. */
const KEPT = {
  docker: '/var/lib/docker',
  containerd: '/var/lib/containerd',
  config: '/etc/docker',
  units: '/usr/local/lib/systemd/system',
}

/**
 * Where a host's Engine keeps what it has: in memory, so that no stop waits for a machine whose disk is busy (Docker
 * and containerd sync what they write, and with 0.3 s for each sync no stop of eight at once is in time), or on the
 * disk, as a host has it.
 */
export type Medium = 'memory' | 'disk'

/**
 * Boots a host: systemd as PID 1 and a Docker Engine, in a container of systemd-nspawn. The project is at
 * /opt/systemd-docker, read-only, its program also at /opt/bin/systemd-docker, and this machine's Node at
 * /usr/local/bin/node. What the host writes is gone when it is shut down.
 */
export async function boot(kind: HostKind, images: readonly string[], medium: Medium = 'memory'): Promise<Rebootable> {
  const root = await rootFileSystem(kind)
  await (swept ??= sweep())
  const machine = ownName(kind.name)
  // The overlays of Docker and containerd cannot lie on the overlay that the root file system is.
  const state = join(STATES, machine)
  await mkdir(state, {recursive: true})
  if (medium === 'memory') await output(['mount', '-t', 'tmpfs', '-o', 'mode=755', machine, state])
  for (const part of Object.keys(KEPT)) await mkdir(join(state, part), {recursive: true})
  await writeFile(join(state, 'config', 'daemon.json'), JSON.stringify({...DAEMON_JSON, ...kind.daemonJson}))
  const cgroup = await makeCgroup(`${CGROUP_PREFIX}${machine}`)
  let running = powerOn(kind, machine, {root, state, cgroup: cgroup.directories})
  const shutDown = async (): Promise<void> => {
    // Nothing in the host is to be kept.
    await powerOff(running.nspawn)
    await until(SHUTDOWN_TIMEOUT_MS, () =>
      cgroup.remove().then(
        () => true,
        () => undefined,
      ),
    )
    await removeState(machine)
  }
  const up = async (): Promise<Guest> => {
    try {
      return await whenUp(kind, running.nspawn)
    } catch (error) {
      await shutDown()
      throw new Error(`${kind.name} did not boot: ${Buffer.concat(running.said).toString().slice(-2000)}`, {
        cause: error,
      })
    }
  }
  const guest = await up()
  for (const image of images) await guest.load(image)
  return {
    guest,
    shutDown,
    reboot: async (goingDown) => {
      if (goingDown === 'orderly') {
        const ended = once(running.nspawn)
        await (await guestOf(kind, running.nspawn))?.attempt(['systemctl', 'reboot'])
        await ended
      } else await powerOff(running.nspawn)
      running = powerOn(kind, machine, {root, state, cgroup: cgroup.directories})
      return await up()
    },
  }
}

interface Running {
  readonly nspawn: ChildProcess
  /** What came on its console. */
  readonly said: readonly Buffer[]
}

function powerOn(
  kind: HostKind,
  machine: string,
  {root, state, cgroup}: {readonly root: string; readonly state: string; readonly cgroup: readonly string[]},
): Running {
  const nspawn = spawn(
    'sh',
    [
      '-ec',
      'for directory in $1; do echo $$ >$directory/cgroup.procs; done; shift; exec "$@"',
      'sh',
      cgroup.join(' '),
      'systemd-nspawn',
      '--quiet',
      `--directory=${root}`,
      '--volatile=overlay',
      '--boot',
      '--register=no',
      '--keep-unit',
      '--private-network',
      '--capability=all',
      '--system-call-filter=@keyring bpf add_key keyctl',
      ...Object.entries(KEPT).map(([part, path]) => `--bind=${join(state, part)}:${path}`),
      `--bind-ro=${PROJECT}:/opt/systemd-docker`,
      `--bind-ro=${process.execPath}:/usr/local/bin/node`,
      '--console=pipe',
      `--machine=${machine}`,
    ],
    {
      env: {...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: kind.unified ? '1' : '0'},
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const said: Buffer[] = []
  for (const stream of [nspawn.stdout, nspawn.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk))
  return {nspawn, said}
}

/** Kills its PID 1: the kernel then ends all that is in its PID namespace. */
async function powerOff(nspawn: ChildProcess): Promise<void> {
  if (nspawn.exitCode !== null || nspawn.signalCode !== null) return
  const ended = once(nspawn)
  const init = await initOf(nspawn)
  if (init === undefined) nspawn.kill('SIGKILL')
  else process.kill(init, 'SIGKILL')
  await ended
}

async function guestOf(kind: HostKind, nspawn: ChildProcess): Promise<Guest | undefined> {
  const initPid = await initOf(nspawn)
  return initPid === undefined ? undefined : new Guest(kind, {by: 'nsenter', initPid})
}

/** The host once all of its units have been started and its Engine answers. */
async function whenUp(kind: HostKind, nspawn: ChildProcess): Promise<Guest> {
  const guest = await until(BOOT_TIMEOUT_MS, () => guestOf(kind, nspawn))
  await until(BOOT_TIMEOUT_MS, async () => {
    const {stdout} = await guest.attempt(['systemctl', 'is-system-running'])
    return /running|degraded|starting/.test(stdout) ? true : undefined
  })
  if (!kind.unified) await makeControllersWritable(guest)
  await guest.attempt(['systemctl', 'is-system-running', '--wait'])
  if (!kind.unified) {
    await guest.run('systemctl', 'reset-failed')
    await guest.run('systemctl', 'restart', 'docker.service')
  }
  await guest.run('mkdir', '-p', '/opt/bin')
  await guest.run('ln', '-s', '/opt/systemd-docker/bin/run.cjs', '/opt/bin/systemd-docker')
  if (kind.isSetUp) await guest.run('/opt/bin/systemd-docker', 'setup')
  return guest
}

/** systemd, too, looks again at what it may write when it executes itself anew. */
async function makeControllersWritable(guest: Guest): Promise<void> {
  for (const controller of V1_CONTROLLERS)
    await guest.run('mount', '-o', 'remount,bind,rw,nosuid,nodev,noexec', `/sys/fs/cgroup/${controller}`)
  await guest.run('systemctl', 'daemon-reexec')
}

let swept: Promise<void> | undefined

/** Ends and removes what is left of hosts whose process was killed before it could shut them down. */
export async function sweep(): Promise<void> {
  await removeCgroups((name) => name.startsWith(CGROUP_PREFIX) && isLeft(name))
  for (const name of await readdir(STATES).catch(() => [])) if (isLeft(name)) await removeState(name)
}

async function removeState(name: string): Promise<void> {
  // Only what was booted in memory is mounted. Another host may be about to boot with this mount in its namespace.
  await attempt(['umount', '--lazy', join(STATES, name)])
  await rm(join(STATES, name), {recursive: true, force: true})
}

async function initOf({pid}: ChildProcess): Promise<number | undefined> {
  const children = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8').catch(() => '')
  for (const child of children.split(' ').filter((word) => word !== '')) {
    const name = await readFile(`/proc/${child}/comm`, 'utf8').catch(() => '')
    if (name === 'systemd\n') return Number(child)
  }
  return undefined
}

function once(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      resolve([code, signal])
    })
  })
}
