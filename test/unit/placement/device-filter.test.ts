import {describe, expect, test} from 'vitest'
import type {HostConfig} from '../../../src/docker/create-request.js'
import {canMakeDeviceNodes, forbidDeviceNodes, wantsDeviceNodes} from '../../../src/placement/device-filter.js'
import {useFakeHost} from '../support/fake-host.js'
import {plainRequest} from '../support/plugin-host.js'

function hostConfig(asked: Partial<HostConfig>): HostConfig {
  return {...plainRequest().body.HostConfig, ...asked}
}

describe('a container may make no device files', () => {
  test.each<[string, Partial<HostConfig>, string[]]>([
    ['where nothing is said', {}, ['MKNOD']],
    ['beside what else it may not do', {CapAdd: ['NET_ADMIN'], CapDrop: ['CHOWN']}, ['CHOWN', 'MKNOD']],
  ])('%s', (_, asked, dropped) => {
    const config = hostConfig(asked)
    expect(wantsDeviceNodes(config)).toBe(false)
    forbidDeviceNodes(config)
    expect(config.CapDrop).toEqual(dropped)
  })
})

describe('a container may make device files', () => {
  test.each<[string, Partial<HostConfig>]>([
    ['--privileged', {Privileged: true}],
    ['--cap-add MKNOD', {CapAdd: ['MKNOD']}],
    ['--cap-add CAP_MKNOD', {CapAdd: ['CAP_MKNOD']}],
    ['--cap-add mknod', {CapAdd: ['NET_ADMIN', 'mknod']}],
    ['--cap-add cap_mknod', {CapAdd: ['cap_mknod']}],
    ['--cap-add ALL', {CapAdd: ['ALL']}],
  ])('with %s', (_, asked) => {
    const config = hostConfig(asked)
    expect(wantsDeviceNodes(config)).toBe(true)
    forbidDeviceNodes(config)
    expect(config.CapDrop).toEqual([])
  })
})

describe('a process', () => {
  const host = useFakeHost()

  test.each([
    ['that Docker made with its own capabilities can', '00000000a80425fb', true],
    ['of which MKNOD was taken cannot', '00000000a00425fb', false],
    ['with all capabilities can', '000001ffffffffff', true],
    ['with none cannot', '0000000000000000', false],
    ['with that capability alone can', '0000000008000000', true],
    ['with the capabilities beside it cannot', '0000000014000000', false],
  ])('%s make device files', async (_, bounding, can) => {
    await host.bounded(4242, bounding)
    expect(await canMakeDeviceNodes(4242, host.in('proc'))).toBe(can)
  })

  test('of which nothing is said cannot', async () => {
    await host.write('Name:\tx\n', 'proc', '4242', 'status')
    expect(await canMakeDeviceNodes(4242, host.in('proc'))).toBe(false)
  })

  test('that has ended cannot', async () => {
    expect(await canMakeDeviceNodes(4242, host.in('proc'))).toBe(false)
  })
})
