import {describe, expect, test} from 'vitest'
import {tmpfs} from '../../../../../src/docker/run-options/values/tmpfs.js'
import {draftOf} from '../../../../support/run-options/draft.js'

describe('--tmpfs', () => {
  test.each([
    [['/run'], {'/run': ''}],
    [['/run:'], {'/run': ''}],
    [['/run:size=64m,mode=1777'], {'/run': 'size=64m,mode=1777'}],
    [['/run:rw,context=a:b'], {'/run': 'rw,context=a:b'}],
    [['/run', '/tmp:noexec'], {'/run': '', '/tmp': 'noexec'}],
    [['/run:ro', '/run:rw'], {'/run': 'rw'}],
  ])('--tmpfs makes the mounts of %j', async (values, mounted) => {
    const {request} = await draftOf(tmpfs, values)
    expect(request.body.HostConfig.Tmpfs).toEqual(mounted)
  })

  test.each(['', 'run', 'run:size=1m', './run', ':size=1m'])(
    'the path %j is no absolute one and is refused',
    async (value) => {
      await expect(draftOf(tmpfs, [value])).rejects.toMatchObject({
        code: 'BAD_VALUE',
        message: `invalid value "${value}" for --option: the path in the container must be absolute`,
      })
    },
  )
})
