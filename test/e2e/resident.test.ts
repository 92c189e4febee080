import {describe, expect, test} from 'vitest'
import type {Guest} from '../../sandbox/guest.js'
import {until} from '../../sandbox/until.js'
import {HOSTS} from '../support/host/hosts.js'
import {defineService, type Service} from '../support/service/service.js'

const PATIENCE_MS = 100_000
const TEST_TIMEOUT_MS = 120_000
/** How long a process must not have been woken to be asleep, in seconds. */
const ASLEEP_S = 4
/** The most that a process of ours may ever have held; a third of it is what Node itself takes. */
const MOST_KB = 150_000
const MUCH = 300_000_000
/**
 * journald is several times slower than a container, so that after as much as this most would be kept by whoever does
 * not wait for it.
 */
const MUCH_FOR_JOURNALD = 50_000_000
const LINES = 'yes a line of the length that a line of a log is likely to have, give or take a few words'
const ENDLESS_LINE = String.raw`tr '\\0' x </dev/zero`
/** The container prints something without end, up to so many bytes. */
const printing = (what: string, bytes: number): string => `sh -c "${what} | head -c ${String(bytes)}; exec sleep 1000"`

/** The PIDs of a unit's processes that are not the container's, which has a PID namespace of its own. */
async function ownProcesses(guest: Guest, service: Service): Promise<string[]> {
  const script = 'for pid; do [ "$(readlink /proc/$pid/ns/pid)" != "$(readlink /proc/1/ns/pid)" ] || echo $pid; done'
  return (await guest.run('sh', '-c', script, 'sh', ...(await service.pids()).map(String))).split('\n')
}

/** The number that a field of files under /proc/PID has, summed up over the files. */
async function sumOf(guest: Guest, pid: string, files: string, field: string): Promise<number> {
  const text = await guest.run('sh', '-c', `cat /proc/${pid}/${files}`)
  const found = [...text.matchAll(new RegExp(`^${field}:\\s*(\\d+)`, 'gm'))]
  if (found.length === 0) throw new Error(`/proc/${pid}/${files} has no ${field}`)
  return found.reduce((sum, [, value]) => sum + Number(value), 0)
}

/** How much a process has written. */
const writtenBy = (guest: Guest, pid: string): Promise<number> => sumOf(guest, pid, 'io', 'wchar')

/** The most memory that a process has held so far, in KiB. */
const peakOf = (guest: Guest, pid: string): Promise<number> => sumOf(guest, pid, 'status', 'VmHWM')

// What stays does the same on every host.
describe.each(HOSTS.slice(0, 1))('what stays with a unit on $name', {timeout: TEST_TIMEOUT_MS}, ({guest}) => {
  test('a unit has one process beside its container', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sh -c "sleep 1000 & exec sleep 1002"')
    await service.start()
    const {MainPID} = await service.show('MainPID')
    await until(PATIENCE_MS, async () => ((await service.pids()).length > 2 ? true : undefined))
    expect(await ownProcesses(guest, service)).toEqual([MainPID])
  })

  test('the process beside the container sleeps while nothing happens', async () => {
    const service = await defineService(guest, 'run --rm --name %n busybox sleep 1000')
    await service.start()
    const {MainPID} = await service.show('MainPID')
    // A thread gives up its processor by itself each time that it has been woken.
    const wakeups = (): Promise<number> => sumOf(guest, MainPID, 'task/*/status', 'voluntary_ctxt_switches')
    // What a start leaves to be done, such as giving memory back, has an end; polling has none.
    await until(PATIENCE_MS, async () => {
      const before = await wakeups()
      await guest.run('sleep', String(ASLEEP_S))
      return (await wakeups()) === before ? true : undefined
    })
  })

  test.each([
    {what: 'lines', command: LINES},
    {what: 'a line without an end', command: ENDLESS_LINE},
  ])('the process beside the container keeps nothing of 300 MB of $what that pass through it', async ({command}) => {
    const service = await defineService(
      guest,
      `run --rm --log-driver none --name %n busybox ${printing(command, MUCH)}`,
      {StandardOutput: 'null'},
    )
    await service.start()
    const {MainPID} = await service.show('MainPID')
    await until(PATIENCE_MS, async () => ((await writtenBy(guest, MainPID)) >= MUCH ? true : undefined))
    expect(await peakOf(guest, MainPID)).toBeLessThan(MOST_KB)
  })

  test.each([
    {what: 'lines', command: LINES},
    {what: 'a line without an end', command: ENDLESS_LINE},
  ])('the process beside the container is no faster than the journal with $what', async ({command}) => {
    const service = await defineService(
      guest,
      `run --rm --log-driver none --name %n busybox ${printing(command, MUCH)}`,
    )
    await service.start()
    const {MainPID} = await service.show('MainPID')
    await until(PATIENCE_MS, async () => ((await writtenBy(guest, MainPID)) >= MUCH_FOR_JOURNALD ? true : undefined))
    expect(await peakOf(guest, MainPID)).toBeLessThan(MOST_KB)
  })

  test('the process beside the container lets a container wait whose output nobody reads, and keeps none of it', async () => {
    const service = await defineService(guest, '', {
      ExecStart: `/bin/sh -c "/opt/bin/systemd-docker run --rm --log-driver none --name %n busybox head -c ${String(MUCH)} /dev/zero | sleep 1000"`,
    })
    await service.start()
    const container = await service.inspect('{{.State.Pid}}')
    await until(PATIENCE_MS, async () => {
      const before = await writtenBy(guest, container)
      await guest.run('sleep', '1')
      return before > 0 && (await writtenBy(guest, container)) === before ? true : undefined
    })
    const peaks = await Promise.all((await ownProcesses(guest, service)).map((pid) => peakOf(guest, pid)))
    expect(peaks.length).toBeGreaterThan(1)
    expect(Math.max(...peaks)).toBeLessThan(MOST_KB)
  })
})
