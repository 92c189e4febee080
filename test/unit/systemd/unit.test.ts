import {mkdir, writeFile} from 'node:fs/promises'
import {expect, test} from 'vitest'
import {readUnitNames} from '../../../src/systemd/unit.js'
import {useTempDirectory} from '../support/temp-directory.js'

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
  expect((await readUnitNames(inTemp())).unit).toBe(unit)
})
