import {existsSync} from 'node:fs'
import {readFile, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import type {RunRequest} from '../../../src/docker/run-options/draft.js'
import type {Endpoint} from '../../../src/docker/create-request.js'
import {isOlder} from '../../../src/docker/api-version.js'
import {prepareCreation} from '../../../src/lifecycle/create-container.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {plainRequest} from '../../../src/testing/plugin-host.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const {signal} = new AbortController()
const speaks = (version: string) => fakeEngine({apiVersion: () => Promise.resolve(version)})

function onNetworks(endpoints: Record<string, Endpoint>): RunRequest {
  const request = plainRequest()
  request.body.HostConfig.NetworkMode = Object.keys(endpoints)[0] ?? 'default'
  request.body.NetworkingConfig = {EndpointsConfig: endpoints}
  return {request, pull: 'missing'}
}

test.each([
  ['1.41', '1.44', true],
  ['1.44', '1.44', false],
  ['1.9', '1.41', true],
  ['1.100', '1.44', false],
  ['2.0', '1.44', false],
])('the version %s is older than %s: %s', (a, b, older) => {
  expect(isOlder(a, b)).toBe(older)
})

describe('a line that every Engine knows', () => {
  test('a line that every Engine knows asks for no version, and is made as it is', async () => {
    const order: RunRequest = {request: plainRequest(), pull: 'missing', needs: []}
    const {request} = await prepareCreation(order, fakeEngine(), signal)
    expect(request).toBe(order.request)
  })

  test('a line that every Engine knows asks for no version with one network either', async () => {
    const order = onNetworks({front: {Aliases: ['web']}})
    await expect(prepareCreation(order, fakeEngine(), signal)).resolves.toMatchObject({request: order.request})
  })
})

describe('a line that needs a newer Engine', () => {
  const order: RunRequest = {request: plainRequest(), pull: 'missing', needs: [{option: '--annotation', api: '1.43'}]}

  test('an option that needs a newer Engine is refused by an older one, and named', async () => {
    await expect(prepareCreation(order, speaks('1.41'), signal)).rejects.toMatchObject({
      code: 'ENGINE_TOO_OLD',
      message: expect.stringContaining(
        'option --annotation needs an Engine with API 1.43, and this one has 1.41',
      ) as unknown,
    })
  })

  test('a line is of the version of an option that is newer than what is spoken else', async () => {
    const needs = [
      {option: '--annotation', api: '1.43'},
      {option: '--umask', api: '1.56'},
    ]
    await expect(prepareCreation({...order, needs}, speaks('1.57'), signal)).resolves.toMatchObject({
      request: {...order.request, api: '1.56'},
    })
    await expect(prepareCreation({...order, needs}, speaks('1.51'), signal)).rejects.toThrow('option --umask needs')
  })

  test.each(['1.43', '1.50'])('an option that needs a newer Engine is taken by one with API %s', async (version) => {
    await expect(prepareCreation(order, speaks(version), signal)).resolves.toMatchObject({request: order.request})
  })
})

describe('more than one network', () => {
  const order = onNetworks({front: {Aliases: ['web']}, back: {Aliases: ['db']}, admin: {}})

  test('several networks are one request from API 1.44 on', async () => {
    const {request} = await prepareCreation(order, speaks('1.44'), signal)
    expect(request).toBe(order.request)
  })

  test('several networks are the first of them before 1.44, and the others once the container is there', async () => {
    const joined: unknown[] = []
    const engine = {
      ...speaks('1.43'),
      connect: (...words: unknown[]) => {
        joined.push(words.slice(0, 3))
        return Promise.resolve()
      },
    }
    const making = await prepareCreation(order, engine, signal)
    expect(making.request.body.NetworkingConfig).toEqual({EndpointsConfig: {front: {Aliases: ['web']}}})
    await making.made('abc', signal)
    expect(joined).toEqual([
      ['back', 'abc', {Aliases: ['db']}],
      ['admin', 'abc', {}],
    ])
  })
})

describe('--cidfile', () => {
  const inTemp = useTempDirectory()
  const order = (): RunRequest => ({request: plainRequest(), pull: 'missing', cidFile: inTemp('web.cid')})

  test('the file of --cidfile has the id of the container once it is made, and nothing else', async () => {
    const making = await prepareCreation(order(), fakeEngine(), signal)
    await making.made('c0ffee', signal)
    await expect(readFile(inTemp('web.cid'), 'utf8')).resolves.toBe('c0ffee')
  })

  test('a file of --cidfile that is there already is refused and left as it is', async () => {
    await writeFile(inTemp('web.cid'), 'other')
    await expect(prepareCreation(order(), fakeEngine(), signal)).rejects.toMatchObject({code: 'CID_FILE'})
    await expect(readFile(inTemp('web.cid'), 'utf8')).resolves.toBe('other')
  })

  test('a file of --cidfile in a directory that is not there is refused', async () => {
    const making = prepareCreation({...order(), cidFile: inTemp('none', 'web.cid')}, fakeEngine(), signal)
    await expect(making).rejects.toThrow(/which --cidfile names: ENOENT/)
  })

  test('the file of --cidfile is gone when no container could be made', async () => {
    const making = await prepareCreation(order(), fakeEngine(), signal)
    await making.abandon()
    expect(existsSync(inTemp('web.cid'))).toBe(false)
  })
})
