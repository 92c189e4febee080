import {mkdir, symlink, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import type {DeviceGrants} from '../../../src/docker/engine.js'
import {deviceAccess} from '../../../src/placement/device-filter.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const NOTHING: DeviceGrants = {privileged: false, mapped: [], rules: [], requested: false}
const inTemp = useTempDirectory()

/** What a container with these grants may use besides what every container may. */
async function allowed(grants: Partial<DeviceGrants>): Promise<readonly string[]> {
  const [every, access] = await Promise.all([deviceAccess(NOTHING), deviceAccess({...NOTHING, ...grants})])
  if (every.may !== 'use some' || access.may !== 'use some') throw new Error('it may use some')
  expect(access.allow.slice(0, every.allow.length)).toEqual(every.allow)
  return access.allow.slice(every.allow.length)
}

describe('the devices that a container may use', () => {
  test('a container may use null and its like, and no disk', async () => {
    const access = await deviceAccess(NOTHING)
    expect(access).toMatchObject({may: 'use some'})
    expect(access).toMatchObject({allow: expect.arrayContaining(['/dev/char/1:3 rwm', 'char-136 rwm']) as unknown})
    expect(JSON.stringify(access)).not.toContain('block')
  })

  test('a container may use all devices with --privileged', async () => {
    expect(await deviceAccess({...NOTHING, privileged: true})).toEqual({may: 'use all'})
  })

  test.each([
    ['c 10:229 rw', ['/dev/char/10:229 rw']],
    ['b 8:* r', ['block-8 r']],
    ['c *:* w', ['char-* w']],
    ['a 7:1 m', ['/dev/char/7:1 m', '/dev/block/7:1 m']],
    ['a *:* rwm', ['char-* rwm', 'block-* rwm']],
  ])('a container may use what --device-cgroup-rule %j says', async (rule, rules) => {
    expect(await allowed({rules: [rule]})).toEqual(rules)
  })

  test.each(['c *:5 r', 'x 1:1 r', 'c 1:1', ''])(
    "a container's devices cannot be told with the rule %j",
    async (rule) => {
      expect(await deviceAccess({...NOTHING, rules: [rule]})).toEqual({
        may: 'not be told',
        why: `systemd has no equivalent of --device-cgroup-rule '${rule}'`,
      })
    },
  )

  test('a container may use the device of --device, through a link, with its permissions', async () => {
    await symlink('/dev/zero', inTemp('link'))
    expect(await allowed({mapped: [{pathOnHost: inTemp('link'), permissions: 'r'}]})).toEqual(['/dev/char/1:5 r'])
  })

  test('a container may use the devices of a directory, and no other files in it', async () => {
    await mkdir(inTemp('directory', 'below'), {recursive: true})
    await symlink('/dev/null', inTemp('directory', 'below', 'null'))
    await writeFile(inTemp('directory', 'file'), '')
    expect(await allowed({mapped: [{pathOnHost: inTemp('directory'), permissions: 'rw'}]})).toEqual([
      '/dev/char/1:3 rw',
    ])
  })

  test('a container may use no device of --device without permissions, which DeviceAllow= would take for all', async () => {
    expect(await allowed({mapped: [{pathOnHost: '/dev/zero', permissions: ''}]})).toEqual([])
  })

  test("a container's devices cannot be told with a --device that is gone", async () => {
    expect(await deviceAccess({...NOTHING, mapped: [{pathOnHost: inTemp('gone'), permissions: 'r'}]})).toMatchObject({
      may: 'not be told',
      why: expect.stringMatching(/^--device .* cannot be examined \(ENOENT/) as unknown,
    })
  })

  test("a container's devices cannot be told where a driver gives them", async () => {
    expect(await deviceAccess({...NOTHING, requested: true})).toEqual({
      may: 'not be told',
      why: 'it has devices of a driver (--gpus, --runtime nvidia)',
    })
  })
})
