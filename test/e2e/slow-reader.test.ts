import {describe, expect, onTestFinished, test} from 'vitest'
import {until} from '../../sandbox/until.js'
import type {Guest} from '../../sandbox/guest.js'
import {CURRENT} from '../support/host/hosts.js'
import {containers, defineService, unique, type Service} from '../support/service/service.js'

/** How often the container says its file. */
const TIMES = 10
/** A file of numbered lines, 20 MB of them. */
const NUMBERED = 'seq 1000000 3499999'
const OUTPUT_BYTES = TIMES * 20e6
/** What no volume of output and no reader may take this process's memory to. */
const MOST_KIB = 64e6 / 1024
const PATIENCE_MS = 20_000

/** A service whose standard output is a pipe that a script reads. */
async function piped(guest: Guest, run: string, reader: string): Promise<Service> {
  return await defineService(guest, '', {
    KillMode: 'mixed',
    ExecStart: `/bin/bash -c 'exec /opt/bin/systemd-docker run --rm --init --name %n --log-driver=none ${run} > >(exec ${reader})'`,
  })
}

async function mainPid(service: Service): Promise<string> {
  return (await service.show('MainPID')).MainPID
}

/** How many bytes a process has written to whatever (proc_pid_io(5), `wchar`). */
async function written(guest: Guest, pid: string): Promise<number> {
  return Number(await guest.run('sed', '-n', 's/^wchar: //p', `/proc/${pid}/io`))
}

/** Waits until a service has filled its pipe and writes no more. */
async function isBlocked(guest: Guest, service: Service): Promise<void> {
  const pid = await mainPid(service)
  let before = 0
  await until(PATIENCE_MS, async () => {
    const now = await written(guest, pid)
    const isStill = now > 65_536 && now === before
    before = now
    return isStill ? true : undefined
  })
}

describe.each(CURRENT)('a reader of the output that reads nothing on $name', ({guest}) => {
  test('the reader holds up the container, no line is lost, the memory stays as it is, and a stop goes its way', async () => {
    const directory = `/run/${unique()}`
    await guest.run('sh', '-c', `mkdir ${directory}; ${NUMBERED} >${directory}/numbered`)
    onTestFinished(async () => {
      await guest.run('rm', '-r', directory)
    })
    const files = Array.from({length: TIMES}, () => `${directory}/numbered`).join(' ')
    const [late, stuck] = await Promise.all([
      piped(
        guest,
        `-v ${directory}:${directory}:ro busybox sh -c "cat ${files}; exec sleep 1000"`,
        `sh -c "until [ -e ${directory}/go ]; do sleep 0.05; done; head -c ${String(OUTPUT_BYTES)} | md5sum >${directory}/sum; exec cat"`,
      ),
      piped(guest, 'busybox yes', 'sleep 1000'),
    ])
    await Promise.all([late, stuck].map((service) => service.start()))
    await Promise.all([late, stuck].map((service) => isBlocked(guest, service)))
    const stopped = stuck.stop()
    const cat = await guest.run('pgrep', '--oldest', '--full', `^cat ${directory}`)
    expect(await written(guest, cat)).toBeLessThan(OUTPUT_BYTES / 10)

    await guest.run('touch', `${directory}/go`)
    const expected = await guest.run('sh', '-c', `cat ${files} | md5sum`)
    await until(PATIENCE_MS, async () => ((await guest.run('cat', `${directory}/sum`)) === expected ? true : undefined))
    const status = await guest.run('cat', `/proc/${await mainPid(late)}/status`)
    expect(Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1])).toBeLessThan(MOST_KIB)

    await Promise.all([stopped, late.stop()])
    for (const service of [late, stuck]) await service.reaches({ActiveState: 'inactive', Result: 'success'})
    await stuck.says(/^output of the container is lost from here on: whoever reads it takes nothing/)
    expect(await containers(guest, `name=${stuck.name}`)).toEqual([])
  })
})
