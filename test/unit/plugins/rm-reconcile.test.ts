import {describe, expect, test} from 'vitest'
import {rmReconcile} from '../../../src/plugins/rm-reconcile.js'
import type {Engine} from '../../../src/docker/engine.js'
import type {CreateRequest} from '../../../src/docker/create-request.js'
import type {Host, RunHooks} from '../../../src/pipeline/contract.js'
import type {UnitName} from '../../../src/systemd/unit.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {finishContext, hookContext, plainRequest, pluginHost} from '../../../src/testing/plugin-host.js'

const container = {id: '0123456789ab', tty: false}
const exit = {code: 0}
const WEB: UnitName = {name: 'web.service', manager: 'system'}

/** Its hooks, once they know whether the line has `--rm`, and the containers that it has removed. */
async function hooksWith(
  rm: boolean,
  {
    onDrift = 'adopt',
    ...around
  }: {readonly onDrift?: string} & Pick<Partial<Host>, 'unit' | 'handover' | 'detached'> = {},
): Promise<{hooks: Partial<RunHooks> | undefined; removed: string[]; request: CreateRequest; lines: string[]}> {
  const removed: string[] = []
  const engine = fakeEngine({
    remove: (id, volumes) => {
      removed.push(`${id} ${volumes}`)
      return Promise.resolve()
    },
  })
  const {host, lines} = pluginHost({engine, ...around})
  const hooks = rmReconcile.setup({'on-drift': onDrift}, host)
  const request = plainRequest()
  request.body.HostConfig.AutoRemove = rm
  await hooks?.resolve?.({...hookContext().context, request})
  return {hooks, removed, request, lines}
}

describe('a container that bears the name', () => {
  test.each([
    ['running with --rm', true, true, undefined],
    ['running without --rm', true, false, undefined],
    ['stopped with --rm', false, true, 'replace'],
    ['stopped without --rm', false, false, undefined],
  ])('a container that bears the name has its verdict when %s', async (_, running, rm, verdict) => {
    const {hooks} = await hooksWith(rm)
    const found = {id: 'old', name: 'web', running, madeWithRm: false}
    expect(await hooks?.reconcile?.({...hookContext().context, request: plainRequest(), found})).toBe(verdict)
  })
})

describe('a container that was made from another line', () => {
  const drift = 'was created from another command line'
  const verdictOn = async (onDrift: string, rm: boolean, running: boolean): Promise<[unknown, string[]]> => {
    const {hooks, lines} = await hooksWith(rm, {onDrift})
    const found = {id: 'old', name: 'web', running, madeWithRm: false, drift}
    return [await hooks?.reconcile?.({...hookContext().context, request: plainRequest(), found}), lines]
  }
  const warning =
    'warn: container web was created from another command line, and is used as it is (--on-drift=replace recreates it)'

  test('a container from another line is used with a warning', async () => {
    expect(await verdictOn('adopt', true, true)).toEqual([undefined, [warning]])
    expect(await verdictOn('adopt', false, false)).toEqual([undefined, [warning]])
  })

  test('a container from another line is made anew with --on-drift=replace, without a warning', async () => {
    expect(await verdictOn('replace', true, true)).toEqual(['replace', []])
    expect(await verdictOn('replace', false, false)).toEqual(['replace', []])
  })

  test('a container from another line fails the run with --on-drift=fail', async () => {
    await expect(verdictOn('fail', false, false)).rejects.toMatchObject({code: 'DRIFT'})
    await expect(verdictOn('fail', true, true)).rejects.toMatchObject({code: 'DRIFT'})
  })

  test('a container from another line is made anew without a word where a stopped one is anyway', async () => {
    for (const onDrift of ['adopt', 'replace', 'fail'])
      expect(await verdictOn(onDrift, true, false)).toEqual(['replace', []])
  })

  test('a word for --on-drift other than these three is refused', async () => {
    await expect(hooksWith(true, {onDrift: 'ask'})).rejects.toThrow('use adopt, replace, fail')
  })
})

