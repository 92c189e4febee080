import {rm} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import {isBelow, cgroupsOfContainer} from '../../../src/placement/container-cgroups.js'
import type * as cgroups from '../../../src/kernel/cgroups.js'
import {placeIn, proc, unitIn, useFakeHost} from '../../support/fake-host.js'

vi.mock('../../../src/kernel/cgroups.js', async (importOriginal) => {
  const original = await importOriginal<typeof cgroups>()
  return {...original, readCgroupPaths: (pid: number | 'self') => original.readCgroupPaths(pid, proc.root)}
})

const host = useFakeHost()
const container = {id: '0123456789ab', tty: false, pid: 4242}

describe('the places of a container', () => {
  beforeEach(async () => {
    await host.mounted({v2: 'rw'})
  })

  test('the places of a container are those of its init', async () => {
    await host.inCgroups('4242', '0::/docker/0123456789ab')
    expect(cgroupsOfContainer(container)).toEqual([placeIn(host, '/docker/0123456789ab')])
  })

  test('a container that has ended has no places', () => {
    expect(cgroupsOfContainer(container)).toEqual([])
  })

  test('the places of a container are an error where they cannot be read', async () => {
    await host.inCgroups('4242', '0::/docker/0123456789ab')
    await rm(host.in('proc', '4242', 'cgroup'))
    await host.write('', 'proc', '4242', 'cgroup', 'directory')
    expect(() => cgroupsOfContainer(container)).toThrow(expect.objectContaining({code: 'EISDIR'}))
  })
})

describe('a container is in its unit', () => {
  const v1 = (): ReturnType<typeof unitIn> => ({...unitIn(host), unified: false})

  test.each([
    ["in the unit's own cgroup", '/system.slice/x.service', true],
    ['below it', '/system.slice/x.service/0123456789ab', true],
    ['far below it', '/system.slice/x.service/a/b', true],
    ['not above it', '/system.slice', false],
    ['not in a unit whose name begins the same', '/system.slice/x.service-2.service', false],
    ["not in Docker's cgroup", '/docker/0123456789ab', false],
  ])('a container is in its unit or not: %s', (_, path, inside) => {
    expect(isBelow(placeIn(host, path), unitIn(host))).toBe(inside)
    expect(isBelow(placeIn(host, path, 'name=systemd'), v1())).toBe(inside)
  })

  test("a container is looked for in systemd's hierarchy, and no other", () => {
    expect(isBelow(placeIn(host, '/system.slice/x.service', 'memory'), v1())).toBe(false)
    expect(isBelow(placeIn(host, '/system.slice/x.service'), v1())).toBe(false)
    expect(isBelow(placeIn(host, '/system.slice/x.service', 'name=systemd'), unitIn(host))).toBe(false)
  })
})
