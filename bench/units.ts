import type {Guest} from '../sandbox/guest.js'

/** Where the program is in a host. */
export const PROGRAM = '/opt/systemd-docker/bin/run.cjs'
/** Where `npm run package` puts it as one file. */
export const EXECUTABLE = `/opt/systemd-docker/release/systemd-docker-linux-${process.arch}`

/** What the main process of a unit is, and how that is told. */
export interface Service {
  readonly program?: string | undefined
  readonly settings?: readonly string[] | undefined
}

const NOTIFY = ['Type=notify', 'NotifyAccess=all']

/** Defines a unit that may be started as often as one likes; `line` is what stands behind the program. */
export async function writeUnit(
  guest: Guest,
  unit: string,
  line: string,
  {program = PROGRAM, settings = NOTIFY}: Service = {},
): Promise<void> {
  await guest.write(
    `/run/systemd/system/${unit}`,
    `[Unit]
StartLimitIntervalSec=0
[Service]
${settings.join('\n')}
ExecStart=${program} ${line}
SuccessExitStatus=137
`,
  )
  await guest.run('systemctl', 'daemon-reload')
}

/** From when a start is timed: from what systemd does first for ExecStart=, or from when the program itself begins. */
export type Beginning = 'ExecMainStart' | 'ExecMainHandoff'

/**
 * Starts a unit and returns the milliseconds from ExecStart= to active; its container, called like it, is then removed
 * by force, as a `sleep` does not end on SIGTERM.
 *
 * @param beginning a time that systemd tells (org.freedesktop.systemd1(5), `ExecMainHandoffTimestamp`: since 256)
 */
export async function timeStart(guest: Guest, unit: string, beginning: Beginning = 'ExecMainStart'): Promise<number> {
  await guest.run('systemctl', 'start', unit)
  const begun = await microseconds(guest, unit, `${beginning}TimestampMonotonic`)
  const active = await microseconds(guest, unit, 'ActiveEnterTimestampMonotonic')
  await guest.run('docker', 'rm', '--force', unit)
  await guest.run('systemctl', 'stop', unit)
  if (begun === 0 || active <= begun) throw new Error(`${unit} was not active`)
  return (active - begun) / 1000
}

async function microseconds(guest: Guest, unit: string, property: string): Promise<number> {
  return Number(await guest.run('systemctl', 'show', '--value', `--property=${property}`, unit))
}
