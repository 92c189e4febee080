import {describe, expect, test} from 'vitest'
import {joinNetworks, network} from '../../../../../src/docker/run-options/values/networks.js'
import type {CreateBody} from '../../../../../src/docker/create-request.js'
import {draftOf} from '../../../../support/run-options/draft.js'

async function bodyOf(...values: string[]): Promise<CreateBody> {
  const draft = await draftOf(network, values)
  joinNetworks(draft)
  return draft.request.body
}

describe('--network', () => {
  test.each(['host', 'none', 'bridge', 'default', 'backend', 'container:web', 'container:0123456789ab'])(
    '--network %s is the network mode and says nothing else',
    async (value) => {
      const body = await bodyOf(value)
      expect(body.HostConfig.NetworkMode).toBe(value)
      expect(body).not.toHaveProperty('NetworkingConfig')
    },
  )

  test('--network in fields says what the container has on it', async () => {
    expect(await bodyOf('name=Backend,ip=10.0.0.2,alias=DB,alias=sql,driver-opt=a=b')).toMatchObject({
      HostConfig: {NetworkMode: 'backend'},
      NetworkingConfig: {
        EndpointsConfig: {
          backend: {IPAMConfig: {IPv4Address: '10.0.0.2'}, Aliases: ['db', 'sql'], DriverOpts: {a: 'b'}},
        },
      },
    })
  })

  test('--network given twice is two networks, the first of which is the mode', async () => {
    const body = await bodyOf('front', 'back')
    expect(body.HostConfig.NetworkMode).toBe('front')
    expect(body.NetworkingConfig).toEqual({EndpointsConfig: {front: {}, back: {}}})
  })

  test.each([
    ['name=a,mac-address=92:d0:c6:0a:29:33', '1.44'],
    ['name=a,gw-priority=5', '1.48'],
  ])('--network %s needs an Engine with API %s', async (value, api) => {
    const {needs} = await draftOf(network, [value])
    expect(needs).toMatchObject([{api}])
  })
})
