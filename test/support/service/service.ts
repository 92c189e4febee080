import {randomBytes} from 'node:crypto'
import {onTestFinished} from 'vitest'
import type {Result} from '../../../sandbox/command.js'
import type {Guest} from '../../../sandbox/guest.js'
import {until} from '../../../sandbox/until.js'
import {reason} from '../../../src/errors.js'

const PATIENCE_MS = 20_000
/**
 * On cgroup v1 a unit or a container whose processes were killed can take very long to end; what is left goes with the
 * host.
 */
const BRIEFLY_S = 15
const START_TIMEOUT_S = 30
/** A container that says no stop timeout gets three seconds less. */
const STOP_TIMEOUT_S = 13
/**
 * What a unit ($0), its processes and its container are at when it does not get where it should, and when its journal
 * and the Engine's said what.
 */
const STATE_OF = `
systemctl status --no-pager --lines=0 "$0"
ps -eo pid,ppid,stat,etimes,wchan:30,args --sort=start_time
journalctl --unit="$0" --output=short-precise --no-pager
timeout 10 docker inspect --format '{{json .State}} restarted {{.RestartCount}} times' "$0"
journalctl --unit=docker --unit=containerd --lines=20 --output=short-precise --no-pager
date --iso-8601=ns`
/** Ends a service ($0) and its container, each within so many seconds ($1), and removes its unit, which is there. */
const FORGET = `
systemctl kill --signal=KILL "$0"
timeout "$1" systemctl stop "$0"
timeout "$1" docker rm --force --volumes "$0"
rm "/etc/systemd/system/$0" || exit
systemctl reset-failed "$0" || :`
/** Tells the names of a file's tests from those of all others: in a run PIDs come round (`kernel.pid_max`). */
const OWN = randomBytes(4).toString('hex')
let count = 0

/**
 * A service of a test host whose ExecStart= is a line of systemd-docker. It is stopped and forgotten, and its container
 * removed, after the test.
 */
export interface Service {
  /** The unit's name, with `.service`. */
  readonly name: string
  start(): Promise<Result>
  stop(): Promise<Result>
  /** Properties of the unit, as `systemctl show` has them. */
  show<Property extends string>(...properties: Property[]): Promise<Record<Property, string>>
  /** Waits until properties of the unit are, or match, what is given. */
  reaches(wanted: Readonly<Record<string, string | RegExp>>): Promise<void>
  /** The journal's lines of the unit, systemd's own about it included. */
  journal(): Promise<string[]>
  /** Waits until a line of the unit's journal is, or matches, what is given. */
  says(line: string | RegExp): Promise<void>
  /** The PIDs in the unit's cgroup, as the host's systemd sees them. */
  pids(): Promise<number[]>
  /** The unit's container that bears its name, as `docker inspect` has it, through a Go template. */
  inspect(template: string): Promise<string>
  /** Waits until that is what is given. */
  becomes(template: string, wanted: string): Promise<void>
}

/**
 * Defines a service on a host: `line` is what stands behind the program's path; `%n` in it is the unit's name.
 *
 * systemd finds a unit that it has not loaded yet by itself. A daemon-reload would take back, for every unit of the
 * host that is just starting, the time that `EXTEND_TIMEOUT_USEC=` gave it.
 */
