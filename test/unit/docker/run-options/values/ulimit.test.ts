import {describe, expect, test} from 'vitest'
import {ulimit} from '../../../../../src/docker/run-options/values/ulimit.js'
import {draftOf} from '../../../../support/run-options/draft.js'

describe('--ulimit', () => {
  test.each([
    ['nofile=1024', {Name: 'nofile', Soft: 1024, Hard: 1024}],
    ['nofile=1024:4096', {Name: 'nofile', Soft: 1024, Hard: 4096}],
    ['nofile=1024:1024', {Name: 'nofile', Soft: 1024, Hard: 1024}],
    ['memlock=-1', {Name: 'memlock', Soft: -1, Hard: -1}],
    ['memlock=-1:-1', {Name: 'memlock', Soft: -1, Hard: -1}],
    ['memlock=1024:-1', {Name: 'memlock', Soft: 1024, Hard: -1}],
    ['core=0', {Name: 'core', Soft: 0, Hard: 0}],
  ])('--ulimit %s sets the limit', async (value, limit) => {
    const {request} = await draftOf(ulimit, [value])
    expect(request.body.HostConfig.Ulimits).toEqual([limit])
  })

  test.each([
    'core',
    'cpu',
    'data',
    'fsize',
    'locks',
    'memlock',
    'msgqueue',
    'nice',
    'nofile',
    'nproc',
    'rss',
    'rtprio',
    'rttime',
    'sigpending',
    'stack',
  ])('--ulimit knows the limit %s', async (name) => {
    const {request} = await draftOf(ulimit, [`${name}=1`])
    expect(request.body.HostConfig.Ulimits).toEqual([{Name: name, Soft: 1, Hard: 1}])
  })

  test('--ulimit keeps several limits, and the later one of a name', async () => {
    const {request} = await draftOf(ulimit, ['nofile=1', 'nproc=2', 'nofile=3'])
    expect(request.body.HostConfig.Ulimits).toEqual([
      {Name: 'nproc', Soft: 2, Hard: 2},
      {Name: 'nofile', Soft: 3, Hard: 3},
    ])
  })

  test.each([
    ['', 'use NAME=SOFT or NAME=SOFT:HARD, as in nofile=1024:4096'],
    ['nofile', 'use NAME=SOFT or NAME=SOFT:HARD, as in nofile=1024:4096'],
    ['nofile=', 'use NAME=SOFT or NAME=SOFT:HARD, as in nofile=1024:4096'],
    ['nofile=many', 'use NAME=SOFT or NAME=SOFT:HARD, as in nofile=1024:4096'],
    ['nofile=1:2:3', 'use NAME=SOFT or NAME=SOFT:HARD, as in nofile=1024:4096'],
    ['nofile=1024:', 'use NAME=SOFT or NAME=SOFT:HARD, as in nofile=1024:4096'],
    ['=1024', 'use NAME=SOFT or NAME=SOFT:HARD, as in nofile=1024:4096'],
    ['files=1024', 'there is no limit called files'],
    ['nofile=4096:1024', 'the soft limit is above the hard one'],
    ['nofile=-1:1024', 'the soft limit is above the hard one'],
  ])('--ulimit %s is refused: %s', async (value, why) => {
    await expect(draftOf(ulimit, [value])).rejects.toMatchObject({
      code: 'BAD_VALUE',
      message: `invalid value "${value}" for --option: ${why}`,
    })
  })
})
