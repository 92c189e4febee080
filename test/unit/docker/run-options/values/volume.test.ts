import {describe, expect, test} from 'vitest'
import {volume} from '../../../../../src/docker/run-options/values/volume.js'
import {draftOf} from '../../../../support/run-options/draft.js'

const around = {env: {}, cwd: '/srv/app'}

describe('--volume', () => {
  test.each([
    ['a directory of the host', '/a:/b', '/a:/b'],
    ['a volume', 'data:/b', 'data:/b'],
    ['the working directory', '.:/b', '/srv/app:/b'],
    ['a directory below it', './data:/b', '/srv/app/data:/b'],
    ['its parent', '..:/b', '/srv:/b'],
    ['a directory beside it', '../other:/b', '/srv/other:/b'],
    ['a mode', '/a:/b:ro', '/a:/b:ro'],
    ['several modes', '/a:/b:ro,z', '/a:/b:ro,z'],
    ['a mode behind a relative path', './data:/b:rw,rslave', '/srv/app/data:/b:rw,rslave'],
    ['a mode behind a volume', 'data:/b:nocopy', 'data:/b:nocopy'],
  ])('--volume with %s is passed on: %s', async (_, value, entry) => {
    const {body} = (await draftOf(volume, [value], around)).request
    expect(body.HostConfig.Binds).toEqual([entry])
    expect(body.Volumes).toEqual({})
  })

  test('--volume with a path in the container alone is an anonymous volume', async () => {
    const {body} = (await draftOf(volume, ['/data'], around)).request
    expect(body.Volumes).toEqual({'/data': {}})
    expect(body.HostConfig.Binds).toEqual([])
  })

  test('--volume adds one volume each time, in the order of the line', async () => {
    const {body} = (await draftOf(volume, ['/b:/b', '/a:/a'], around)).request
    expect(body.HostConfig.Binds).toEqual(['/b:/b', '/a:/a'])
  })

  test.each([
    ['', 'use TARGET, SOURCE:TARGET or SOURCE:TARGET:MODES'],
    ['data', 'the path in the container must be absolute'],
    ['/a:b', 'the path in the container must be absolute'],
    ['/data:ro', 'the path in the container must be absolute'],
    ['/a:', 'the path in the container must be absolute'],
    [':/b', 'use TARGET, SOURCE:TARGET or SOURCE:TARGET:MODES'],
    ['/a:/b:ro:z', 'use TARGET, SOURCE:TARGET or SOURCE:TARGET:MODES'],
  ])('--volume %s is refused: %s', async (value, why) => {
    await expect(draftOf(volume, [value], around)).rejects.toMatchObject({
      code: 'BAD_VALUE',
      message: `invalid value "${value}" for --option: ${why}`,
    })
  })
})

test.each([
  ['.data:/data', '/srv/app/.data:/data'],
  ['.../x:/x', '/srv/app/.../x:/x'],
])('a source that begins with a dot is a path: %s', async (value, bind) => {
  const draft = await draftOf(volume, [value], {env: {}, cwd: '/srv/app'})
  expect(draft.request.body.HostConfig.Binds).toEqual([bind])
})
