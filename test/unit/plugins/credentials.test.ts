import {expect, test} from 'vitest'
import {credentials} from '../../../src/plugins/credentials.js'
import {hookContext, plainRequest, pluginHost} from '../../../src/testing/plugin-host.js'

const env = {CREDENTIALS_DIRECTORY: '/run/credentials/web.service'}

test("the unit's credentials are mounted read-only, and the container is told where", async () => {
  const request = plainRequest()
  const hooks = credentials.setup({credentials: true}, pluginHost({env}).host)
  await hooks?.resolve?.({...hookContext().context, request})
  expect(request.body.HostConfig.Mounts).toEqual([
    {Type: 'bind', Source: '/run/credentials/web.service', Target: '/run/credentials', ReadOnly: true},
  ])
  expect(request.body.Env).toEqual(['CREDENTIALS_DIRECTORY=/run/credentials'])
})

test.each([
  ['the unit has none', true, {}],
  ['they are switched off', false, env],
])('the plugin sits the run out when %s', (_, on, variables) => {
  expect(credentials.setup({credentials: on}, pluginHost({env: variables}).host)).toBeUndefined()
})
