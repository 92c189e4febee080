import {describe, expect, test} from 'vitest'
import {commandDeadline, stopDeadline} from '../../../src/systemd/deadline.js'
import type {UnitName} from '../../../src/systemd/unit.js'
import {useFakeHost} from '../../support/fake-host.js'

const WEB: UnitName = {name: 'web.service', manager: 'system'}
const {signal} = new AbortController()
const host = useFakeHost()

/** Says how long ago processes were forked, in seconds, by their PIDs; the host has been up for an hour. */
async function forked(ages: Readonly<Record<string, number>>, uptime = 3600): Promise<void> {
  await host.write(`${uptime.toFixed(2)} 0.00\n`, 'proc', 'uptime')
  for (const [pid, age] of Object.entries(ages)) {
    const fields = Array.from({length: 50}, () => '0')
    fields[19] = ((3600 - age) * 100).toFixed(0)
    await host.write(`${pid} (a (b) c) ${fields.join(' ')}\n`, 'proc', pid, 'stat')
  }
}

/** For this process, which is much older than any command's. */
const since = (seconds: number): number => performance.now() + 1000 * seconds
const AGE_S = Math.ceil(performance.now() / 1000) + 100

describe('the deadline of a command', () => {
  test('a deadline counts from when systemd forked the command, however long it took to load this program', async () => {
    await host.systemctlAnswers('TimeoutStartUSec=20min')
    await forked({self: AGE_S})
    const deadline = await commandDeadline('start', WEB, {}, signal, host.in('proc'))
    expect(deadline?.limit).toBe(1_200_000)
    expect(Math.abs((deadline?.at ?? 0) - since(1200 - AGE_S))).toBeLessThan(1000)
    expect(await host.systemctlCalls()).toEqual(['show --property=TimeoutStartUSec -- web.service'])
  })

  test('a deadline counts from when the shell was forked that systemd started and that started the command', async () => {
    await host.systemctlAnswers('TimeoutStopUSec=20min')
    await forked({self: AGE_S, 77: AGE_S + 300})
    const deadline = await commandDeadline('stop', WEB, {SYSTEMD_EXEC_PID: '77'}, signal, host.in('proc'))
    expect(Math.abs((deadline?.at ?? 0) - since(900 - AGE_S))).toBeLessThan(1000)
  })

  test.each([
    ['is not said', {}, 3600],
    ['is that of another host', {self: AGE_S}, 5],
  ])('a deadline counts from when Node began where the age of its process %s', async (_, ages, uptime) => {
    await host.systemctlAnswers('TimeoutStartUSec=20min')
    await forked(ages, uptime)
    const deadline = await commandDeadline('start', WEB, {}, signal, host.in('proc'))
    expect(deadline?.at).toBe(1_200_000)
  })

  test('a deadline leaves more for the end than starting took, and a quarter of the time at most', async () => {
    await host.systemctlAnswers('TimeoutStartUSec=8s')
    await forked({self: AGE_S})
    const slow = await commandDeadline('start', WEB, {}, signal, host.in('proc'))
    expect((slow?.at ?? 0) - (slow?.leave ?? 0)).toBeCloseTo(2000)
    await host.systemctlAnswers('TimeoutStartUSec=1h')
    const long = await commandDeadline('start', WEB, {}, signal, host.in('proc'))
    expect((long?.at ?? 0) - (long?.leave ?? 0)).toBeGreaterThan(100_000)
  })

  test('a deadline is never where there is no limit, and not known where systemd does not answer', async () => {
    await host.systemctlAnswers('TimeoutStartUSec=infinity')
    expect(await commandDeadline('start', WEB, {}, signal, host.in('proc'))).toMatchObject({at: Infinity})
    await host.systemctlAnswers('', 1)
    expect(await commandDeadline('start', WEB, {}, signal, host.in('proc'))).toBeUndefined()
  })
})

describe('the deadline of a stop', () => {
  test("the deadline of a stop counts from when the unit's state changed", async () => {
    const changed = Number(process.hrtime.bigint()) / 1000 - 5_000_000
    await host.systemctlAnswers(
      `TimeoutStopUSec=1min 30s\nActiveState=deactivating\nStateChangeTimestampMonotonic=${changed.toFixed(0)}`,
    )
    await forked({self: 1})
    const deadline = await stopDeadline(WEB, signal, host.in('proc'))
    expect(Math.abs((deadline?.at ?? 0) - since(85))).toBeLessThan(1000)
  })

  test('the deadline of a stop counts from now on where systemd was not asked for it', async () => {
    await host.systemctlAnswers('TimeoutStopUSec=1min 30s\nActiveState=active\nStateChangeTimestampMonotonic=1')
    await forked({self: 1})
    const deadline = await stopDeadline(WEB, signal, host.in('proc'))
    expect(Math.abs((deadline?.at ?? 0) - since(90))).toBeLessThan(1000)
  })
})
