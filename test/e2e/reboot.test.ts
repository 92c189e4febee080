import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {boot, type GoingDown, type Guest, type Rebootable} from '../../sandbox/guest.js'
import {HOST_KINDS} from '../../sandbox/hosts.js'
import {busybox} from '../../sandbox/images.js'
import {until} from '../../sandbox/until.js'

const BOOT_TIMEOUT_MS = 120_000
const PATIENCE_MS = 60_000
const UNITS = '/usr/local/lib/systemd/system'
/** The way by which nothing has to be set up, as what is installed on a host is not kept here. */
const KIND = HOST_KINDS.find(({name}) => name === 'debian13-v2-cgroupfs')
const PROGRAM = '/opt/systemd-docker/bin/run.cjs'

/** A line for each unit, and whether its container is kept. */
const LINES: Readonly<Record<string, {readonly words: string; readonly isKept: boolean}>> = {
  'resident.service': {words: '--pid-file /run/%n.pid run --rm', isKept: false},
  'resident-kept.service': {words: '--pid-file /run/%n.pid run', isKept: true},
  'handed.service': {words: '--handover --pid-file /run/%n.pid run --rm', isKept: false},
  'handed-kept.service': {words: '--handover --pid-file /run/%n.pid run', isKept: true},
}
const NAMES = Object.keys(LINES)

let booted: Rebootable
/** The host as it is up now. */
let guest: Guest

beforeAll(async () => {
  if (KIND === undefined) throw new Error('there is no such host')
  booted = await boot(KIND, [await busybox()])
  guest = booted.guest
  await guest.run('mkdir', `${UNITS}/multi-user.target.wants`)
  for (const [name, {words}] of Object.entries(LINES)) {
    await guest.write(
      `${UNITS}/${name}`,
      `[Unit]
Wants=docker.service
After=docker.service
[Service]
Type=notify
NotifyAccess=all
ExecStart=${PROGRAM} ${words} --init --name %n busybox sleep 1000
ExecStop=/usr/bin/docker stop %n
ExecStopPost=${PROGRAM} finish %n
`,
    )
    await guest.run('ln', '-s', `../${name}`, `${UNITS}/multi-user.target.wants/${name}`)
  }
  await guest.run('systemctl', 'start', ...NAMES)
}, BOOT_TIMEOUT_MS)

afterAll(async () => {
  await booted.shutDown()
}, BOOT_TIMEOUT_MS)

describe('services that are enabled, resident and handed over', () => {
  test.each<GoingDown>(['orderly', 'power-failure'])(
    'services are active again after a reboot: %s; with one container each, kept or made anew',
    async (goingDown) => {
      const before = await idsOf(guest)
      guest = await booted.reboot(goingDown)
      await until(PATIENCE_MS, async () =>
        (await guest.attempt(['systemctl', 'is-active', ...NAMES])).status === 0 ? true : undefined,
      )
      const after = await idsOf(guest)
      for (const [name, {isKept}] of Object.entries(LINES)) {
        expect(after[name] === before[name], `${name} is kept`).toBe(isKept)
        const pid = await guest.run('docker', 'inspect', '--format', '{{.State.Pid}}', name)
        expect(await guest.run('cat', `/run/${name}.pid`)).toBe(pid)
        expect(await guest.run('cat', `/proc/${pid}/cgroup`)).toContain(`/${name}/`)
      }
      expect((await guest.run('docker', 'ps', '--all', '--quiet')).split('\n')).toHaveLength(NAMES.length)
    },
    BOOT_TIMEOUT_MS,
  )
})

async function idsOf(host: Guest): Promise<Record<string, string>> {
  const text = await host.run('docker', 'ps', '--no-trunc', '--format', '{{.Names}} {{.ID}}')
  return Object.fromEntries(text.split('\n').map((line) => line.split(' '))) as Record<string, string>
}
