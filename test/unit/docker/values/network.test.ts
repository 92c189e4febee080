import {describe, expect, test} from 'vitest'
import {network} from '../../../../src/docker/values/network.js'
import {draftOf} from '../../support/draft.js'

describe('--network', () => {
  test.each(['host', 'none', 'bridge', 'default', 'backend', 'container:web', 'container:0123456789ab'])(
    '%s is the network mode',
    async (value) => {
      const {request} = await draftOf(network, [value])
      expect(request.body.HostConfig.NetworkMode).toBe(value)
    },
  )

  test('with settings of its own is refused', async () => {
    await expect(draftOf(network, ['name=backend,ip=10.0.0.2'])).rejects.toMatchObject({
      code: 'REFUSED_OPTION',
      message:
        "option --option name=backend,ip=10.0.0.2 is refused: a network's own settings are not supported, only its name is",
    })
  })

  test('given twice is refused', async () => {
    await expect(draftOf(network, ['front', 'back'])).rejects.toMatchObject({
      code: 'REFUSED_OPTION',
      message: 'option --option back is refused: more than one network is not supported',
    })
  })
})
