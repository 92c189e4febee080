import {afterAll} from 'vitest'
import type {Guest} from '../../../sandbox/guest.js'
import type {Service} from './service.js'

/** What is seen of a service after something was done to it or its container. */
export interface Outcome {
  readonly ActiveState: string
  readonly Result: string
  readonly ExecMainStatus: string
  readonly NRestarts: string
  /** The state of the container that bears the unit's name, with its exit status once it has ended, or `gone`. */
  readonly docker: string
  /** How many processes are in the unit's cgroup. */
  readonly processes: number
  /** What else this program has left for the unit: pid files and announcements of its containers. */
  readonly left: readonly string[]
}

/**
 * A unit that is over, with nothing left. One that did not fail systemd forgets, and answers for it as for one that
 * never ran.
 */
export const CLEAN: Outcome = {
  ActiveState: 'inactive',
  Result: 'success',
  ExecMainStatus: '0',
  NRestarts: '0',
  docker: 'gone',
  processes: 0,
  left: [],
}

/**
 * Looks at services, and prints at the end of the test file a table of all that was seen: what was done, what systemd
 * said, what Docker said, what was left.
 *
 * @returns a function that looks, and notes it under `what` was done
 */
export function outcomes(title: string): (guest: Guest, service: Service, what: string) => Promise<Outcome> {
  const rows: string[][] = []
  afterAll(() => {
    const head = [title, 'host', 'ActiveState', 'Result', 'ExecMainStatus', 'NRestarts', 'Docker', 'left']
    const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
    console.log(lines.join('\n'))
  })
  return async (guest, service, what) => {
    const outcome = await look(guest, service)
    const {ActiveState, Result, ExecMainStatus, NRestarts, docker, processes, left} = outcome
    const rest = [...(processes === 0 ? [] : [`${String(processes)} processes`]), ...left]
    rows.push([
      what,
      guest.kind.name,
      ActiveState,
      Result,
      ExecMainStatus,
      NRestarts,
      docker,
      rest.join(', ') || 'nothing',
    ])
    return outcome
  }
}

async function look(guest: Guest, service: Service): Promise<Outcome> {
  const said = await service.show('ActiveState', 'Result', 'ExecMainStatus', 'NRestarts')
  const template = '{{.State.Status}}{{if eq .State.Status "exited"}} {{.State.ExitCode}}{{end}} {{.Id}}'
  const {stdout} = await guest.attempt(['docker', 'inspect', '--type=container', '--format', template, service.name])
  const [, docker = 'gone'] = /^(.*) [0-9a-f]{64}$/m.exec(stdout) ?? []
  // The announcement of a container that is there stays for as long as it does. Another test puts a pipe among them.
  const script = 'ls "/run/$0.pid" 2>/dev/null; grep -lsx --devices=skip ".*/$0" /run/systemd-docker/placement/*'
  const files = docker === 'gone' ? (await guest.attempt(['sh', '-c', script, service.name])).stdout : ''
  return {
    ...said,
    docker,
    processes: (await service.pids()).length,
    left: files.split('\n').filter((line) => line !== ''),
  }
}
