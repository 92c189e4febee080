import {describe, expect, test} from 'vitest'
import {translate} from '../../../../src/docker/run-options/translate.js'
import {surroundings} from '../../../support/run-options/surroundings.js'

const of = (...given: [string, string][]) =>
  translate(
    given.map(([name, value]) => ({name, value})),
    'image',
    [],
    surroundings(),
  )

describe('what all options together say', () => {
  test('a capability that several options say is asked for once', async () => {
    const {request} = await of(['cap-add', 'net_admin'], ['cap-add', 'CAP_NET_ADMIN'], ['cap-add', 'chown'])
    expect(request.body.HostConfig.CapAdd).toEqual(['CAP_CHOWN', 'CAP_NET_ADMIN'])
  })

  test('the devices of the Container Device Interface are one request behind those of --gpus', async () => {
    const {request} = await of(['device', 'v.com/c=a'], ['gpus', 'all'], ['device', 'v.com/c=b'])
    expect(request.body.HostConfig.DeviceRequests).toMatchObject([
      {Count: -1},
      {Driver: 'cdi', DeviceIDs: ['v.com/c=a', 'v.com/c=b']},
    ])
  })

  test('a health check that says nothing is none', async () => {
    const {request} = await of(['health-cmd', ''], ['health-interval', '0'])
    expect(request.body).not.toHaveProperty('Healthcheck')
  })

  test('links are also of the network, where it was made', async () => {
    const {request} = await of(['network', 'mine'], ['link', 'db'])
    expect(request.body.NetworkingConfig?.EndpointsConfig).toEqual({mine: {Links: ['db']}})
  })
})

test('an option that needs a newer Engine is remembered by its name', async () => {
  expect((await of(['annotation', 'a=b'])).needs).toEqual([{option: '--annotation', api: '1.43'}])
  expect((await of(['label', 'a=b'])).needs).toEqual([])
})

test.each([
  [[['no-healthcheck', 'true'] as [string, string], ['health-cmd', 'x'] as [string, string]]],
  [[['log-driver', 'none'] as [string, string], ['log-opt', 'a=b'] as [string, string]]],
  [[['network-alias', 'a'] as [string, string]]],
])('a line with %j contradicts itself', async (given) => {
  await expect(of(...given)).rejects.toMatchObject({code: 'CONFLICTING_OPTIONS'})
})