export async function defineService(
  guest: Guest,
  line: string,
  settings: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<Service> {
  const {slowness} = guest.kind
  const name = `test${OWN}-${String(++count)}.service`
  const service = {
    Type: 'notify',
    NotifyAccess: 'all',
    TimeoutStartSec: String(START_TIMEOUT_S * slowness),
    TimeoutStopSec: String(STOP_TIMEOUT_S * slowness),
    ExecStart: `/opt/bin/systemd-docker ${line}`,
    ...settings,
  }
  const lines = Object.entries(service).flatMap(([key, value]) => [value].flat().map((one) => `${key}=${one}`))
  await guest.write(`/etc/systemd/system/${name}`, ['[Service]', ...lines, ''].join('\n'))
  onTestFinished(async () => {
    await guest.run('sh', '-c', FORGET, name, String(BRIEFLY_S * slowness))
  })
  return serviceOf(guest, name)
}

function serviceOf(guest: Guest, name: string): Service {
  const patience = PATIENCE_MS * guest.kind.slowness
  const show = async <Property extends string>(...properties: Property[]): Promise<Record<Property, string>> => {
    const text = await guest.run('systemctl', 'show', name, `--property=${properties.join(',')}`)
    const pairs = text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
    return Object.fromEntries(pairs) as Record<Property, string>
  }
  const journal = async (): Promise<string[]> => {
    const read = 'journalctl --sync && exec journalctl --unit="$0" --output=cat --no-pager'
    return (await guest.run('sh', '-c', read, name)).split('\n')
  }
  const unmet = async (what: string, cause: unknown): Promise<Error> => {
    const {stdout} = await guest.attempt(['sh', '-c', STATE_OF, name])
    return new Error(`${name} ${what}: ${reason(cause)}\n${stdout}`, {cause})
  }
  const systemctl = async (verb: 'start' | 'stop'): Promise<Result> => {
    try {
      return await guest.attempt(['systemctl', verb, name])
    } catch (error) {
      throw await unmet(`does not ${verb}`, error)
    }
  }
  const inspect = (template: string): Promise<string> => guest.run('docker', 'inspect', '--format', template, name)
  return {
    name,
    show,
    journal,
    start: () => systemctl('start'),
    stop: () => systemctl('stop'),
    reaches: async (wanted) => {
      let last: Record<string, string> = {}
      try {
        await until(patience, async () => {
          last = await show(...Object.keys(wanted))
          return Object.entries(wanted).every(([property, value]) => isOrMatches(last[property] ?? '', value))
            ? true
            : undefined
        })
      } catch (error) {
        const asked = Object.entries(wanted).map(([property, value]) => `${property}=${String(value)}`)
        throw await unmet(`is ${JSON.stringify(last)}, not ${asked.join(' ')}`, error)
      }
    },
    says: async (line) => {
      try {
        await until(patience, async () =>
          (await journal()).some((said) => isOrMatches(said, line)) ? true : undefined,
        )
      } catch (error) {
        throw await unmet(`never said ${String(line)}`, error)
      }
    },
    pids: async () => {
      const {ControlGroup} = await show('ControlGroup')
      if (ControlGroup === '') return []
      const root = guest.kind.unified ? '/sys/fs/cgroup' : '/sys/fs/cgroup/systemd'
      const {stdout} = await guest.attempt([
        'sh',
        '-c',
        `find ${root}${ControlGroup} -name cgroup.procs -exec cat {} +`,
      ])
      return stdout
        .split('\n')
        .filter((pid) => pid !== '')
        .map(Number)
    },
    inspect,
    becomes: async (template, wanted) => {
      let last = ''
      try {
        await until(patience, async () => ((last = await inspect(template)) === wanted ? true : undefined))
      } catch (error) {
        throw await unmet(`has a container that is ${last}, not ${wanted}`, error)
      }
    },
  }
}

function isOrMatches(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? text === wanted : wanted.test(text)
}

/** The status text of a unit whose container of that name runs, and of which `more` is known. */
export function runs(name: string, more = ''): RegExp {
  return new RegExp(String.raw`^container ${name.replaceAll('.', String.raw`\.`)} running since \d\d:\d\d${more}$`)
}

/** The names or ids of a host's containers, running or not, that a filter of `docker ps` lets through. */
export async function containers(guest: Guest, filter: string): Promise<string[]> {
  const text = await guest.run('docker', 'ps', '--all', '--filter', filter, '--format', '{{.Names}}')
  return text.split('\n').filter((name) => name !== '')
}

/** A word that no other test uses, for labels. */
export function unique(): string {
  return `t${OWN}x${String(++count)}`
}
