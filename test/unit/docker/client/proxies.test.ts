import {writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {proxyVariables} from '../../../../src/docker/client/proxies.js'
import {useTempDirectory} from '../../../support/temp-directory.js'

const ENGINE = 'unix:///var/run/docker.sock'
const inTemp = useTempDirectory()

async function variablesOf(config: unknown): Promise<string[]> {
  await writeFile(inTemp('config.json'), JSON.stringify(config))
  return proxyVariables(ENGINE, {DOCKER_CONFIG: inTemp()})
}

describe('the proxies of config.json', () => {
  test('a host without config.json has no proxies', () => {
    expect(proxyVariables(ENGINE, {DOCKER_CONFIG: inTemp()})).toEqual([])
  })

  test('a proxy of config.json is a variable in both cases', async () => {
    const own = {httpProxy: 'a', httpsProxy: 'b', ftpProxy: 'c', noProxy: 'd', allProxy: 'e'}
    expect((await variablesOf({proxies: {default: own}})).toSorted()).toEqual([
      'ALL_PROXY=e',
      'FTP_PROXY=c',
      'HTTPS_PROXY=b',
      'HTTP_PROXY=a',
      'NO_PROXY=d',
      'all_proxy=e',
      'ftp_proxy=c',
      'http_proxy=a',
      'https_proxy=b',
      'no_proxy=d',
    ])
  })

  test('the proxies of config.json are those of the Engine alone where it has some', async () => {
    const proxies = {default: {httpProxy: 'a', noProxy: 'b'}, [ENGINE]: {httpProxy: 'c'}}
    expect(await variablesOf({proxies})).toEqual(['HTTP_PROXY=c', 'http_proxy=c'])
  })

  test.each([
    [{proxies: ['hunter']}, 'proxies is not an object'],
    [{proxies: {default: 'hunter'}}, 'default of proxies is not an object'],
    [{proxies: {[ENGINE]: 'hunter'}}, `${ENGINE} of proxies is not an object`],
    [{proxies: {default: {httpProxy: ['hunter']}}}, 'httpProxy of proxies for default is not a string'],
  ])('proxies in %j are refused with the file and without a value', async (config, why) => {
    const error: unknown = await variablesOf(config).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({code: 'CONFIGURATION'})
    expect(String(error)).toContain(`${inTemp('config.json')}: ${why}`)
    expect(String(error)).not.toContain('hunter')
  })
})
