import {expect, test} from 'vitest'
import {clientEnvironment} from '../../../../src/docker/client/global-options.js'
import {thrownBy} from '../../../support/thrown.js'

const ENV = {HOME: '/root', DOCKER_HOST: 'unix:///run/env.sock', DOCKER_CONTEXT: 'env'}

test('nothing on the line leaves the environment as it is', () => {
  expect(clientEnvironment(ENV, [])).toBe(ENV)
  expect(clientEnvironment(ENV, [{name: 'debug', value: 'true'}])).toEqual(ENV)
})

test.each([
  [[{name: 'host', value: 'unix:///run/a.sock'}], {...ENV, DOCKER_HOST: 'unix:///run/a.sock'}],
  [
    [
      {name: 'host', value: 'unix:///run/a.sock'},
      {name: 'host', value: 'unix:///run/b.sock'},
    ],
    {...ENV, DOCKER_HOST: 'unix:///run/b.sock'},
  ],
  [[{name: 'context', value: 'a'}], {HOME: '/root', DOCKER_CONTEXT: 'a'}],
])('an option wins over its variable, and a context over an address: %j', (given, env) => {
  expect(clientEnvironment(ENV, given)).toEqual(env)
})

test('an address and a context are refused together, as by docker', () => {
  const given = [
    {name: 'host', value: 'unix:///run/a.sock'},
    {name: 'context', value: 'a'},
  ]
  expect(thrownBy(() => clientEnvironment(ENV, given))).toMatchObject({
    code: 'CONFLICTING_OPTIONS',
    message: '--host and --context cannot be used together: each says where the Engine is',
  })
})
