import {readFile, stat, utimes} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import type * as files from 'node:fs/promises'
import {isRestrictedByUs, restrictDevices, unrestrictDevices} from '../../../src/systemd/device-policy.js'
import type {UnitName} from '../../../src/systemd/unit.js'
import {recordingLog} from '../../../src/testing/recording-log.js'
import {useFakeHost} from '../../support/fake-host.js'

/** The name of the files that the unit's settings make read-only. */
const sealed = vi.hoisted(() => ({name: ''}))

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof files>()
  const writeFile = async (path: string, text: string): Promise<void> => {
    if (sealed.name !== '' && path.endsWith(sealed.name))
      throw Object.assign(new Error(`EROFS: read-only file system, open '${path}'`), {code: 'EROFS'})
    await original.writeFile(path, text)
  }
  return {...original, writeFile}
})

const UNIT: UnitName = {name: '-x\\x2dy@1.service', manager: 'system'}
const {signal} = new AbortController()
const host = useFakeHost()

/** Writes what systemd keeps of a unit that may use only what is listed. */
async function kept(where: string, ...allow: string[]): Promise<void> {
  const lines = allow.map((rule) => `DeviceAllow=${rule}\n`).join('')
  await host.write(`[Service]\nDeviceAllow=\n${lines}`, 'run', where, `${UNIT.name}.d`, '50-DeviceAllow.conf')
}

beforeEach(() => {
  sealed.name = ''
})

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
      expect(isRestrictedByUs(UNIT, host.in('run'))).toBe(true)
      await unrestrictDevices(UNIT, recordingLog().log, signal, host.in('run'))
      expect(await host.systemctlCalls()).toEqual(['set-property --runtime -- -x\\x2dy@1.service DeviceAllow='])
      expect(await readFile(file, 'utf8')).toMatch(/^#.*\n$/)
      expect(await stat(file)).toMatchObject({mtimeMs: 2000})
      expect(isRestrictedByUs(UNIT, host.in('run'))).toBe(false)
    },
  )

  test.each([
    ['there is nothing', () => Promise.resolve()],
    ['other devices were set by hand', () => kept('system.control', '/dev/sda rw')],
  ])("a unit's devices are not ours to release where %s", async (_, prepare) => {
    await prepare()
    expect(isRestrictedByUs(UNIT, host.in('run'))).toBe(false)
    await unrestrictDevices(UNIT, recordingLog().log, signal, host.in('run'))
    expect(await host.systemctlCalls()).toEqual([])
  })

  test("a unit's devices stay restricted, and known to be, where systemd does not answer", async () => {
    await kept('system.control', 'block-* m', 'char-* m')
    await host.systemctlAnswers('', 1)
    await expect(unrestrictDevices(UNIT, recordingLog().log, signal, host.in('run'))).rejects.toThrow(
      'systemd does not answer',
    )
    expect(isRestrictedByUs(UNIT, host.in('run'))).toBe(true)
  })
  test("a unit's devices are released where /run is read-only, and what stays there is said", async () => {
    await kept('system.control', 'block-* m', 'char-* m')
    const file = host.in('run', 'system.control', `${UNIT.name}.d`, '50-DeviceAllow.conf')
    sealed.name = '50-DeviceAllow.conf'
    const {log, lines} = recordingLog()
    await unrestrictDevices(UNIT, log, signal, host.in('run'))
    expect(await host.systemctlCalls()).toEqual(['set-property --runtime -- -x\\x2dy@1.service DeviceAllow='])
    expect(lines).toEqual([
      `info: ${file} takes back any DeviceAllow= of the unit's file until the next boot: ProtectSystem= in -x\\x2dy@1.service, or ReadOnlyPaths=, keeps systemd-docker from emptying it`,
    ])
  })
})
