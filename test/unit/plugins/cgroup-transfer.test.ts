import {readdir} from 'node:fs/promises'
import {beforeEach, describe, expect, test, vi} from 'vitest'
import {cgroupTransfer} from '../../../src/plugins/cgroup-transfer.js'
import type {Host, RunHooks} from '../../../src/pipeline/contract.js'
import type * as cgroups from '../../../src/kernel/cgroups.js'
import {fakeEngine} from '../../../src/testing/fake-engine.js'
import {engineInfo} from '../../support/engine/engine-info.js'
import {proc, useFakeHost} from '../../support/fake-host.js'
import {finishContext, hookContext, plainRequest, pluginHost} from '../../../src/testing/plugin-host.js'

vi.mock('../../../src/kernel/cgroups.js', async (importOriginal) => {
  const original = await importOriginal<typeof cgroups>()
  return {...original, readCgroupPaths: (pid: number | 'self') => original.readCgroupPaths(pid, proc.root)}
})

const container = {id: '0123456789ab', tty: false, pid: 4242}
const host = useFakeHost()

/** Its hooks for this line, and the lines that they log. */
function hooksFor(
  cgroups: string[],
  around: Partial<Host> = {},
): {hooks: Partial<RunHooks> | undefined; lines: string[]} {
  const engine = fakeEngine({
    info: () => Promise.resolve(engineInfo({version: '20.10.24', cgroupDriver: 'cgroupfs'})),
  })
  const {host: given, lines} = pluginHost({engine, ...around})
  return {hooks: cgroupTransfer.setup({cgroups}, given), lines}
}

beforeEach(async () => {
  await host.mounted({v2: 'rw'})
  await host.inCgroups('self', '0::/system.slice/x.service')
  await host.inCgroups('4242', '0::/system.slice/x.service/0123456789ab')
  await host.write('\n', 'cgroup', 'v2', 'system.slice', 'x.service', 'cgroup.controllers')
})

describe('the placement that is best', () => {
  test('the best placement is chosen when the line is known, prepared, carried out and said', async () => {
    const {hooks, lines} = hooksFor(['all'])
    const request = plainRequest()
    await hooks?.resolve?.({...hookContext().context, request})
    expect(request.body.HostConfig.CgroupParent).toBe('/system.slice/x.service')
    expect(hooks?.describe?.()).toEqual([
      "let the container be born in /system.slice/x.service, by the Engine's cgroupfs driver",
    ])
    const {context} = hookContext()
    await hooks?.start?.({...context, container})
    await hooks?.started?.({...context, container})
    expect(lines).toEqual(["info: the container was born in /system.slice/x.service, by the Engine's cgroupfs driver"])
  })

  test('the best placement may be to do nothing', async () => {
    const {hooks, lines} = hooksFor(['none'])
    const request = plainRequest()
    await hooks?.resolve?.({...hookContext().context, request})
    expect(request).toEqual(plainRequest())
    expect(hooks?.describe?.()).toEqual([])
    await hooks?.started?.({...hookContext().context, container})
    expect(lines).toEqual(["info: the container stays in Docker's cgroup because --cgroups none is set"])
  })
})

describe('this process', () => {
  const NOTIFY_SOCKET = '/run/systemd/notify'
  const unit = {name: 'x.service', manager: 'system'} as const

  test.each([
    ['need not stay for a container in the unit', 'all', {unit, env: {NOTIFY_SOCKET}}, undefined],
    ['need not stay outside of a unit', 'none', {env: {NOTIFY_SOCKET}}, undefined],
    ['cannot stay where systemd takes no messages', 'none', {unit, env: {}}, undefined],
    [
      'need not stay for a container that is detached, wherever it is',
      'none',
      {unit, env: {NOTIFY_SOCKET}, detached: {role: 'service', isFollowed: false}},
      undefined,
    ],
    [
      'stays for a container that is elsewhere',
      'none',
      {unit, env: {NOTIFY_SOCKET}},
      "the container is not in the unit's cgroup, so systemd would not see its end: --cgroups none is set",
    ],
  ] as const)('this process %s', async (_, cgroups, around, why) => {
    const {hooks} = hooksFor([cgroups], around)
    await hooks?.resolve?.({...hookContext().context, request: plainRequest()})
    expect(hooks?.resident?.()).toBe(why)
  })
})

test('this process stays for a container that was to be in the unit, and is elsewhere once it runs', async () => {
  const unit = {name: 'x.service', manager: 'system'} as const
  const {hooks} = hooksFor(['all'], {unit, env: {NOTIFY_SOCKET: '/run/systemd/notify'}})
  const {context} = hookContext()
  await hooks?.resolve?.({...context, request: plainRequest()})
  expect(hooks?.resident?.()).toBeUndefined()
  await host.inCgroups('4242', '0::/system.slice/docker.service')
  await hooks?.started?.({...context, container})
  expect(hooks?.resident?.()).toBe("the container is not in the unit's cgroup, so systemd would not see its end")
})

test('all hierarchies are the default', () => {
  expect(cgroupTransfer.options.cgroups.default).toEqual(['all'])
})

test('at its end the container is not announced any more, and others are', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(1000)
  const announced = ['run', 'systemd-docker', 'placement'] as const
  for (const id of [container.id, 'another']) await host.write('/x.service\na1b2\n', ...announced, id)
  const {host: given, lines} = pluginHost({env: {XDG_RUNTIME_DIR: host.in('run')}})
  await cgroupTransfer.finish?.(finishContext(), given)
  expect(await readdir(host.in(...announced))).toEqual(['another'])
  expect(lines).toEqual([])
})
