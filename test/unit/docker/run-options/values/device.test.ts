import {describe, expect, test} from 'vitest'
import {byteRate, device, deviceWeight} from '../../../../../src/docker/run-options/values/device.js'
import {draftOf} from '../../../../support/run-options/draft.js'

describe('--device', () => {
  test.each([
    ['/dev/sda', '/dev/sda', '/dev/sda', 'rwm'],
    ['/dev/sda:/dev/xvda', '/dev/sda', '/dev/xvda', 'rwm'],
    ['/dev/sda:/dev/xvda:r', '/dev/sda', '/dev/xvda', 'r'],
    ['/dev/sda:rw', '/dev/sda', '/dev/sda', 'rw'],
  ])('--device %s gives the container the device', async (value, PathOnHost, PathInContainer, CgroupPermissions) => {
    const {body} = (await draftOf(device, [value])).request
    expect(body.HostConfig.Devices).toEqual([{PathOnHost, PathInContainer, CgroupPermissions}])
  })

  test('a name of the Container Device Interface is asked for of its driver', async () => {
    const {pending, request} = await draftOf(device, ['nvidia.com/gpu=all'])
    expect(pending.cdiDevices).toEqual(['nvidia.com/gpu=all'])
    expect(request.body.HostConfig.Devices).toEqual([])
  })

  test.each([
    ['sda', "'sda' is not an absolute path"],
    ['/dev/sda:/dev/x:q', "'q' does not consist of the modes r, w and m, each at most once"],
    ['a:b:c:d', 'use HOST, HOST:CONTAINER or HOST:CONTAINER:MODES'],
  ])('--device %s is refused: %s', async (value, why) => {
    await expect(draftOf(device, [value])).rejects.toThrow(`invalid value "${value}" for --option: ${why}`)
  })
})

test('a rate is in bytes, and a bad one is told with its device', () => {
  expect(byteRate('/dev/sda:1mb', '--device-read-bps')).toEqual({Path: '/dev/sda', Rate: 1_048_576})
  expect(() => byteRate('/dev/sda:fast', '--device-read-bps')).toThrow('invalid value "/dev/sda:fast"')
})

test.each(['/dev/sda:5', '/dev/sda:1001'])('the weight of %s is refused', (value) => {
  expect(() => deviceWeight(value, '--blkio-weight-device')).toThrow('a weight is 0, or 10 to 1000')
})
