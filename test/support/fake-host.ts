import childProcess, {type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {writeFileSync} from 'node:fs'
import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises'
import net from 'node:net'
import {dirname} from 'node:path'
import {afterEach, beforeEach, vi} from 'vitest'
import type {CgroupPath} from '../../src/kernel/cgroups.js'
import type {UnitCgroup} from '../../src/systemd/unit.js'
import {useTempDirectory} from './temp-directory.js'

/** Where /proc is for the test that runs; a test file mocks what reads /proc so that it looks here. */
export const proc = {root: ''}

/**
 * A host made of files: its processes in `proc`, its hierarchies in `cgroup`, and a systemctl that knows one answer. It
 * has no bus.
 */
export interface FakeHost {
  /** The path of something in it. */
  in(...names: readonly string[]): string
  write(content: string, ...names: readonly string[]): Promise<void>
  read(...names: readonly string[]): Promise<string>
  /** Says what is mounted: each hierarchy by its own name, with its super options; `rw` alone is cgroup v2. */
  mounted(hierarchies: Readonly<Record<string, string>>): Promise<void>
  /** Says in which cgroups a process is, line by line, and what it may do. */
  inCgroups(pid: string, ...lines: readonly string[]): Promise<void>
  /** Says what systemctl answers. */
  systemctlAnswers(answer: string, status?: number): Promise<void>
  /** What systemctl was asked, call by call. */
  systemctlCalls(): Promise<string[]>
}

/** Gives every test of the file a host of its own; at first its systemctl says `Delegate=no`. */
export function useFakeHost(): FakeHost {
  const inTemp = useTempDirectory()
  const write = async (content: string, ...names: readonly string[]): Promise<void> => {
    await mkdir(dirname(inTemp(...names)), {recursive: true})
    await writeFile(inTemp(...names), content)
  }
  const systemctlAnswers = async (answer: string, status = 0): Promise<void> => {
    const script = `#!/bin/sh\necho "$*" >>'${inTemp('systemctl-calls')}'\necho '${answer}'\nexit ${String(status)}\n`
    await write(script, 'bin', 'systemctl')
    await chmod(inTemp('bin', 'systemctl'), 0o755)
  }
  const running = new Set<ChildProcess>()
  beforeEach(async () => {
    proc.root = inTemp('proc')
    const {execFile} = childProcess
    const systemctl = inTemp('bin', 'systemctl')
    const executed = (program: string, ...rest: unknown[]): ChildProcess => {
      const words = [program === 'systemctl' ? systemctl : program, ...rest]
      const child = Reflect.apply(execFile, childProcess, words) as ChildProcess
      running.add(child)
      child.once('close', () => running.delete(child))
      return child
    }
    vi.spyOn(childProcess, 'execFile').mockImplementation(executed)
    // The machine that the tests run on may have a bus, on which nobody is to be asked.
    const {createConnection} = net
    const connected = (where: unknown, ...rest: unknown[]): net.Socket => {
      const isBus = typeof where === 'string' && /\/(?:system_bus_socket|bus)$/.test(where)
      return Reflect.apply(createConnection, net, [isBus ? inTemp('no-bus') : where, ...rest]) as net.Socket
    }
    vi.spyOn(net, 'createConnection').mockImplementation(connected)
    await systemctlAnswers('Delegate=no')
  })
  // What a test has not waited for would still write into the directory that is about to be removed.
  afterEach(async () => {
    await Promise.all([...running].map((child) => once(child, 'close')))
  })
  return {
    in: inTemp,
    write,
    read: (...names) => readFile(inTemp(...names), 'utf8'),
    mounted: async (hierarchies) => {
      const lines = Object.entries(hierarchies).map(
        ([name, options]) =>
          `30 23 0:26 / ${inTemp('cgroup', name)} rw - ${options === 'rw' ? 'cgroup2' : 'cgroup'} cgroup ${options}\n`,
      )
      await write(lines.join(''), 'proc', 'self', 'mountinfo')
    },
    inCgroups: (pid, ...lines) => write(lines.map((line) => `${line}\n`).join(''), 'proc', pid, 'cgroup'),
    systemctlAnswers,
    systemctlCalls: async () => {
      const text = await readFile(inTemp('systemctl-calls'), 'utf8').catch(() => '')
      return text.split('\n').filter((line) => line !== '')
    },
  }
}

/** A unit's cgroup of v2, with its directory in the host. */
export function unitIn(host: FakeHost, name = 'x.service'): UnitCgroup {
  const path = `/system.slice/${name}`
  return {name, path, directory: host.in('cgroup', 'v2', path), unified: true, manager: 'system'}
}

/** A place in one of the host's hierarchies, which is called by its controllers, or `v2`. */
export function placeIn(host: FakeHost, path: string, ...controllers: readonly string[]): CgroupPath {
  return {
    controllers,
    path,
    directory: host.in('cgroup', controllers.length === 0 ? 'v2' : controllers.join(','), path),
  }
}

/**
 * Has `look` called before each look into a cgroup for processes that are still to be moved, whatever signal that look
 * heeds. Others who heed a signal are let alone.
 */
export function beforeEachLook(look: (signal: AbortSignal) => void): void {
  vi.spyOn(AbortSignal.prototype, 'throwIfAborted').mockImplementation(function (this: AbortSignal) {
    if (new Error().stack?.includes('transferUntilNone') === true) look(this)
    else if (this.aborted) throw this.reason as Error
  })
}

/**
 * A signal that nobody aborts, for a time in which the next of these cgroups is emptied before each second look into
 * one, as the kernel does when processes move.
 */
export function signalThatEmpties(...directories: readonly string[]): AbortSignal {
  let look = 0
  beforeEachLook(() => {
    const directory = directories[(look - 1) / 2]
    if (directory !== undefined) writeFileSync(`${directory}/cgroup.procs`, '')
    look++
  })
  return new AbortController().signal
}
