import {mkdir, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import type {CgroupPath} from '../../../src/kernel/cgroups.js'
import {readUnitNames, unitCgroupOf, type UnitCgroup} from '../../../src/systemd/unit.js'
import {useTempDirectory} from '../../support/temp-directory.js'

const inTemp = useTempDirectory()

test.each([
  ['cgroup v2', '0::/system.slice/web@1.service\n', 'web@1.service'],
  ['cgroup v2 with a cgroup below the unit', '0::/system.slice/web.service/supervisor\n', 'web.service'],
  [
    'cgroup v2 beside hierarchies of v1 that are not mounted',
    '9:name=systemd:/\n4:memory:/\n0::/system.slice/web.service\n',
    'web.service',
  ],
  ['cgroup v1', '9:name=systemd:/system.slice/web.service\n4:memory:/x.service\n0::/\n', 'web.service'],
  ["a user's unit", '0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service\n', 'web.service'],
  ['a session', '0::/user.slice/user-0.slice/session-1.scope\n', 'session-1.scope'],
  ['no unit', '0::/\n', undefined],
])('the unit of a process is found with %s', async (_, text, unit) => {
  await mkdir(inTemp('self'))
  await writeFile(inTemp('self', 'cgroup'), text)
  expect(readUnitNames(inTemp()).unit).toBe(unit)
})

describe("a unit's cgroup", () => {
  const unified = (path: string): CgroupPath => ({controllers: [], path, directory: `/sys/fs/cgroup${path}`})
  const named = (path: string): CgroupPath => ({
    controllers: ['name=systemd'],
    path,
    directory: `/sys/fs/cgroup/systemd${path}`,
  })
  const memory: CgroupPath = {
    controllers: ['memory'],
    path: '/system.slice/other.service',
    directory: '/sys/fs/cgroup/memory/system.slice/other.service',
  }
  const USERS = '/user.slice/user-1000.slice/user@1000.service'

  const onV2: UnitCgroup = {
    name: 'x.service',
    path: '/system.slice/x.service',
    directory: '/sys/fs/cgroup/system.slice/x.service',
    unified: true,
    manager: 'system',
  }
  const onV1: UnitCgroup = {...onV2, directory: '/sys/fs/cgroup/systemd/system.slice/x.service', unified: false}

  test.each<[string, readonly CgroupPath[], UnitCgroup]>([
    ['is that of the process on cgroup v2', [unified('/system.slice/x.service')], onV2],
    ['is above that of the process where the unit is divided', [unified('/system.slice/x.service/a/b')], onV2],
    ['is that in name=systemd on cgroup v1', [memory, named('/system.slice/x.service')], onV1],
    ['is that in name=systemd where there are both', [unified('/'), memory, named('/system.slice/x.service')], onV1],
    [
      "is that of v2 beside hierarchies of v1 that are not systemd's",
      [memory, unified('/system.slice/x.service')],
      onV2,
    ],
    [
      'may be a scope',
      [unified('/user.slice/user-0.slice/session-1.scope')],
      {
        name: 'session-1.scope',
        path: '/user.slice/user-0.slice/session-1.scope',
        directory: '/sys/fs/cgroup/user.slice/user-0.slice/session-1.scope',
        unified: true,
        manager: 'system',
      },
    ],
    [
      "may be that of a user's unit",
      [unified(`${USERS}/app.slice/web.service`)],
      {
        name: 'web.service',
        path: `${USERS}/app.slice/web.service`,
        directory: `/sys/fs/cgroup${USERS}/app.slice/web.service`,
        unified: true,
        manager: 'user',
      },
    ],
    [
      "may be that of the user's own systemd, which is the system's unit",
      [unified(USERS)],
      {
        name: 'user@1000.service',
        path: USERS,
        directory: `/sys/fs/cgroup${USERS}`,
        unified: true,
        manager: 'system',
      },
    ],
    [
      'may have a name with a backslash',
      [unified('/system.slice/system-web.slice/web@a\\x2db.service')],
      {
        name: 'web@a\\x2db.service',
        path: '/system.slice/system-web.slice/web@a\\x2db.service',
        directory: '/sys/fs/cgroup/system.slice/system-web.slice/web@a\\x2db.service',
        unified: true,
        manager: 'system',
      },
    ],
  ])("the unit's cgroup %s", (_, places, unit) => {
    expect(unitCgroupOf(places)).toEqual(unit)
  })

  test.each<[string, readonly CgroupPath[]]>([
    ['at the root', [unified('/')]],
    ['in a slice', [unified('/user.slice/user-1000.slice')]],
    ["in a hierarchy that is not systemd's", [memory]],
    ['in a cgroup of somebody else', [unified('/docker/0123456789ab')]],
    ['where nothing is mounted', []],
    ['in a cgroup of v2 alone, where there is name=systemd', [named('/'), unified('/system.slice/x.service')]],
  ])("the unit's cgroup is none %s", (_, places) => {
    expect(unitCgroupOf(places)).toBeUndefined()
  })
})
