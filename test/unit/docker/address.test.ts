import {describe, expect, test} from 'vitest'
import {socketPath} from '../../../src/docker/address.js'
import {thrownBy} from '../support/thrown.js'

describe("the Engine's socket", () => {
  test.each([
    ['without DOCKER_HOST', {}],
    ['with an empty DOCKER_HOST', {DOCKER_HOST: ''}],
  ])("%s is docker's own default", (_, env) => {
    expect(socketPath(env)).toBe('/var/run/docker.sock')
  })

  test('is where DOCKER_HOST says', () => {
    expect(socketPath({DOCKER_HOST: 'unix:///run/user/1000/docker.sock'})).toBe('/run/user/1000/docker.sock')
  })

  test.each([
    'tcp://10.0.0.1:2375',
    'ssh://root@host',
    'http://localhost',
    'npipe:////./pipe/docker_engine',
    'unix://docker.sock',
    '/var/run/docker.sock',
  ])('cannot be %s', (address) => {
    expect(thrownBy(() => socketPath({DOCKER_HOST: address}))).toMatchObject({
      code: 'ENGINE_ADDRESS',
      message: `cannot use DOCKER_HOST=${address}: the container must run on this host to be in its unit, so say unix:///path/to/docker.sock`,
    })
  })
})