describe('with --handover and --rm', () => {
  test('the container is left for finish to remove, and nobody stays', async () => {
    const {hooks, request} = await hooksWith(true, {handover: true})
    expect(request.body.HostConfig.AutoRemove).toBe(false)
    expect(request.body.Labels).toEqual({'systemd-docker.remove': 'yes'})
    expect(hooks?.resident?.()).toBeUndefined()
  })

  test('a container that ended before it was ready is removed all the same', async () => {
    const {hooks, removed} = await hooksWith(true, {handover: true})
    await hooks?.create?.({...hookContext().context, request: plainRequest()})
    await hooks?.exited?.({...hookContext().context, container, exit})
    expect(removed).toEqual(['0123456789ab with-volumes'])
  })
})

test('a detached container of --rm is left for the Engine to remove, and nobody stays', async () => {
  const {hooks, request} = await hooksWith(true, {unit: WEB, detached: {role: 'service', isFollowed: false}})
  expect(request.body.HostConfig.AutoRemove).toBe(true)
  expect(request.body.Labels).toEqual({})
  expect(hooks?.resident?.()).toBeUndefined()
})

test('outside of any unit the Engine removes the container as well, as no start comes after a killed one', async () => {
  const {request} = await hooksWith(true)
  expect(request.body.HostConfig.AutoRemove).toBe(true)
})

describe('with --rm', () => {
  test('in a unit the Engine is not to remove the container, and finish may', async () => {
    const {request} = await hooksWith(true, {unit: WEB})
    expect(request.body.HostConfig.AutoRemove).toBe(false)
    expect(request.body.Labels).toEqual({'systemd-docker.remove': 'yes'})
  })

  test('the container is removed at its end', async () => {
    const {hooks, removed} = await hooksWith(true)
    await hooks?.create?.({...hookContext().context, request: plainRequest()})
    await hooks?.exited?.({...hookContext().context, container, exit})
    expect(removed).toEqual(['0123456789ab with-volumes'])
  })

  test.each([
    [true, 'with-volumes'],
    [false, 'without-volumes'],
  ])('a container that was taken over, and was made with --rm: %s, is removed %s', async (madeWithRm, volumes) => {
    const {hooks, removed} = await hooksWith(true)
    const found = {id: 'old', name: 'web', running: true, madeWithRm}
    await hooks?.reconcile?.({...hookContext().context, request: plainRequest(), found})
    await hooks?.exited?.({...hookContext().context, container, exit})
    expect(removed).toEqual([`0123456789ab ${volumes}`])
  })

  test('this process stays to remove the container, and says why', async () => {
    const {hooks} = await hooksWith(true)
    expect(hooks?.resident?.()).toBe('it removes the container at its end')
    expect(hooks?.describe?.()).toEqual([
      'replace a stopped container of that name, and remove the container at its end',
    ])
  })

  test('a container that the Engine does not remove is an error', async () => {
    const hooks = rmReconcile.setup({'on-drift': 'adopt'}, pluginHost().host)
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

  test('this process need not stay where the container is kept', async () => {
    const {hooks} = await hooksWith(false)
    expect(hooks?.resident?.()).toBeUndefined()
    expect(hooks?.describe?.()).toEqual([])
  })
})

describe('at the end of a container that was handed over', () => {
  /** Finishes it with these labels on an Engine that removes so; what was removed, and the lines that are logged. */
  const finishedWith = async (
    labels: Readonly<Record<string, string>>,
    remove: Engine['remove'] = () => Promise.resolve(),
  ): Promise<{removed: unknown[]; lines: string[]}> => {
    const removed: unknown[] = []
    const engine = fakeEngine({
      remove: async (id, volumes, signal) => {
        removed.push(`${id} ${volumes}`)
        await remove(id, volumes, signal)
      },
    })
    const {host, lines} = pluginHost({engine})
    await rmReconcile.finish?.(finishContext({labels}), host)
    return {removed, lines}
  }

  test('it is removed with its anonymous volumes when its label says so', async () => {
    expect(await finishedWith({'systemd-docker.remove': 'yes'})).toEqual({
      removed: ['0123456789ab with-volumes'],
      lines: [],
    })
  })

  test.each([{}, {'systemd-docker.remove': 'no'}])('it is kept when its labels are %j', async (labels) => {
    expect((await finishedWith(labels)).removed).toEqual([])
  })

  test('a warning says that it is left behind when the Engine does not remove it', async () => {
    const refuse = (): Promise<never> => Promise.reject(new Error('device busy'))
    expect((await finishedWith({'systemd-docker.remove': 'yes'}, refuse)).lines).toEqual([
      'warn: container 0123456789ab is left behind: device busy',
    ])
  })
})
