import {expect, test, vi} from 'vitest'
import {leftPlacement} from '../../../src/placement/left.js'
import {hookContext, plainRequest} from '../../../src/testing/plugin-host.js'

test('a container that stays where Docker puts it is left alone, and said to stay once it runs', async () => {
  const say = vi.fn()
  const placement = leftPlacement('it was asked for', say)
  const request = plainRequest()
  placement.prepare(request)
  expect(request).toEqual(plainRequest())
  expect(placement.describe).toBeUndefined()
  expect(placement.whyElsewhere).toBe('it was asked for')
  const container = {id: '0123456789ab', tty: false, pid: 4242}
  const {context, undos} = hookContext()
  await placement.beforeStart(container, context)
  expect(say).not.toHaveBeenCalled()
  expect(await placement.afterStart(container, context)).toBe('elsewhere')
  expect(say).toHaveBeenCalledOnce()
  expect(undos).toEqual([])
})
