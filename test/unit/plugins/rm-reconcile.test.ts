import {describe, expect, test} from 'vitest'
import {rmReconcile} from '../../../src/plugins/rm-reconcile.js'
import type {RunHooks} from '../../../src/run/run-plugin.js'
import {fakeEngine} from '../../helpers/fake-engine.js'
import {hookContext, plainRequest, pluginHost} from '../support/plugin-host.js'

const container = {id: '0123456789ab', tty: false}
const exit = {code: 0}

/** Its hooks, once they know whether the line has `--rm`, and the containers that it has removed. */
async function hooksWith(rm: boolean): Promise<{hooks: Partial<RunHooks> | undefined; removed: string[]}> {
  const removed: string[] = []
  const engine = fakeEngine({
    remove: (id) => {
      removed.push(id)
      return Promise.resolve()
    },
  })
  const hooks = rmReconcile.setup({}, pluginHost({engine}).host)
  const request = plainRequest()
  request.body.HostConfig.AutoRemove = rm
  await hooks?.resolve?.({...hookContext().context, request})
  return {hooks, removed}
}

describe('a container that bears the name', () => {
  test.each([
    ['running with --rm', true, true, 'adopt'],
    ['running without --rm', true, false, 'adopt'],
    ['stopped with --rm', false, true, 'replace'],
    ['stopped without --rm', false, false, 'restart'],
  ])('%s', async (_, running, rm, verdict) => {
    const {hooks} = await hooksWith(rm)
    const found = {id: 'old', running}
    expect(await hooks?.reconcile?.({...hookContext().context, request: plainRequest(), found})).toBe(verdict)
  })
})

describe('with --rm', () => {
  test('the container is removed at its end', async () => {
    const {hooks, removed} = await hooksWith(true)
    await hooks?.exited?.({...hookContext().context, container, exit})
    expect(removed).toEqual(['0123456789ab'])
  })

  test('this process stays, and says why', async () => {
    const {hooks} = await hooksWith(true)
    expect(hooks?.resident?.()).toBe('it sees to it that the container is removed')
    expect(hooks?.describe?.()).toEqual(['remove a stopped container of that name first, and the container at its end'])
  })

  test('a container that the Engine does not remove is an error', async () => {
    const hooks = rmReconcile.setup({}, pluginHost().host)
    const request = plainRequest()
    request.body.HostConfig.AutoRemove = true
    await hooks?.resolve?.({...hookContext().context, request})
    await expect(hooks?.exited?.({...hookContext().context, container, exit})).rejects.toThrow(
      'the fake Engine was not told how to remove',
    )
  })
})

describe('without --rm', () => {
  test('the container is kept at its end', async () => {
    const {hooks, removed} = await hooksWith(false)
    await hooks?.exited?.({...hookContext().context, container, exit})
    expect(removed).toEqual([])
  })

  test('this process need not stay', async () => {
    const {hooks} = await hooksWith(false)
    expect(hooks?.resident?.()).toBeUndefined()
    expect(hooks?.describe?.()).toEqual([])
  })
})
