import {mkdirSync, writeFileSync, type Stats} from 'node:fs'
import {createServer, Socket} from 'node:net'
import {dirname, join} from 'node:path'
import {SHIM_PROGRAM} from '../../src/placement/containerd.js'
import {answerOnBus} from './stand-in-bus.js'

/** The unit that the program is in there. */
const UNIT = 'web.service'
const CGROUP = `/system.slice/${UNIT}`
const DOCKERD = 2
const CONTAINERD = 3
/** The PID of the container's init there. */
export const INIT = 4
/** In hundredths of a second after the host's boot: later than what configures Docker was made. */
const DOCKER_START = 100_000
const MOUNTS = '30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n'
/** Where a host has what a run looks at. */
const ELSEWHERE = /^\/(?:(?:etc|proc|sys)\/|(?:var\/)?run\/(?:dbus|docker|systemd)|usr\/local\/lib\/systemd-docker)/

/** Makes, below a directory, what a run in a unit finds on a host that is set up. */
export function makeHost(directory: string): void {
  const make = (path: string, text = '', mode = 0o600): void => {
    mkdirSync(join(directory, dirname(path)), {recursive: true, mode: 0o700})
    writeFileSync(join(directory, path), text, {mode})
  }
  make('/proc/uptime', '0.00 0.00\n')
  make('/proc/self/mountinfo', MOUNTS)
  make('/proc/self/cgroup', `0::${CGROUP}\n`)
  make('/proc/self/stat', statOf(0))
  make(`/proc/${String(INIT)}/cgroup`, `0::${CGROUP}/docker.scope\n`)
  make(`/proc/${String(INIT)}/stat`, statOf(0))
  make(`/proc/${String(DOCKERD)}/comm`, 'dockerd\n')
  make(`/proc/${String(DOCKERD)}/cmdline`, 'dockerd\0')
  make(`/proc/${String(DOCKERD)}/stat`, statOf(DOCKER_START))
  make(`/proc/${String(DOCKERD)}/root/etc/docker/daemon.json`, '{}')
  make(`/proc/${String(CONTAINERD)}/comm`, 'containerd\n')
  make(`/proc/${String(CONTAINERD)}/environ`, 'PATH=/usr/local/bin\0')
  make(`/proc/${String(CONTAINERD)}/root/usr/local/bin/${SHIM_PROGRAM}`, '', 0o700)
  make('/sys/fs/cgroup/system.slice/containerd.service/cgroup.procs', `${String(CONTAINERD)}\n`)
  make(`/sys/fs/cgroup${CGROUP}/cgroup.procs`)
  make(`/sys/fs/cgroup${CGROUP}/cgroup.controllers`)
  make('/run/docker.pid', String(DOCKERD))
  for (const path of ['/run/dbus', '/run/systemd/journal', '/var/run'])
    mkdirSync(join(directory, path), {recursive: true, mode: 0o700})
}

/**
 * Lets this process find that host where hosts have such things, as root in a unit, and starts what listens there.
 *
 * @returns what its journal has, by then
 */
export async function moveInto(directory: string): Promise<() => string> {
  const there = (path: string): string => (ELSEWHERE.test(path) ? join(directory, path) : path)
  redirectFiles(there)
  redirectConnections(there)
  process.getuid = process.geteuid = () => 0
  process.env['SYSTEMD_EXEC_PID'] = String(process.pid)
  haveOneOutput()
  let journal = ''
  const takeIn = (stream: Socket): void => void stream.on('data', (chunk) => (journal += String(chunk)))
  const listening = [
    createServer(takeIn).listen(join(directory, '/run/systemd/journal/stdout')),
    createServer().listen(join(directory, '/run/systemd/notify')),
    createServer(answerOnBus).listen(join(directory, '/run/dbus/system_bus_socket')),
  ]
  await Promise.all(listening.map((server) => new Promise((resolve) => server.once('listening', resolve))))
  return () => journal
}

/** A process that began so many hundredths of a second after the host's boot (proc_pid_stat(5)). */
function statOf(ticks: number): string {
  return `1 (process) S ${'0 '.repeat(18)}${String(ticks)} 0\n`
}

type Act = (...words: unknown[]) => unknown

/** Has Node look for files there. What belongs to whoever this process is run by is root's there. */
function redirectFiles(there: (path: string) => string): void {
  for (const name of ['node:fs', 'node:fs/promises']) {
    const module = process.getBuiltinModule(name) as unknown as Record<string, unknown>
    for (const [verb, act] of Object.entries(module)) {
      if (typeof act !== 'function' || !/^[a-z]/.test(verb)) continue
      const redirected: Act = (...words) => {
        const answer = (act as Act)(...words.map((word) => (typeof word === 'string' ? there(word) : word)))
        return isStats(answer) ? Object.assign(answer, {uid: 0}) : answer
      }
      module[verb] = Object.assign(redirected, act)
    }
  }
}

function isStats(answer: unknown): answer is Stats {
  return typeof answer === 'object' && answer !== null && 'uid' in answer
}

/** systemd gives a unit one stream to the journal as both of its outputs (systemd.exec(5), `$JOURNAL_STREAM`). */
function haveOneOutput(): void {
  const fs = process.getBuiltinModule('node:fs')
  const {fstatSync} = fs
  fs.fstatSync = ((descriptor: number) => fstatSync(descriptor === 2 ? 1 : descriptor)) as typeof fstatSync
  const {dev, ino} = fstatSync(1)
  process.env['JOURNAL_STREAM'] = `${String(dev)}:${String(ino)}`
}

/** Has Node connect to unix sockets there. */
function redirectConnections(there: (path: string) => string): void {
  const {connect} = Socket.prototype as unknown as {connect: Act}
  const redirected = function (this: Socket, ...words: unknown[]): unknown {
    const [options] = words.flat() as [unknown]
    if (typeof options === 'object' && options !== null && 'path' in options)
      Object.assign(options, {path: there(String(options.path))})
    return connect.apply(this, words)
  }
  Object.assign(Socket.prototype, {connect: redirected})
}
