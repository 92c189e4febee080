import {describe, expect, test} from 'vitest'
import {translate} from '../../../../src/docker/run-options/translate.js'
import {surroundings} from '../../../support/run-options/surroundings.js'

const of = (env: Record<string, string>, ...given: [string, string][]) =>
  translate(
    given.map(([name, value]) => ({name, value})),
    'image',
    [],
    surroundings({env}),
  )

describe('DOCKER_DEFAULT_PLATFORM', () => {
  test('DOCKER_DEFAULT_PLATFORM is the platform of a line that says none', async () => {
    expect((await of({DOCKER_DEFAULT_PLATFORM: 'linux/aarch64'})).request.platform).toBe('linux/arm64')
  })

  test.each([
    ['linux/amd64', 'linux/amd64'],
    ['', undefined],
  ])('DOCKER_DEFAULT_PLATFORM is nothing to a line that says %j', async (said, platform) => {
    expect((await of({DOCKER_DEFAULT_PLATFORM: 'bad'}, ['platform', said])).request.platform).toBe(platform)
  })

  test('a DOCKER_DEFAULT_PLATFORM that is no platform is refused', async () => {
    await expect(of({DOCKER_DEFAULT_PLATFORM: 'bad'})).rejects.toMatchObject({code: 'BAD_VALUE'})
  })
})

describe('DOCKER_CONTENT_TRUST', () => {
  test.each(['1', 'true', 'yes'])(
    'DOCKER_CONTENT_TRUST=%s asks for signatures, which are not checked here',
    async (value) => {
      await expect(of({DOCKER_CONTENT_TRUST: value})).rejects.toMatchObject({
        code: 'REFUSED_OPTION',
        message: `option DOCKER_CONTENT_TRUST=${value} is refused: systemd-docker verifies no signatures; pull the image with \`docker pull\` first, or name it by its digest`,
      })
    },
  )

  test.each(['', '0', 'false'])('DOCKER_CONTENT_TRUST=%j asks for no signatures', async (value) => {
    expect((await of({DOCKER_CONTENT_TRUST: value})).request.body.Image).toBe('image')
  })

  test('DOCKER_CONTENT_TRUST is nothing to a line with --disable-content-trust', async () => {
    const {request} = await of({DOCKER_CONTENT_TRUST: '1'}, ['disable-content-trust', 'true'])
    expect(request.body.Image).toBe('image')
  })
})

describe('a proxy', () => {
  const proxies = ['HTTP_PROXY=a', 'http_proxy=a']

  test('a proxy is told to the container after its files of variables, and unless the line names the variable', async () => {
    const given = [
      {name: 'env', value: 'HTTP_PROXY'},
      {name: 'env', value: 'Http_Proxy=b'},
    ]
    const {request} = await translate(given, 'image', [], surroundings({proxies}))
    expect(request.body.Env).toEqual(['http_proxy=a', 'HTTP_PROXY', 'Http_Proxy=b'])
  })
})
