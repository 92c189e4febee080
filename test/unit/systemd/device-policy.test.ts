import {readFile, stat, utimes} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {isRestrictedByUs, restrictDevices, unrestrictDevices} from '../../../src/systemd/device-policy.js'
import type {UnitName} from '../../../src/systemd/unit.js'
import {useFakeHost} from '../../support/fake-host.js'

const UNIT: UnitName = {name: '-x\\x2dy@1.service', manager: 'system'}
const {signal} = new AbortController()
const host = useFakeHost()

/** Writes what systemd keeps of a unit that may use only what is listed. */
async function kept(where: string, ...allow: string[]): Promise<void> {
  const lines = allow.map((rule) => `DeviceAllow=${rule}\n`).join('')
  await host.write(`[Service]\nDeviceAllow=\n${lines}`, 'run', where, `${UNIT.name}.d`, '50-DeviceAllow.conf')
}

describe("a unit's devices", () => {
  test("a unit's devices are restricted by systemd", async () => {
    expect(await restrictDevices(UNIT, ['/dev/char/1:3 rw'], signal)).toBe(true)
    expect(await host.systemctlCalls()).toEqual([
      'set-property --runtime -- -x\\x2dy@1.service DeviceAllow= DeviceAllow=char-* m DeviceAllow=block-* m DeviceAllow=/dev/char/1:3 rw',
    ])
  })

  test("a unit's devices are not restricted where systemd does not answer", async () => {
    await host.systemctlAnswers('', 1)
    expect(await restrictDevices(UNIT, [], signal)).toBe(false)
  })

  test.each(['system.control', 'transient'])(
    "a unit's devices are known to be restricted by us, in %s, and released",
    async (where) => {
      await kept(where, '/dev/char/1:3 rw', 'block-* m', 'char-* m')
      const file = host.in('run', where, `${UNIT.name}.d`, '50-DeviceAllow.conf')
      await utimes(file, 1, 2)
      expect(await isRestrictedByUs(UNIT, host.in('run'))).toBe(true)
      await unrestrictDevices(UNIT, signal, host.in('run'))
      expect(await host.systemctlCalls()).toEqual(['set-property --runtime -- -x\\x2dy@1.service DeviceAllow='])
      expect(await readFile(file, 'utf8')).toMatch(/^#.*\n$/)
      expect(await stat(file)).toMatchObject({mtimeMs: 2000})
      expect(await isRestrictedByUs(UNIT, host.in('run'))).toBe(false)
    },
  )

  test.each([
    ['there is nothing', () => Promise.resolve()],
    ['other devices were set by hand', () => kept('system.control', '/dev/sda rw')],
  ])("a unit's devices are not ours to release where %s", async (_, prepare) => {
    await prepare()
    expect(await isRestrictedByUs(UNIT, host.in('run'))).toBe(false)
    await unrestrictDevices(UNIT, signal, host.in('run'))
    expect(await host.systemctlCalls()).toEqual([])
  })

  test("a unit's devices stay restricted, and known to be, where systemd does not answer", async () => {
    await kept('system.control', 'block-* m', 'char-* m')
    await host.systemctlAnswers('', 1)
    await expect(unrestrictDevices(UNIT, signal, host.in('run'))).rejects.toThrow('systemd does not answer')
    expect(await isRestrictedByUs(UNIT, host.in('run'))).toBe(true)
  })
})
